package dev.plinth.trust.control.door.grpc;

import dev.plinth.kernel.Limits;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.control.Attestors;
import dev.plinth.trust.control.BundleEndpoint;
import dev.plinth.trust.control.Bundles;
import dev.plinth.trust.control.Fingerprint;
import dev.plinth.trust.control.Identities;
import dev.plinth.trust.control.RegistrationEntry;
import dev.plinth.trust.control.SpiffeId;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.trust.v1.Authority;
import dev.plinth.wire.trust.v1.BindRequest;
import dev.plinth.wire.trust.v1.BindingHistory;
import dev.plinth.wire.trust.v1.BindingVersion;
import dev.plinth.wire.trust.v1.Bundle;
import dev.plinth.wire.trust.v1.Changed;
import dev.plinth.wire.trust.v1.Domain;
import dev.plinth.wire.trust.v1.EndRootRotationRequest;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.GetAttestorsRequest;
import dev.plinth.wire.trust.v1.GetBundleRequest;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.GetFederatedRequest;
import dev.plinth.wire.trust.v1.GetNamedRequest;
import dev.plinth.wire.trust.v1.HardwareRoot;
import dev.plinth.wire.trust.v1.JoinToken;
import dev.plinth.wire.trust.v1.JoinTokenState;
import dev.plinth.wire.trust.v1.KubernetesCluster;
import dev.plinth.wire.trust.v1.ListEntriesRequest;
import dev.plinth.wire.trust.v1.ListEntriesResponse;
import dev.plinth.wire.trust.v1.NamedAttestor;
import dev.plinth.wire.trust.v1.NextRoot;
import dev.plinth.wire.trust.v1.PolicyHistory;
import dev.plinth.wire.trust.v1.PolicyVersion;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutFederatedRequest;
import dev.plinth.wire.trust.v1.PutJoinTokenRequest;
import dev.plinth.wire.trust.v1.PutPolicyRequest;
import dev.plinth.wire.trust.v1.PutReferenceRequest;
import dev.plinth.wire.trust.v1.ReferenceHistory;
import dev.plinth.wire.trust.v1.ReferenceVersion;
import dev.plinth.wire.trust.v1.RemoveEntryRequest;
import dev.plinth.wire.trust.v1.RemoveFederatedRequest;
import dev.plinth.wire.trust.v1.RollBackRequest;
import dev.plinth.wire.trust.v1.RotateRequest;
import dev.plinth.wire.trust.v1.RotateRootRequest;
import dev.plinth.wire.trust.v1.SetLivesRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Trust over gRPC ({@code plinth.trust.v1.Trust}). */
public final class TrustDoor extends TrustGrpc.TrustImplBase {
    private static final String TPM = "tpm:ek:";
    private static final int TOKEN_BYTES = 32;

    private final Trust trust;
    private final Executor workers;
    private final SecureRandom random;
    private final CallAnswers calls;

    /** @param workers encode and send, so that the engine's thread need not; they refuse nothing */
    public TrustDoor(Trust trust, Executor workers, SecureRandom random) {
        this.trust = trust;
        this.workers = workers;
        this.random = random;
        this.calls = new CallAnswers(workers, TrustAnswers::status);
    }

    @Override
    public void getDomain(GetDomainRequest request, StreamObserver<Domain> answers) {
        calls.answer(answers, () -> trust.identities().thenApply(TrustDoor::domain));
    }

    private static String published(Identities identities) {
        try {
            return Bundles.published(identities);
        } catch (IllegalStateException e) {
            throw Status.FAILED_PRECONDITION.withDescription(e.getMessage()).asRuntimeException();
        }
    }

    private static Domain domain(Identities identities) {
        var domain = identities
                .domain()
                .orElseThrow(() -> Status.NOT_FOUND
                        .withDescription("there is no trust domain yet")
                        .asRuntimeException());
        var message = Domain.newBuilder()
                .setName(domain.name())
                .setAlgorithm(domain.algorithm().label())
                .setAuthorityLifeSeconds(domain.authorityLife().toSeconds())
                .setSvidLifeSeconds(domain.svidLife().toSeconds())
                .setPublishingSeconds(domain.publishing().toSeconds())
                .addAllFederated(identities.federated().keySet())
                .setSequence(identities.sequence())
                .setRoot(identities.roots().number());
        identities
                .roots()
                .next()
                .ifPresent(next -> message.setNextRoot(NextRoot.newBuilder()
                        .setNumber(next.number())
                        .addAllServers(next.servers())
                        .addAllHolders(next.holders())));
        for (var authority : identities.authorities()) {
            message.addAuthorities(Authority.newBuilder()
                    .setNumber(authority.number())
                    .setState(
                            switch (identities.state(authority)) {
                                case PUBLISHED -> Authority.State.PUBLISHED;
                                case SIGNING -> Authority.State.SIGNING;
                                case RETIRED -> Authority.State.RETIRED;
                            })
                    .setPublishedAtMillis(authority.publishedAt().toEpochMilli())
                    .setSignsFromMillis(authority.signsFrom().toEpochMilli())
                    .setNotAfterMillis(authority.keys().notAfter().toEpochMilli())
                    .setCertificate(authority.keys().certificate()));
        }
        return message.build();
    }

    @Override
    public void setLives(SetLivesRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new TrustCommand.SetLives(
                        Duration.ofSeconds(request.getAuthorityLifeSeconds()),
                        Duration.ofSeconds(request.getSvidLifeSeconds()),
                        Duration.ofSeconds(request.getPublishingSeconds())));
    }

    @Override
    public void rotate(RotateRequest request, StreamObserver<Changed> answers) {
        change(answers, TrustCommand.Rotate::new);
    }

    @Override
    public void rotateRoot(RotateRootRequest request, StreamObserver<Changed> answers) {
        calls.answer(answers, () -> trust.rotateRoot().thenApply(TrustAnswers::changed));
    }

    @Override
    public void endRootRotation(EndRootRotationRequest request, StreamObserver<Changed> answers) {
        change(answers, () -> new TrustCommand.EndRoot(request.getFinish()));
    }

    @Override
    public void getBundle(GetBundleRequest request, StreamObserver<Bundle> answers) {
        calls.answer(
                answers,
                () -> trust.identities()
                        .thenApplyAsync(
                                identities -> Bundle.newBuilder()
                                        .setDomain(domain(identities).getName())
                                        .setJwks(published(identities))
                                        .build(),
                                workers));
    }

    @Override
    public void putFederated(PutFederatedRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new TrustCommand.PutFederated(
                        request.getDomain(),
                        request.getJwks(),
                        request.getUrl().isEmpty()
                                ? Optional.empty()
                                : Optional.of(new BundleEndpoint(
                                        request.getUrl(), SpiffeId.parse(request.getEndpointId())))));
    }

    @Override
    public void getFederated(GetFederatedRequest request, StreamObserver<Bundle> answers) {
        calls.answer(
                answers,
                () -> trust.identities()
                        .thenApply(identities -> Bundle.newBuilder()
                                .setDomain(request.getDomain())
                                .setJwks(Optional.ofNullable(
                                                identities.federated().get(request.getDomain()))
                                        .orElseThrow(() -> Status.NOT_FOUND
                                                .withDescription(
                                                        "trust domain " + request.getDomain() + " is not trusted here")
                                                .asRuntimeException()))
                                .build()));
    }

    @Override
    public void removeFederated(RemoveFederatedRequest request, StreamObserver<Changed> answers) {
        change(answers, () -> new TrustCommand.RemoveFederated(request.getDomain()));
    }

    @Override
    public void putEntry(PutEntryRequest request, StreamObserver<Changed> answers) {
        change(answers, () -> new TrustCommand.PutEntry(entry(request.getEntry())));
    }

    private static RegistrationEntry entry(Entry message) {
        return new RegistrationEntry(
                message.getName(),
                SpiffeId.parse(message.getSpiffeId()),
                new TreeSet<>(message.getSelectorsList()),
                message.getLifeSeconds() == 0
                        ? Optional.empty()
                        : Optional.of(Duration.ofSeconds(message.getLifeSeconds())),
                message.getHint(),
                message.getFederatesWithList(),
                message.getOwner(),
                0,
                Instant.EPOCH);
    }

    private static Entry message(RegistrationEntry entry) {
        return Entry.newBuilder()
                .setName(entry.name())
                .setSpiffeId(entry.id().toString())
                .addAllSelectors(entry.selectors())
                .setLifeSeconds(entry.life().map(Duration::toSeconds).orElse(0L))
                .setHint(entry.hint())
                .addAllFederatesWith(entry.federatesWith())
                .setVersion(entry.version())
                .setAtMillis(entry.at().toEpochMilli())
                .setOwner(entry.owner())
                .build();
    }

    @Override
    public void removeEntry(RemoveEntryRequest request, StreamObserver<Changed> answers) {
        change(answers, () -> new TrustCommand.RemoveEntry(request.getName()));
    }

    @Override
    public void listEntries(ListEntriesRequest request, StreamObserver<ListEntriesResponse> answers) {
        calls.answer(
                answers,
                () -> trust.identities()
                        .thenApply(identities ->
                                page(identities.entries().tailMap(request.getAfter() + '\0').values().stream()
                                        .limit(Limits.READ_ITEMS_MAX)
                                        .toList())));
    }

    private static ListEntriesResponse page(List<RegistrationEntry> entries) {
        var response = ListEntriesResponse.newBuilder();
        entries.forEach(entry -> response.addEntries(message(entry)));
        if (entries.size() == Limits.READ_ITEMS_MAX) {
            response.setNext(entries.getLast().name());
        }
        return response.build();
    }

    @Override
    public void putJoinToken(PutJoinTokenRequest request, StreamObserver<JoinToken> answers) {
        var bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        var token = HexFormat.of().formatHex(bytes);
        calls.answer(
                answers,
                () -> changed(new TrustCommand.PutToken(
                                request.getName(), Fingerprint.of(token), Duration.ofSeconds(request.getLifeSeconds())))
                        .thenApply(_ -> JoinToken.newBuilder().setToken(token).build()));
    }

    @Override
    public void removeJoinToken(NamedAttestor request, StreamObserver<Changed> answers) {
        change(answers, () -> new TrustCommand.RemoveToken(request.getName()));
    }

    @Override
    public void putRoot(HardwareRoot request, StreamObserver<Changed> answers) {
        change(answers, () -> new TrustCommand.PutRoot(root(request), request.getOwner()));
    }

    @Override
    public void removeRoot(HardwareRoot request, StreamObserver<Changed> answers) {
        change(answers, () -> new TrustCommand.RemoveRoot(root(request)));
    }

    private static Attestors.Root root(HardwareRoot message) {
        var vendor = Arrays.stream(Vendor.values())
                .filter(one -> name(one).equals(message.getVendor()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("vendor: expected one of "
                        + String.join(
                                ", ",
                                Arrays.stream(Vendor.values())
                                        .map(TrustDoor::name)
                                        .toList())));
        return new Attestors.Root(vendor, message.getFingerprint());
    }

    private static String name(Vendor vendor) {
        return vendor.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void expelTpm(NamedAttestor request, StreamObserver<Changed> answers) {
        change(answers, () -> {
            if (!request.getName().startsWith(TPM)) {
                throw new IllegalArgumentException("name of a TPM: expected its selector, " + TPM + "HEX");
            }
            return new TrustCommand.Expel(request.getName().substring(TPM.length()));
        });
    }

    @Override
    public void putCluster(KubernetesCluster request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new TrustCommand.PutCluster(new dev.plinth.trust.control.KubernetesCluster(
                        request.getName(), request.getIssuer(), request.getAudience(), request.getJwks())));
    }

    @Override
    public void removeCluster(NamedAttestor request, StreamObserver<Changed> answers) {
        change(answers, () -> new TrustCommand.RemoveCluster(request.getName()));
    }

    @Override
    public void getAttestors(GetAttestorsRequest request, StreamObserver<dev.plinth.wire.trust.v1.Attestors> answers) {
        calls.answer(answers, () -> trust.identities().thenApply(identities -> message(identities.attestors())));
    }

    private static dev.plinth.wire.trust.v1.Attestors message(Attestors attestors) {
        var message = dev.plinth.wire.trust.v1.Attestors.newBuilder();
        attestors.tokens().values().stream()
                .limit(Limits.READ_ITEMS_MAX)
                .forEach(token -> message.addTokens(JoinTokenState.newBuilder()
                        .setName(token.name())
                        .setUntilMillis(token.until().toEpochMilli())
                        .setUsed(!token.holder().isEmpty())));
        attestors.roots().entrySet().stream()
                .limit(Limits.READ_ITEMS_MAX)
                .forEach(root -> message.addRoots(HardwareRoot.newBuilder()
                        .setVendor(name(root.getKey().vendor()))
                        .setFingerprint(root.getKey().fingerprint())
                        .setOwner(root.getValue())));
        attestors.keys().keySet().stream()
                .limit(Limits.READ_ITEMS_MAX)
                .forEach(endorsement -> message.addTpms(TPM + endorsement));
        attestors
                .clusters()
                .values()
                .forEach(cluster -> message.addClusters(KubernetesCluster.newBuilder()
                        .setName(cluster.name())
                        .setIssuer(cluster.issuer())
                        .setAudience(cluster.audience())));
        return message.build();
    }

    @Override
    public void putPolicy(PutPolicyRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new TrustCommand.PutPolicy(
                        request.getTenant(),
                        request.getName(),
                        request.getOwner(),
                        request.getCondition(),
                        Set.copyOf(request.getWaiversList())));
    }

    @Override
    public void rollBackPolicy(RollBackRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new TrustCommand.RollBackPolicy(
                        request.getTenant(), request.getName(), request.getOwner(), request.getVersion()));
    }

    @Override
    public void getPolicy(GetNamedRequest request, StreamObserver<PolicyHistory> answers) {
        calls.answer(
                answers,
                () -> trust.policy(request.getTenant(), request.getName()).thenApply(versions -> {
                    var history = PolicyHistory.newBuilder();
                    there("policy", request, versions)
                            .forEach(one -> history.addVersions(PolicyVersion.newBuilder()
                                    .setVersion(one.version())
                                    .setOwner(one.owner())
                                    .setAtMillis(one.at().toEpochMilli())
                                    .setCondition(one.condition())
                                    .addAllWaivers(new TreeSet<>(one.waivers()))));
                    return history.build();
                }));
    }

    @Override
    public void putReference(PutReferenceRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new TrustCommand.PutReference(
                        request.getTenant(), request.getName(), request.getOwner(), request.getValuesList()));
    }

    @Override
    public void rollBackReference(RollBackRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new TrustCommand.RollBackReference(
                        request.getTenant(), request.getName(), request.getOwner(), request.getVersion()));
    }

    @Override
    public void getReference(GetNamedRequest request, StreamObserver<ReferenceHistory> answers) {
        calls.answer(
                answers,
                () -> trust.reference(request.getTenant(), request.getName()).thenApply(versions -> {
                    var history = ReferenceHistory.newBuilder();
                    there("reference value", request, versions)
                            .forEach(one -> history.addVersions(ReferenceVersion.newBuilder()
                                    .setVersion(one.version())
                                    .setOwner(one.owner())
                                    .setAtMillis(one.at().toEpochMilli())
                                    .addAllValues(one.values())));
                    return history.build();
                }));
    }

    @Override
    public void bind(BindRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new TrustCommand.Bind(
                        request.getTenant(), request.getResource(), request.getOwner(), request.getPoliciesList()));
    }

    @Override
    public void getBinding(GetNamedRequest request, StreamObserver<BindingHistory> answers) {
        calls.answer(
                answers,
                () -> trust.binding(request.getTenant(), request.getName()).thenApply(versions -> {
                    var history = BindingHistory.newBuilder();
                    there("guard of", request, versions)
                            .forEach(one -> history.addVersions(BindingVersion.newBuilder()
                                    .setVersion(one.version())
                                    .setOwner(one.owner())
                                    .setAtMillis(one.at().toEpochMilli())
                                    .addAllPolicies(one.policies())));
                    return history.build();
                }));
    }

    private static <V> List<V> there(String what, GetNamedRequest request, List<V> versions) {
        if (versions.isEmpty()) {
            throw Status.NOT_FOUND
                    .withDescription("of tenant " + request.getTenant() + " there is no " + what + " "
                            + request.getName() + ", and never was")
                    .asRuntimeException();
        }
        return versions;
    }

    private void change(StreamObserver<Changed> answers, Supplier<TrustCommand> command) {
        calls.answer(answers, () -> changed(command.get()));
    }

    private CompletableFuture<Changed> changed(TrustCommand command) {
        return trust.submit(command).thenApply(TrustAnswers::changed);
    }
}

package dev.plinth.trust.control.door.grpc;

import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import dev.plinth.trust.control.Bundles;
import dev.plinth.trust.control.Identities;
import dev.plinth.trust.control.RegistrationEntry;
import dev.plinth.trust.control.SpiffeId;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.control.TrustOutcome;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.grpc.RetryHint;
import dev.plinth.wire.trust.v1.Authority;
import dev.plinth.wire.trust.v1.BindRequest;
import dev.plinth.wire.trust.v1.BindingHistory;
import dev.plinth.wire.trust.v1.BindingVersion;
import dev.plinth.wire.trust.v1.Bundle;
import dev.plinth.wire.trust.v1.Changed;
import dev.plinth.wire.trust.v1.Domain;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.GetBundleRequest;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.GetNamedRequest;
import dev.plinth.wire.trust.v1.ListEntriesRequest;
import dev.plinth.wire.trust.v1.ListEntriesResponse;
import dev.plinth.wire.trust.v1.PolicyHistory;
import dev.plinth.wire.trust.v1.PolicyVersion;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutFederatedRequest;
import dev.plinth.wire.trust.v1.PutPolicyRequest;
import dev.plinth.wire.trust.v1.PutReferenceRequest;
import dev.plinth.wire.trust.v1.ReferenceHistory;
import dev.plinth.wire.trust.v1.ReferenceVersion;
import dev.plinth.wire.trust.v1.RemoveEntryRequest;
import dev.plinth.wire.trust.v1.RemoveFederatedRequest;
import dev.plinth.wire.trust.v1.RollBackRequest;
import dev.plinth.wire.trust.v1.RotateRequest;
import dev.plinth.wire.trust.v1.SetLivesRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Trust over gRPC ({@code plinth.trust.v1.Trust}). */
public final class TrustDoor extends TrustGrpc.TrustImplBase {
    private final Trust trust;
    private final Executor workers;
    private final CallAnswers calls;

    /** @param workers encode and send, so that the engine's thread need not; they refuse nothing */
    public TrustDoor(Trust trust, Executor workers) {
        this.trust = trust;
        this.workers = workers;
        this.calls = new CallAnswers(workers, TrustDoor::status);
    }

    @Override
    public void getDomain(GetDomainRequest request, StreamObserver<Domain> answers) {
        calls.answer(answers, () -> trust.identities().thenApply(TrustDoor::domain));
    }

    private static Domain domain(Identities identities) {
        var domain = identities
                .domain()
                .orElseThrow(() -> Status.NOT_FOUND
                        .withDescription("there is no trust domain yet")
                        .asRuntimeException());
        var message = Domain.newBuilder()
                .setName(domain.name())
                .setAuthorityLifeSeconds(domain.authorityLife().toSeconds())
                .setSvidLifeSeconds(domain.svidLife().toSeconds())
                .setPublishingSeconds(domain.publishing().toSeconds())
                .addAllFederated(identities.federated().keySet())
                .setSequence(identities.sequence());
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
    public void getBundle(GetBundleRequest request, StreamObserver<Bundle> answers) {
        calls.answer(
                answers,
                () -> trust.identities()
                        .thenApplyAsync(
                                identities -> Bundle.newBuilder()
                                        .setDomain(domain(identities).getName())
                                        .setJwks(Bundles.published(identities))
                                        .build(),
                                workers));
    }

    @Override
    public void putFederated(PutFederatedRequest request, StreamObserver<Changed> answers) {
        change(answers, () -> new TrustCommand.PutFederated(request.getDomain(), request.getJwks()));
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
        calls.answer(
                answers,
                () -> trust.submit(command.get()).thenApply(outcome -> switch (outcome) {
                    case TrustOutcome.Done(long version) ->
                        Changed.newBuilder().setVersion(version).build();
                    case TrustOutcome.Denied(TrustOutcome.Reason reason, String message) ->
                        throw (switch (reason) {
                                    case INVALID -> Status.INVALID_ARGUMENT;
                                    case NOT_FOUND -> Status.NOT_FOUND;
                                    case CONFLICT -> Status.FAILED_PRECONDITION;
                                    case OVERLOADED -> Status.RESOURCE_EXHAUSTED;
                                })
                                .withDescription(message)
                                .asRuntimeException();
                }));
    }

    private static StatusRuntimeException status(Throwable failure) {
        return switch (failure) {
            case StatusRuntimeException said -> said;
            case Refused refused ->
                (refused.code() == Refused.Code.OVERLOADED || refused.code() == Refused.Code.TOO_LARGE
                                ? Status.RESOURCE_EXHAUSTED
                                : Status.UNAVAILABLE)
                        .withDescription(refused.getMessage())
                        .asRuntimeException(RetryHint.trailers(refused.retryAfter()));
            default ->
                Status.INTERNAL
                        .withDescription("trust's door failed")
                        .withCause(failure)
                        .asRuntimeException();
        };
    }
}

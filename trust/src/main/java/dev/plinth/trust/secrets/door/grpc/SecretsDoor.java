package dev.plinth.trust.secrets.door.grpc;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.control.door.grpc.RefusedCalls;
import dev.plinth.trust.secrets.ReleasePolicy;
import dev.plinth.trust.secrets.ResourceName;
import dev.plinth.trust.secrets.SecretAlgorithm;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.trust.secrets.SecretsProblem;
import dev.plinth.trust.secrets.door.kbs.AttestationTokens;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.secrets.v1.AnchorRequest;
import dev.plinth.wire.secrets.v1.AuditEntry;
import dev.plinth.wire.secrets.v1.CertifyRequest;
import dev.plinth.wire.secrets.v1.Changed;
import dev.plinth.wire.secrets.v1.EndRootRotationRequest;
import dev.plinth.wire.secrets.v1.GenerateRequest;
import dev.plinth.wire.secrets.v1.GetPolicyRequest;
import dev.plinth.wire.secrets.v1.GetRequest;
import dev.plinth.wire.secrets.v1.GetStatusRequest;
import dev.plinth.wire.secrets.v1.ImportRequest;
import dev.plinth.wire.secrets.v1.InitializeRequest;
import dev.plinth.wire.secrets.v1.InitializeResponse;
import dev.plinth.wire.secrets.v1.ListRequest;
import dev.plinth.wire.secrets.v1.ListResponse;
import dev.plinth.wire.secrets.v1.NextRoot;
import dev.plinth.wire.secrets.v1.Policy;
import dev.plinth.wire.secrets.v1.PolicyHistory;
import dev.plinth.wire.secrets.v1.ReadAuditRequest;
import dev.plinth.wire.secrets.v1.ReadAuditResponse;
import dev.plinth.wire.secrets.v1.RevokeRequest;
import dev.plinth.wire.secrets.v1.RotateRequest;
import dev.plinth.wire.secrets.v1.RotateRootRequest;
import dev.plinth.wire.secrets.v1.RotateRootResponse;
import dev.plinth.wire.secrets.v1.SealRequest;
import dev.plinth.wire.secrets.v1.SealStatus;
import dev.plinth.wire.secrets.v1.Secret;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.secrets.v1.SetPolicyRequest;
import dev.plinth.wire.secrets.v1.UnsealRequest;
import dev.plinth.wire.secrets.v1.UseRequest;
import dev.plinth.wire.secrets.v1.UseResponse;
import dev.plinth.wire.secrets.v1.Version;
import dev.plinth.wire.secrets.v1.VouchRequest;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Keys and secrets over gRPC ({@code plinth.secrets.v1.Secrets}). */
public final class SecretsDoor extends SecretsGrpc.SecretsImplBase {
    private final Secrets secrets;
    private final Clock clock;
    private final CallAnswers calls;

    private SecretsDoor(Secrets secrets, Clock clock, Executor workers) {
        this.secrets = secrets;
        this.clock = clock;
        this.calls = new CallAnswers(workers, SecretsDoor::status);
    }

    /**
     * The door, with its lock.
     *
     * @param admin whether this is the administrator's token
     * @param workers encode and send, so that the engine's thread need not; they refuse nothing
     */
    public static BindableService of(Secrets secrets, Predicate<String> admin, Clock clock, Executor workers) {
        var door = new SecretsDoor(secrets, clock, workers);
        return () -> ServerInterceptors.intercept(door, new Caller(admin));
    }

    private static void demandAdmin() {
        if (Caller.token().isPresent()) {
            throw Status.UNAUTHENTICATED
                    .withDescription("header authorization: expected the administrator's token of this server")
                    .asRuntimeException();
        }
    }

    // ---- the root key

    @Override
    public void getStatus(GetStatusRequest request, StreamObserver<SealStatus> answers) {
        administered(answers, () -> message(secrets.status()));
    }

    private CompletableFuture<SealStatus> message(CompletableFuture<dev.plinth.trust.secrets.SealStatus> status) {
        return status.thenCombine(secrets.publicTokenKey(), (now, key) -> {
            var message = SealStatus.newBuilder()
                    .setInitialized(now.initialized())
                    .setSealed(now.isSealed())
                    .setRoot(now.root())
                    .setKeeper(now.keeper())
                    .setCipher(now.cipher())
                    .setThreshold(now.threshold())
                    .setShares(now.shares())
                    .setGiven(now.given())
                    .addAllRefusals(now.refusals())
                    .setTokenKey(key.map(one -> one.toJSONString()).orElse(""));
            now.rotation().map(SecretsDoor::message).ifPresent(message::setNext);
            return message.build();
        });
    }

    private static NextRoot message(dev.plinth.trust.secrets.SealStatus.NextRoot next) {
        return NextRoot.newBuilder()
                .setNumber(next.number())
                .setKeeper(next.keeper())
                .setThreshold(next.threshold())
                .setShares(next.shares())
                .setGiven(next.given())
                .addAllServers(next.servers())
                .addAllHolders(next.holders())
                .setLeft(next.left())
                .build();
    }

    @Override
    public void initialize(InitializeRequest request, StreamObserver<InitializeResponse> answers) {
        administered(
                answers,
                () -> secrets.initialize(request.getThreshold(), request.getShares(), actor(request.getActor()))
                        .thenApply(shares -> InitializeResponse.newBuilder()
                                .addAllShares(shares)
                                .build()));
    }

    @Override
    public void unseal(UnsealRequest request, StreamObserver<SealStatus> answers) {
        administered(answers, () -> message(secrets.unseal(request.getShare(), actor(request.getActor()))));
    }

    @Override
    public void seal(SealRequest request, StreamObserver<SealStatus> answers) {
        administered(answers, () -> message(secrets.seal(actor(request.getActor()))));
    }

    @Override
    public void rotateRoot(RotateRootRequest request, StreamObserver<RotateRootResponse> answers) {
        administered(
                answers,
                () -> secrets.rotateRoot(request.getThreshold(), request.getShares(), actor(request.getActor()))
                        .thenCompose(shares -> message(secrets.status())
                                .thenApply(status -> RotateRootResponse.newBuilder()
                                        .addAllShares(shares)
                                        .setStatus(status)
                                        .build())));
    }

    @Override
    public void endRootRotation(EndRootRotationRequest request, StreamObserver<SealStatus> answers) {
        administered(answers, () -> message(secrets.endRootRotation(request.getFinish(), actor(request.getActor()))));
    }

    // ---- secrets

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> answers) {
        administered(
                answers,
                () -> secrets.list(request.getAfter(), Limits.READ_ITEMS_MAX).thenApply(all -> {
                    var response = ListResponse.newBuilder();
                    all.forEach(one -> response.addSecrets(message(one)));
                    return response.build();
                }));
    }

    @Override
    public void get(GetRequest request, StreamObserver<Secret> answers) {
        administered(answers, () -> {
            var name = ResourceName.parse(request.getName());
            return secrets.find(name)
                    .thenApply(found -> found.map(SecretsDoor::message)
                            .orElseThrow(() -> Status.NOT_FOUND
                                    .withDescription("there is no secret " + name)
                                    .asRuntimeException()));
        });
    }

    private static Secret message(Secrets.SecretInfo info) {
        var secret = Secret.newBuilder()
                .setName(info.name().toString())
                .setAlgorithm(info.algorithm().label())
                .setExportable(info.exportable());
        info.versions()
                .forEach(version -> secret.addVersions(Version.newBuilder()
                        .setNumber(version.number())
                        .setOwner(version.owner())
                        .setAtMillis(version.at().toEpochMilli())
                        .setRevokedAtMillis(
                                version.revokedAt().map(Instant::toEpochMilli).orElse(0L))
                        .setPublicKey(version.publicKey())
                        .addAllCertificates(version.certificates())));
        return secret.build();
    }

    @Override
    public void generate(GenerateRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> secrets.generate(
                        ResourceName.parse(request.getName()),
                        SecretAlgorithm.parse(request.getAlgorithm()),
                        request.getExportable(),
                        actor(request.getActor())));
    }

    @Override
    public void import_(ImportRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> secrets.take(
                        ResourceName.parse(request.getName()),
                        SecretAlgorithm.parse(request.getAlgorithm()),
                        request.getExportable(),
                        request.getSecret().toByteArray(),
                        actor(request.getActor())));
    }

    @Override
    public void rotate(RotateRequest request, StreamObserver<Changed> answers) {
        change(answers, () -> secrets.rotate(ResourceName.parse(request.getName()), actor(request.getActor())));
    }

    @Override
    public void certify(CertifyRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> secrets.certify(
                        ResourceName.parse(request.getName()),
                        new Secrets.CertificateRequest(
                                request.getSubject(),
                                request.getDays(),
                                request.getAuthority(),
                                request.getDnsNamesList(),
                                request.getIssuer().isEmpty()
                                        ? Optional.empty()
                                        : Optional.of(ResourceName.parse(request.getIssuer()))),
                        actor(request.getActor())));
    }

    @Override
    public void revoke(RevokeRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> secrets.revoke(
                        ResourceName.parse(request.getName()), request.getVersion(), actor(request.getActor())));
    }

    // ---- policies, and what is believed

    @Override
    public void setPolicy(SetPolicyRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> secrets.setPolicy(
                        request.getSubject(),
                        request.getCondition(),
                        Set.copyOf(request.getWaiversList()),
                        actor(request.getActor())));
    }

    @Override
    public void getPolicy(GetPolicyRequest request, StreamObserver<PolicyHistory> answers) {
        administered(
                answers,
                () -> secrets.policy(ReleasePolicy.checkSubject(request.getSubject()))
                        .thenApply(versions -> {
                            var history = PolicyHistory.newBuilder();
                            versions.forEach(one -> history.addVersions(Policy.newBuilder()
                                    .setVersion(one.version())
                                    .setCondition(one.condition())
                                    .addAllWaivers(new TreeSet<>(one.waivers()))
                                    .setOwner(one.owner())
                                    .setAtMillis(one.at().toEpochMilli())));
                            return history.build();
                        }));
    }

    @Override
    public void vouch(VouchRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> secrets.vouch(
                        vendor(request.getVendor()),
                        request.getFingerprint().toLowerCase(Locale.ROOT),
                        request.getOwner(),
                        !request.getWithdraw(),
                        actor(request.getActor())));
    }

    @Override
    public void anchor(AnchorRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> secrets.anchor(
                        vendor(request.getVendor()),
                        request.getFingerprint(),
                        !request.getWithdraw(),
                        actor(request.getActor())));
    }

    private static Vendor vendor(String name) {
        return Arrays.stream(Vendor.values())
                .filter(vendor -> vendor.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("vendor: expected one of "
                        + Arrays.toString(Vendor.values()).toLowerCase(Locale.ROOT) + ", found '" + name + "'"));
    }

    // ---- use

    private interface Operation {
        CompletableFuture<Secrets.Used> with(
                ResourceName name, long version, byte[] input, Optional<AttestationResult> result, String actor);
    }

    @Override
    public void sign(UseRequest request, StreamObserver<UseResponse> answers) {
        use(request, answers, secrets::sign);
    }

    @Override
    public void decrypt(UseRequest request, StreamObserver<UseResponse> answers) {
        use(request, answers, secrets::decrypt);
    }

    @Override
    public void encrypt(UseRequest request, StreamObserver<UseResponse> answers) {
        use(request, answers, secrets::encrypt);
    }

    private void use(UseRequest request, StreamObserver<UseResponse> answers, Operation operation) {
        var token = Caller.token();
        calls.answer(answers, () -> {
            var name = ResourceName.parse(request.getName());
            var caller = token.map(one -> AttestationTokens.read(one, secrets.tokenKey(), clock.wall()));
            return operation
                    .with(
                            name,
                            request.getVersion(),
                            request.getInput().toByteArray(),
                            caller.map(AttestationTokens.Holder::result),
                            caller.map(AttestationTokens.Holder::name).orElseGet(() -> actor(request.getActor())))
                    .thenApply(used -> UseResponse.newBuilder()
                            .setVersion(used.version())
                            .setOutput(ByteString.copyFrom(used.result()))
                            .build());
        });
    }

    // ---- the audit log

    @Override
    public void readAudit(ReadAuditRequest request, StreamObserver<ReadAuditResponse> answers) {
        administered(
                answers,
                () -> secrets.auditAfter(request.getAfter(), Limits.READ_ITEMS_MAX)
                        .thenCombine(secrets.auditHead(), (entries, head) -> {
                            var response = ReadAuditResponse.newBuilder()
                                    .setHeadSequence(head.sequence())
                                    .setHeadHash(head.hash());
                            entries.forEach(entry -> response.addEntries(AuditEntry.newBuilder()
                                    .setSequence(entry.sequence())
                                    .setAtMillis(entry.at().toEpochMilli())
                                    .setActor(entry.actor())
                                    .setAction(entry.action())
                                    .setSubject(entry.subject())
                                    .setDetail(entry.detail())
                                    .setHash(entry.hash())));
                            return response.build();
                        }));
    }

    // ---- how it is answered

    private static String actor(String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._/@-]{0,199}")) {
            throw new IllegalArgumentException("actor: expected a name of letters, digits and . _ / @ -");
        }
        return name;
    }

    private void change(StreamObserver<Changed> answers, Supplier<CompletableFuture<Long>> change) {
        administered(
                answers,
                () -> change.get()
                        .thenApply(version ->
                                Changed.newBuilder().setVersion(version).build()));
    }

    private <R> void administered(StreamObserver<R> answers, Supplier<CompletableFuture<R>> work) {
        calls.answer(answers, () -> {
            demandAdmin();
            return work.get();
        });
    }

    /** What a door of keys and secrets says of a failure. */
    public static StatusRuntimeException status(Throwable failure) {
        return switch (failure) {
            case StatusRuntimeException said -> said;
            case IllegalArgumentException wrong -> described(Status.INVALID_ARGUMENT, wrong);
            case Malformed token -> described(Status.UNAUTHENTICATED, token);
            case SecretsProblem problem ->
                described(
                        switch (problem.code()) {
                            case SEALED, NOT_INITIALIZED, CONFLICT -> Status.FAILED_PRECONDITION;
                            case NOT_FOUND -> Status.NOT_FOUND;
                            case DENIED -> Status.PERMISSION_DENIED;
                            case INVALID -> Status.INVALID_ARGUMENT;
                            case OVERLOADED -> Status.RESOURCE_EXHAUSTED;
                        },
                        problem);
            case Refused refused -> RefusedCalls.status(refused);
            default ->
                Status.INTERNAL
                        .withDescription("the door of keys and secrets failed")
                        .withCause(failure)
                        .asRuntimeException();
        };
    }

    private static StatusRuntimeException described(Status status, Throwable failure) {
        return status.withDescription(failure.getMessage()).asRuntimeException();
    }
}

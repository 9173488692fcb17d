package dev.plinth.trust.secrets.door.aecs;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.secrets.ResourceName;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.trust.secrets.door.grpc.SecretsDoor;
import dev.plinth.wire.aecs.AdminRemoteCallRequest;
import dev.plinth.wire.aecs.AdminRemoteCallResponse;
import dev.plinth.wire.aecs.AecsGrpc;
import dev.plinth.wire.aecs.CreateTaSecretRequest;
import dev.plinth.wire.aecs.CreateTaSecretResponse;
import dev.plinth.wire.aecs.DestroyTaSecretRequest;
import dev.plinth.wire.aecs.DestroyTaSecretResponse;
import dev.plinth.wire.aecs.GetAecsStatusRequest;
import dev.plinth.wire.aecs.GetAecsStatusResponse;
import dev.plinth.wire.aecs.GetEnclaveSecretPublicRequest;
import dev.plinth.wire.aecs.GetEnclaveSecretPublicResponse;
import dev.plinth.wire.aecs.GetEnclaveSecretRequest;
import dev.plinth.wire.aecs.GetEnclaveSecretResponse;
import dev.plinth.wire.aecs.GetRemoteSecretRequest;
import dev.plinth.wire.aecs.GetRemoteSecretResponse;
import dev.plinth.wire.aecs.GetTaSecretRequest;
import dev.plinth.wire.aecs.GetTaSecretResponse;
import dev.plinth.wire.aecs.SyncWithRemoteAecsRequest;
import dev.plinth.wire.aecs.SyncWithRemoteAecsResponse;
import dev.plinth.wire.grpc.CallAnswers;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Secrets for attested workloads over the gRPC of KubeTEE's AECS ({@code kubetee.Aecs}). */
public final class AecsDoor extends AecsGrpc.AecsImplBase {
    /*
     * GetAecsStatus      → the server's key, what proves it, and a nonce (status_str.attr.hex_nonce)
     * GetEnclaveSecret   evidence whose report data are the nonce and the SHA-256 of a key; service, name, nonce
     *                    → the secret in an envelope to that key, signed by the server's
     *
     * AECS asks for no nonce: it takes a report that is a year old, for only the TEE can read the answer. Here a nonce is demanded and good
     * once, as at all other doors: what was given stands in the audit log, and whoever repeats a request is not given anything again.
     */
    /** Second part of the names of secrets that are had over this door: {@code SERVICE/secret/NAME}. */
    static final String TYPE = "secret";

    private static final String DEFAULT_POLICY = "default";

    private final Secrets secrets;
    private final AecsIdentities identities;
    private final AecsAdmin admin;
    private final Nonces nonces;
    private final String build;
    private final SecureRandom random;
    private final Executor workers;
    private final CallAnswers calls;

    private AecsDoor(Secrets secrets, String build, Clock clock, Executor workers, SecureRandom random) {
        this.secrets = secrets;
        this.build = build;
        this.random = random;
        this.workers = workers;
        this.identities = new AecsIdentities(secrets.prover(), random);
        this.admin = new AecsAdmin(secrets, identities, workers);
        this.nonces = new Nonces(random, clock);
        this.calls = new CallAnswers(workers, AecsDoor::status);
    }

    /**
     * The door, with its lock for administrators.
     *
     * @param admin whether this is the administrator's token
     * @param build of this release, as it stands in the status
     * @param workers make keys and envelopes; they refuse nothing
     */
    public static BindableService of(
            Secrets secrets,
            Predicate<String> admin,
            String build,
            Clock clock,
            Executor workers,
            SecureRandom random) {
        var door = new AecsDoor(secrets, build, clock, workers, random);
        return () -> ServerInterceptors.intercept(door, new AecsCaller(admin));
    }

    static ResourceName name(String service, String secret) {
        try {
            return new ResourceName(service, TYPE, secret);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("service_name, secret_name: " + e.getMessage());
        }
    }

    // ---- workloads

    @Override
    public void getAecsStatus(GetAecsStatusRequest request, StreamObserver<GetAecsStatusResponse> answers) {
        calls.answer(answers, () -> secrets.status().thenApplyAsync(status -> status(status.isSealed()), workers));
    }

    private GetAecsStatusResponse status(boolean sealed) {
        var shown = identities.show(false);
        var status = AecsJson.object()
                .put("version", "plinth " + build)
                .put("status", sealed ? "Pending" : "Working")
                .put(
                        "identityHash",
                        Hexadecimal.of(Hexadecimal.sha256(shown.identity().pem())));
        status.putObject("attr").put("hex_nonce", nonces.next());
        var text = AecsJson.write(status);
        return GetAecsStatusResponse.newBuilder()
                .setAuthRaReport(shown.report())
                .setStatusStrBytes(ByteString.copyFrom(text))
                .setStatusSig(Sealing.signed(text, false, shown.identity(), random))
                .build();
    }

    @Override
    public void getEnclaveSecret(GetEnclaveSecretRequest request, StreamObserver<GetEnclaveSecretResponse> answers) {
        calls.answer(answers, () -> {
            var name = name(request.getServiceName(), request.getSecretName());
            var nonce = nonces.demand(request.getNonce());
            record Asked(AecsReport report, AecsIdentities.Shown shown) {}
            return CompletableFuture.supplyAsync(
                            () -> {
                                var report = AecsReport.read(request.getAuthRaReport());
                                // Before anything is released: a server that cannot prove itself now gives nothing.
                                return new Asked(
                                        report, identities.show(report.key().isNational()));
                            },
                            workers)
                    .thenCompose(asked -> {
                        var report = asked.report();
                        return secrets.attest(report.evidence(), report.challenge(nonce), DEFAULT_POLICY, report.who())
                                .thenCompose(attested -> {
                                    nonces.use(nonce);
                                    return secrets.release(
                                            name, 0, lasting(attested.result(), nonces.ends(nonce)), report.who());
                                })
                                .thenCompose(released -> publicKey(name, released)
                                        .thenApplyAsync(
                                                key -> answer(
                                                        released, key, request.getNonce(), report.key(), asked.shown()),
                                                workers));
                    });
        });
    }

    /** Evidence whose keys have no time, as a TPM's, is good for as long as its nonce. */
    private static AttestationResult lasting(AttestationResult result, Instant ends) {
        return result.validUntil().isAfter(result.at())
                ? result
                : new AttestationResult(
                        result.kind(),
                        result.findings(),
                        result.claims(),
                        result.vector(),
                        result.at(),
                        ends,
                        result.parts());
    }

    /** Of the version that was released; empty if it has none. */
    private CompletableFuture<ByteString> publicKey(ResourceName name, Secrets.Released released) {
        return secrets.find(name)
                .thenApply(found -> found.stream()
                        .flatMap(info -> info.versions().stream())
                        .filter(version -> version.number() == released.version())
                        .findFirst()
                        .map(Secrets.VersionInfo::publicKey)
                        .orElse(ByteString.EMPTY));
    }

    private GetEnclaveSecretResponse answer(
            Secrets.Released released, ByteString publicKey, String nonce, EnvelopeKey to, AecsIdentities.Shown from) {
        byte[] plain = {};
        try {
            plain = SecretForm.write(released.algorithm(), released.secret(), publicKey.toByteArray());
            return GetEnclaveSecretResponse.newBuilder()
                    .setAuthRaReport(from.report())
                    .setSecretEnc(Sealing.seal(plain, nonce, to, from.identity(), random))
                    .build();
        } finally {
            Arrays.fill(plain, (byte) 0);
            Arrays.fill(released.secret(), (byte) 0);
        }
    }

    // ---- administrators

    @Override
    public void aecsAdminRemoteCall(AdminRemoteCallRequest request, StreamObserver<AdminRemoteCallResponse> answers) {
        administered(answers, () -> admin.ofAecs(request));
    }

    @Override
    public void serviceAdminRemoteCall(
            AdminRemoteCallRequest request, StreamObserver<AdminRemoteCallResponse> answers) {
        administered(answers, () -> admin.ofService(request));
    }

    private <R> void administered(StreamObserver<R> answers, Supplier<CompletableFuture<R>> work) {
        calls.answer(answers, () -> {
            AecsCaller.demandAdmin();
            return work.get();
        });
    }

    // ---- what is not served

    @Override
    public void syncWithRemoteAecs(
            SyncWithRemoteAecsRequest request, StreamObserver<SyncWithRemoteAecsResponse> answers) {
        refuse(answers, "servers of a cluster give one another the root key by secrets.peers");
    }

    @Override
    public void getRemoteSecret(GetRemoteSecretRequest request, StreamObserver<GetRemoteSecretResponse> answers) {
        refuse(answers, "servers of a cluster give one another the root key by secrets.peers");
    }

    @Override
    public void getEnclaveSecretPublic(
            GetEnclaveSecretPublicRequest request, StreamObserver<GetEnclaveSecretPublicResponse> answers) {
        refuse(
                answers,
                "no secret is marked as public to everybody; plinth secrets show shows the administrator its key");
    }

    @Override
    public void createTaSecret(CreateTaSecretRequest request, StreamObserver<CreateTaSecretResponse> answers) {
        refuse(answers, "secrets are made by the administrator; ServiceAdminRemoteCall CreateSecret");
    }

    @Override
    public void destroyTaSecret(DestroyTaSecretRequest request, StreamObserver<DestroyTaSecretResponse> answers) {
        refuse(answers, "secrets are revoked by the administrator; ServiceAdminRemoteCall DestroySecret");
    }

    @Override
    public void getTaSecret(GetTaSecretRequest request, StreamObserver<GetTaSecretResponse> answers) {
        refuse(answers, "there are no secrets of applications; GetEnclaveSecret");
    }

    private static void refuse(StreamObserver<?> answers, String instead) {
        answers.onError(AecsAdmin.unserved(instead));
    }

    private static StatusRuntimeException status(Throwable failure) {
        return failure instanceof Malformed report
                ? Status.INVALID_ARGUMENT.withDescription(report.getMessage()).asRuntimeException()
                : SecretsDoor.status(failure);
    }
}

package dev.plinth.acceptance.console;

import com.google.protobuf.ByteString;
import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.SecretsConfiguration;
import dev.plinth.server.ServerConfiguration;
import dev.plinth.server.TrustConfiguration;
import dev.plinth.trust.attester.IdentityRequest;
import dev.plinth.trust.attester.KeyBroker;
import dev.plinth.trust.attester.Simulation;
import dev.plinth.wire.secrets.v1.GetStatusRequest;
import dev.plinth.wire.secrets.v1.ImportRequest;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.secrets.v1.SetPolicyRequest;
import dev.plinth.wire.trust.v1.AdmissionRules;
import dev.plinth.wire.trust.v1.AdmissionsGrpc;
import dev.plinth.wire.trust.v1.AdmitRequest;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import dev.plinth.wire.trust.v1.AttestationGrpc;
import dev.plinth.wire.trust.v1.BindRequest;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.HardwareRoot;
import dev.plinth.wire.trust.v1.Piece;
import dev.plinth.wire.trust.v1.Proof;
import dev.plinth.wire.trust.v1.PutAdmissionPolicyRequest;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutPolicyRequest;
import dev.plinth.wire.trust.v1.PutReferenceRequest;
import dev.plinth.wire.trust.v1.SbomRules;
import dev.plinth.wire.trust.v1.Submission;
import dev.plinth.wire.trust.v1.TrustGrpc;
import dev.plinth.wire.trust.v1.Verdict;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;

/** A whole server with a trust domain and secrets, and workloads on no hardware that prove to it what they are. */
final class TrustScene implements AutoCloseable {
    static final String ID = "spiffe://example.org/payments";
    static final String RELEASES = "releases";
    static final String SECRET = "bank/disk/key";
    static final String CANARY = "canary-0b5ad2-never-on-a-page";
    static final byte[] GOOD = HexFormat.of().parseHex("5e".repeat(32));
    static final byte[] CHANGED = HexFormat.of().parseHex("5e".repeat(16) + "5f" + "5e".repeat(15));
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final String OWNER = "ann";

    private final PlinthServer server;
    private final ManagedChannel channel;
    private final TrustGrpc.TrustBlockingStub trust;
    private final SecretsGrpc.SecretsBlockingStub secrets;
    private final AttestationGrpc.AttestationBlockingStub door;
    private final AdmissionsGrpc.AdmissionsBlockingStub admissions;
    private final AdmissionsGrpc.AdmissionsStub examiner;
    private final KeyPair release = keys();
    private final Simulation simulation = Simulation.make();

    TrustScene(Path data) throws IOException {
        server = PlinthServer.start(ServerConfiguration.alone(data, ANY, ANY, Optional.empty())
                .with(TrustConfiguration.of("example.org"))
                .with(SecretsConfiguration.inFile()));
        channel = NettyChannelBuilder.forAddress(
                        server.http().host(), server.http().port())
                .usePlaintext()
                .build();
        var headers = new Metadata();
        headers.put(
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                "Bearer " + Files.readString(TrustConfiguration.token(data)).strip());
        var showing = MetadataUtils.newAttachHeadersInterceptor(headers);
        trust = TrustGrpc.newBlockingStub(channel).withInterceptors(showing);
        secrets = SecretsGrpc.newBlockingStub(channel).withInterceptors(showing);
        door = AttestationGrpc.newBlockingStub(channel);
        admissions = AdmissionsGrpc.newBlockingStub(channel).withInterceptors(showing);
        examiner = AdmissionsGrpc.newStub(channel).withInterceptors(showing);
        Awaitility.await()
                .until(() ->
                        trust.getDomain(GetDomainRequest.getDefaultInstance()).getAuthoritiesCount() > 0
                                && !secrets.getStatus(GetStatusRequest.getDefaultInstance())
                                        .getSealed());
        introduce();
    }

    int port() {
        return server.http().port();
    }

    private void introduce() {
        trust.putRoot(HardwareRoot.newBuilder()
                .setVendor("simulation")
                .setFingerprint(simulation.fingerprint())
                .setOwner(OWNER)
                .build());
        trust.putReference(PutReferenceRequest.newBuilder()
                .setTenant("main")
                .setName("builds")
                .setOwner(OWNER)
                .addValues(HexFormat.of().formatHex(GOOD))
                .build());
        trust.putPolicy(PutPolicyRequest.newBuilder()
                .setTenant("main")
                .setName("built-here")
                .setOwner(OWNER)
                .setCondition("claims['measurement'] in references['builds']")
                .addWaivers("simulated")
                .build());
        trust.bind(BindRequest.newBuilder()
                .setTenant("main")
                .setResource("payments")
                .setOwner(OWNER)
                .addPolicies("built-here")
                .build());
        trust.putEntry(PutEntryRequest.newBuilder()
                .setEntry(Entry.newBuilder()
                        .setName("payments")
                        .setSpiffeId(ID)
                        .setOwner(OWNER)
                        .addSelectors("evidence:main/payments"))
                .build());
        secrets.import_(ImportRequest.newBuilder()
                .setName(SECRET)
                .setAlgorithm("opaque")
                .setExportable(true)
                .setSecret(ByteString.copyFromUtf8(CANARY))
                .setActor(OWNER)
                .build());
        policy("attestation:default", "true");
        policy(SECRET, "claims['sample.svn'] == '1'");
    }

    private void policy(String subject, String condition) {
        secrets.setPolicy(SetPolicyRequest.newBuilder()
                .setSubject(subject)
                .setCondition(condition)
                .addWaivers("sample")
                .setActor(OWNER)
                .build());
    }

    /** Asks for an identity; whether it got it. */
    boolean attest(byte[] measurement) {
        return attest(simulation, measurement);
    }

    /** As one whose root nobody trusts. */
    boolean attestAsAStranger() {
        return attest(Simulation.make(), GOOD);
    }

    private boolean attest(Simulation by, byte[] measurement) {
        var request = IdentityRequest.begin(door);
        var statement = by.statement(request.binding(), measurement);
        try {
            request.attest(
                    ID,
                    List.of(Proof.newBuilder()
                            .setEvidence(AttestationEvidence.newBuilder().setSimulated(ByteString.copyFrom(statement)))
                            .build()));
            return true;
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.PERMISSION_DENIED) {
                return false;
            }
            throw e;
        }
    }

    /** Says that what the release's key has signed is admitted, with a list of components or without. */
    void admitReleases(boolean components) {
        var rules = AdmissionRules.newBuilder()
                .addKeys("-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(release.getPublic().getEncoded())
                        + "\n-----END PUBLIC KEY-----\n");
        if (components) {
            rules.setSbom(SbomRules.newBuilder().addRequires(SbomRules.Field.PURL));
        }
        admissions.putAdmissionPolicy(PutAdmissionPolicyRequest.newBuilder()
                .setName(RELEASES)
                .setOwner(OWNER)
                .setRules(rules)
                .build());
    }

    /** Has an artifact examined that the release's key has signed, or somebody else's; whether it was admitted. */
    boolean examine(String name, boolean byTheRelease) {
        var artifact = ("what " + name + " holds").getBytes(StandardCharsets.UTF_8);
        var verdict = new CompletableFuture<Verdict>();
        var parts = examiner.admit(new StreamObserver<>() {
            @Override
            public void onNext(Verdict answer) {
                verdict.complete(answer);
            }

            @Override
            public void onError(Throwable failure) {
                verdict.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {}
        });
        parts.onNext(AdmitRequest.newBuilder()
                .setSubmission(Submission.newBuilder()
                        .setName(name)
                        .setPolicy(RELEASES)
                        .setActor(OWNER))
                .build());
        parts.onNext(piece(Piece.Kind.ARTIFACT, artifact));
        parts.onNext(piece(Piece.Kind.SIGNATURE, signature(byTheRelease ? release : keys(), artifact)));
        parts.onCompleted();
        return verdict.join().getAdmitted();
    }

    private static AdmitRequest piece(Piece.Kind kind, byte[] bytes) {
        return AdmitRequest.newBuilder()
                .setPiece(Piece.newBuilder().setKind(kind).setBytes(ByteString.copyFrom(bytes)))
                .build();
    }

    private static KeyPair keys() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no P-256", e);
        }
    }

    private static byte[] signature(KeyPair by, byte[] artifact) {
        try {
            var signer = Signature.getInstance("SHA256withECDSA");
            signer.initSign(by.getPrivate());
            signer.update(artifact);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK does not sign with ES256", e);
        }
    }

    /** Asks for the secret with Trustee's sample evidence; whether it got it. */
    boolean fetch(String svn) throws IOException, InterruptedException {
        try (var session = KeyBroker.at(URI.create("http://" + server.http()))) {
            session.attest(
                    "sample",
                    reportData -> "{\"svn\":\"" + svn + "\",\"report_data\":\""
                            + Base64.getEncoder().encodeToString(reportData) + "\"}");
            return new String(session.secret(SECRET), StandardCharsets.UTF_8).equals(CANARY);
        } catch (KeyBroker.Refusal e) {
            return false;
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
    }
}

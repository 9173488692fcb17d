package dev.plinth.cli;

import com.google.protobuf.ByteString;
import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.SecretsConfiguration;
import dev.plinth.server.ServerConfiguration;
import dev.plinth.server.TrustConfiguration;
import dev.plinth.trust.attester.IdentityRequest;
import dev.plinth.trust.attester.KeyBroker;
import dev.plinth.trust.attester.TpmAttester;
import dev.plinth.wire.secrets.v1.GetStatusRequest;
import dev.plinth.wire.secrets.v1.ImportRequest;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.secrets.v1.SetPolicyRequest;
import dev.plinth.wire.secrets.v1.VouchRequest;
import dev.plinth.wire.trust.v1.AttestResponse;
import dev.plinth.wire.trust.v1.AttestationGrpc;
import dev.plinth.wire.trust.v1.BindRequest;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.HardwareRoot;
import dev.plinth.wire.trust.v1.Proof;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutPolicyRequest;
import dev.plinth.wire.trust.v1.PutReferenceRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A machine proves what it has booted and gets an identity and a secret; with one byte changed it gets neither. */
final class AttestationDrill {
    /*
     * Everything but the hardware is the product: a server with its journal, its doors and its verifiers, and the commands of a TPM over
     * the wire. The TPM is simulated, and its maker is an authority of this drill, which nobody else trusts.
     *
     * What is good is computed from the loader, as an owner would from his build, and not read from the TPM.
     */
    private static final String DOMAIN = "drill.plinth";
    private static final String ID = "spiffe://" + DOMAIN + "/payments";
    private static final String RESOURCE = "payments";
    private static final String SECRET = "payments/key/ledger";
    private static final String TENANT = "drill";
    private static final String OWNER = "drill";
    private static final int REGISTER = 4;
    private static final int CHANGED = 17;

    /** Evidence that does not suffice, and a policy that denies (KBS's protocol). */
    private static final Set<Integer> REFUSALS = Set.of(401, 403);

    private static final Listen ANY = new Listen("127.0.0.1", 0);

    private final Path folder;
    private final PrintWriter out;
    private int steps;

    AttestationDrill(Path folder, PrintWriter out) {
        this.folder = folder;
        this.out = out;
    }

    private void say(String what, String text) {
        steps++;
        out.printf("%2d  %-10s %s%n", steps, what, text);
        out.flush();
    }

    /**
     * Goes through all of it.
     *
     * @throws IOException if something is not as it should be; it says what
     */
    void run() throws IOException, InterruptedException {
        out.println("drill attest: the TPM is SIMULATED (" + SoftwareTpm.version() + "); the rest is the product");
        var data = folder.resolve("data");
        try (var server = PlinthServer.start(ServerConfiguration.alone(data, ANY, ANY, Optional.empty())
                .with(TrustConfiguration.of(DOMAIN))
                .with(SecretsConfiguration.inFile()))) {
            var channel = NettyChannelBuilder.forAddress(
                            server.http().host(), server.http().port())
                    .usePlaintext()
                    .build();
            try {
                run(channel, URI.create("http://" + server.http()), data);
            } finally {
                channel.shutdownNow();
                channel.awaitTermination(1, TimeUnit.SECONDS);
            }
        }
    }

    private void run(ManagedChannel channel, URI broker, Path data) throws IOException, InterruptedException {
        var showing = TokenOptions.showing(TrustConfiguration.token(data));
        var admin = TrustGrpc.newBlockingStub(channel).withInterceptors(showing).withDeadlineAfter(1, TimeUnit.MINUTES);
        var secrets =
                SecretsGrpc.newBlockingStub(channel).withInterceptors(showing).withDeadlineAfter(1, TimeUnit.MINUTES);
        var door = AttestationGrpc.newBlockingStub(channel).withDeadlineAfter(1, TimeUnit.MINUTES);
        awaitAuthority(admin);
        awaitUnsealed(secrets);
        say("server", "trust domain " + DOMAIN + ", in a folder that is deleted afterwards");

        var loader = "the loader of a machine of this drill\n".repeat(8).getBytes(StandardCharsets.UTF_8);
        var good = HexFormat.of().formatHex(sha256(new byte[32], sha256(loader)));
        allow(admin, good);
        var secret = keep(secrets, good);
        say(
                "policy",
                RESOURCE + " and " + SECRET + " are for machines whose register " + REGISTER + " is " + good
                        + ", as follows from the loader");

        try (var tpm = SoftwareTpm.boot(folder)) {
            tpm.attester().extend(REGISTER, sha256(loader));
            var maker = SimulatedMaker.make();
            refused(
                    "stranger",
                    "its maker is not trusted",
                    () -> tpm.attester()
                            .enrol(door, maker.certify(tpm.attester().endorsementKey())));
            var _ = admin.putRoot(HardwareRoot.newBuilder()
                    .setVendor("tpm")
                    .setFingerprint(HexFormat.of().formatHex(sha256(maker.certificate())))
                    .setOwner(OWNER)
                    .build());
            var selector =
                    tpm.attester().enrol(door, maker.certify(tpm.attester().endorsementKey()));
            say("enrolled", selector + ", by MakeCredential and ActivateCredential");
            var identity = attest(door, tpm.attester());
            say(
                    "identity",
                    identity.getSpiffeId() + " until " + Instant.ofEpochMilli(identity.getNotAfterMillis())
                            + ", by entry " + identity.getEntry() + " and a quote of register " + REGISTER);
            refused(
                    "stranger",
                    "nobody vouches for its attestation key yet",
                    () -> released(broker, tpm.attester(), secret));
            var _ = secrets.vouch(VouchRequest.newBuilder()
                    .setVendor("tpm")
                    .setFingerprint(HexFormat.of()
                            .formatHex(sha256(tpm.attester().attestationKey().getEncoded())))
                    .setOwner(OWNER)
                    .setActor(OWNER)
                    .build());
            say("secret", released(broker, tpm.attester(), secret));
        }

        var changed = loader.clone();
        changed[CHANGED] ^= 1;
        try (var tpm = SoftwareTpm.boot(folder)) {
            tpm.attester().extend(REGISTER, sha256(changed));
            say("reboot", "the same TPM; one bit of byte " + CHANGED + " of the loader is another one");
            refused("changed", "it measured something else", () -> attest(door, tpm.attester()));
            refused("changed", "the secret's policy says so too", () -> released(broker, tpm.attester(), secret));
        }
        try (var tpm = SoftwareTpm.boot(folder)) {
            tpm.attester().extend(REGISTER, sha256(loader));
            say("reboot", "the same TPM with the loader as it was");
            say("identity", attest(door, tpm.attester()).getSpiffeId() + " again");
            say("secret", released(broker, tpm.attester(), secret) + " again");
        }
        out.println("PASS");
        out.flush();
    }

    private interface Attempt {
        Object make() throws IOException, InterruptedException;
    }

    /** Demands that the server refuses this, and shows why it does. */
    private void refused(String what, String because, Attempt attempt) throws IOException, InterruptedException {
        try {
            var _ = attempt.make();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.PERMISSION_DENIED) {
                say(what, "refused, for " + because + ": " + e.getStatus().getDescription());
                return;
            }
            throw e;
        } catch (KeyBroker.Refusal e) {
            if (REFUSALS.contains(e.status())) {
                say(what, "refused, for " + because + ": " + e.getMessage());
                return;
            }
            throw e;
        }
        throw new IOException("FAIL: " + what + ": expected a refusal, for " + because + "; it was granted");
    }

    private static void awaitAuthority(TrustGrpc.TrustBlockingStub admin) {
        while (admin.getDomain(GetDomainRequest.getDefaultInstance()).getAuthoritiesCount() == 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private static void allow(TrustGrpc.TrustBlockingStub admin, String good) {
        var _ = admin.putReference(PutReferenceRequest.newBuilder()
                .setTenant(TENANT)
                .setName("loader")
                .setOwner(OWNER)
                .addValues(good)
                .build());
        var _ = admin.putPolicy(PutPolicyRequest.newBuilder()
                .setTenant(TENANT)
                .setName("booted-well")
                .setOwner(OWNER)
                .setCondition("evidence == 'tpm' && claims['tpm.sha256." + REGISTER + "'] in references['loader']")
                .build());
        var _ = admin.bind(BindRequest.newBuilder()
                .setTenant(TENANT)
                .setResource(RESOURCE)
                .setOwner(OWNER)
                .addPolicies("booted-well")
                .build());
        var _ = admin.putEntry(PutEntryRequest.newBuilder()
                .setEntry(Entry.newBuilder()
                        .setName("payments")
                        .setSpiffeId(ID)
                        .setOwner(OWNER)
                        .addSelectors("evidence:" + TENANT + "/" + RESOURCE))
                .build());
    }

    private static AttestResponse attest(AttestationGrpc.AttestationBlockingStub door, TpmAttester tpm)
            throws IOException {
        var request = IdentityRequest.begin(door);
        return request.attest(
                ID,
                List.of(Proof.newBuilder()
                        .setEvidence(tpm.quote(request.binding(), List.of(REGISTER)))
                        .build()));
    }

    private static void awaitUnsealed(SecretsGrpc.SecretsBlockingStub secrets) {
        while (secrets.getStatus(GetStatusRequest.getDefaultInstance()).getSealed()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    /** Keeps a secret that only machines with this register get. */
    private static byte[] keep(SecretsGrpc.SecretsBlockingStub secrets, String good) {
        var secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        var _ = secrets.import_(ImportRequest.newBuilder()
                .setName(SECRET)
                .setAlgorithm("opaque")
                .setExportable(true)
                .setSecret(ByteString.copyFrom(secret))
                .setActor(OWNER)
                .build());
        var _ = secrets.setPolicy(SetPolicyRequest.newBuilder()
                .setSubject(SECRET)
                .setCondition("evidence == 'tpm' && claims['tpm.sha256." + REGISTER + "'] == '" + good + "'")
                .setActor(OWNER)
                .build());
        return secret;
    }

    /** Attests to the key broker and demands the secret as it was kept; the secret itself is not shown. */
    private static String released(URI broker, TpmAttester tpm, byte[] expected)
            throws IOException, InterruptedException {
        try (var session = KeyBroker.at(broker)) {
            session.attest("tpm", tpm::trusteeEvidence);
            var secret = session.secret(SECRET);
            if (!MessageDigest.isEqual(secret, expected)) {
                throw new IOException("FAIL: " + SECRET + ": expected what was kept, found something else");
            }
            return SECRET + ", " + secret.length + " bytes as they were kept, encrypted to a key of this session";
        }
    }

    private static byte[] sha256(byte[]... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }
}

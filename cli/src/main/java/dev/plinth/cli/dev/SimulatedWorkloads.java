package dev.plinth.cli.dev;

import com.google.protobuf.ByteString;
import dev.plinth.server.TrustConfiguration;
import dev.plinth.trust.attester.IdentityRequest;
import dev.plinth.trust.attester.KeyBroker;
import dev.plinth.trust.attester.Simulation;
import dev.plinth.wire.secrets.v1.GenerateRequest;
import dev.plinth.wire.secrets.v1.ListRequest;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.secrets.v1.SetPolicyRequest;
import dev.plinth.wire.secrets.v1.UseRequest;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import dev.plinth.wire.trust.v1.AttestationGrpc;
import dev.plinth.wire.trust.v1.BindRequest;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.GetAttestorsRequest;
import dev.plinth.wire.trust.v1.HardwareRoot;
import dev.plinth.wire.trust.v1.Proof;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutPolicyRequest;
import dev.plinth.wire.trust.v1.PutReferenceRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Workloads on no hardware, which prove to the server of {@code plinth dev} what they are: so that there is evidence to look at. */
final class SimulatedWorkloads implements AutoCloseable {
    /*
     * Everything but the hardware is the product: the doors, the verifiers, policies, secrets and the log. The evidence is of the kinds
     * that are made for this, signed under a root that lives as long as plinth dev does; two policies of this domain alone excuse it, and
     * it is marked wherever it appears. Every fourth time a workload has been changed, and is refused: what a person has to be able to
     * find is the reason.
     */
    static final String DOMAIN = "development.plinth";

    private static final String TENANT = "dev";
    private static final String OWNER = "plinth-dev";
    private static final String VENDOR = "simulation";
    private static final String SIMULATED = "simulated";
    private static final String SAMPLE = "sample";
    private static final String LEDGER = "bank/keys/ledger";
    private static final String DISK = "bank/disk/key";
    private static final String BUILT = "built-here";
    private static final List<String> WORKLOADS = List.of("payments", "accounts");
    private static final int CHANGED_EVERY = 4;
    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final int ANSWER_SECONDS_MAX = 10;

    /** Evidence that does not suffice, and a policy that denies (KBS's protocol). */
    private static final Set<Integer> REFUSALS = Set.of(401, 403);

    private final URI server;
    private final Path token;
    private final Path log;
    private final ManagedChannel channel;
    private final Simulation simulation = Simulation.make();
    private final Thread thread;

    private SimulatedWorkloads(String http, Path data, Path log) {
        this.server = URI.create("http://" + http);
        this.token = TrustConfiguration.token(data);
        this.log = log;
        this.channel = NettyChannelBuilder.forTarget(http).usePlaintext().build();
        this.thread = Thread.ofVirtual().name("plinth-dev-workloads").unstarted(this::live);
    }

    /**
     * Begins, in the background.
     *
     * @param http where the server is; {@code data}: its data folder, in which its token is
     * @param log gets a line for each thing that they do
     */
    static SimulatedWorkloads start(String http, Path data, Path log) {
        var workloads = new SimulatedWorkloads(http, data, log);
        workloads.thread.start();
        return workloads;
    }

    private void live() {
        boolean introduced = false;
        long round = 0;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                if (!introduced) {
                    introduce();
                    introduced = true;
                }
                round++;
                prove(round);
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                return;
            } catch (IOException | StatusRuntimeException e) {
                // Somebody kills servers here; they come back.
                note("waits for the server: " + e.getMessage());
                try {
                    Thread.sleep(AGAIN);
                } catch (InterruptedException stopped) {
                    return;
                }
            }
        }
    }

    private void note(String line) {
        try {
            Files.writeString(
                    log, Instant.now() + " " + line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(log + ": cannot be written", e);
        }
    }

    private ClientInterceptor showing() throws IOException {
        var headers = new Metadata();
        headers.put(
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                "Bearer " + Files.readString(token).strip());
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    private TrustGrpc.TrustBlockingStub trust() throws IOException {
        return TrustGrpc.newBlockingStub(channel)
                .withInterceptors(showing())
                .withDeadlineAfter(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    }

    private SecretsGrpc.SecretsBlockingStub secrets() throws IOException {
        return SecretsGrpc.newBlockingStub(channel)
                .withInterceptors(showing())
                .withDeadlineAfter(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    }

    /** What an owner would say: whose evidence is believed, what is good, and who gets what. */
    private void introduce() throws IOException {
        for (var root :
                trust().getAttestors(GetAttestorsRequest.getDefaultInstance()).getRootsList()) {
            if (root.getVendor().equals(VENDOR) && root.getOwner().equals(OWNER)) {
                var _ = trust().removeRoot(root);
            }
        }
        var _ = trust().putRoot(HardwareRoot.newBuilder()
                .setVendor(VENDOR)
                .setFingerprint(simulation.fingerprint())
                .setOwner(OWNER)
                .build());
        var _ = trust().putReference(PutReferenceRequest.newBuilder()
                .setTenant(TENANT)
                .setName("measurements")
                .setOwner(OWNER)
                .addAllValues(WORKLOADS.stream()
                        .map(name -> HexFormat.of().formatHex(measurement(name, false)))
                        .toList())
                .build());
        var _ = trust().putPolicy(PutPolicyRequest.newBuilder()
                .setTenant(TENANT)
                .setName(BUILT)
                .setOwner(OWNER)
                .setCondition("evidence == 'simulated' && claims['measurement'] in references['measurements']")
                .addWaivers(SIMULATED)
                .build());
        for (var name : WORKLOADS) {
            var _ = trust().bind(BindRequest.newBuilder()
                    .setTenant(TENANT)
                    .setResource(name)
                    .setOwner(OWNER)
                    .addPolicies(BUILT)
                    .build());
            var _ = trust().putEntry(PutEntryRequest.newBuilder()
                    .setEntry(Entry.newBuilder()
                            .setName(name)
                            .setSpiffeId(id(name))
                            .setOwner(OWNER)
                            .addSelectors("evidence:" + TENANT + "/" + name))
                    .build());
        }
        var there = secrets().list(ListRequest.getDefaultInstance()).getSecretsList().stream()
                .map(secret -> secret.getName())
                .toList();
        generate(there, LEDGER, "ec-p256", false);
        generate(there, DISK, "aes-256", true);
        policy("attestation:default", "evidence == 'sample'");
        policy(DISK, "evidence == 'sample' && claims['sample.svn'] == '1'");
        note("the domain " + DOMAIN + " has its entries, policies and secrets");
    }

    private void generate(List<String> there, String name, String algorithm, boolean exportable) throws IOException {
        if (!there.contains(name)) {
            var _ = secrets()
                    .generate(GenerateRequest.newBuilder()
                            .setName(name)
                            .setAlgorithm(algorithm)
                            .setExportable(exportable)
                            .setActor(OWNER)
                            .build());
        }
    }

    private void policy(String subject, String condition) throws IOException {
        var _ = secrets()
                .setPolicy(SetPolicyRequest.newBuilder()
                        .setSubject(subject)
                        .setCondition(condition)
                        .addWaivers(SAMPLE)
                        .setActor(OWNER)
                        .build());
    }

    private static String id(String name) {
        return "spiffe://" + DOMAIN + "/" + name;
    }

    /** What a program's measurement is, and what it is after somebody has changed it. */
    private static byte[] measurement(String name, boolean changed) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest((name + (changed ? ", changed by somebody" : ", as it was built"))
                            .getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    private void prove(long round) throws IOException, InterruptedException {
        boolean changed = round % CHANGED_EVERY == 2;
        for (var name : WORKLOADS) {
            note(name + ": " + identity(name, changed && name.equals(WORKLOADS.getFirst())));
        }
        note(DISK + ": " + secret(changed).map(why -> "refused: " + why).orElse("given"));
        if (round % CHANGED_EVERY == 1) {
            var _ = secrets()
                    .sign(UseRequest.newBuilder()
                            .setName(LEDGER)
                            .setInput(ByteString.copyFromUtf8("the books of round " + round))
                            .setActor(OWNER)
                            .build());
        }
    }

    private String identity(String name, boolean changed) {
        var door = AttestationGrpc.newBlockingStub(channel).withDeadlineAfter(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        var request = IdentityRequest.begin(door);
        var statement = simulation.statement(request.binding(), measurement(name, changed));
        try {
            return request.attest(
                            id(name),
                            List.of(Proof.newBuilder()
                                    .setEvidence(AttestationEvidence.newBuilder()
                                            .setSimulated(ByteString.copyFrom(statement)))
                                    .build()))
                    .getSpiffeId();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.PERMISSION_DENIED) {
                return "refused: " + e.getStatus().getDescription();
            }
            throw e;
        }
    }

    /** Why it was refused; empty if it was given. */
    private Optional<String> secret(boolean changed) throws IOException, InterruptedException {
        try (var session = KeyBroker.at(server)) {
            session.attest(
                    SAMPLE,
                    reportData -> "{\"svn\":\"" + (changed ? "0" : "1") + "\",\"report_data\":\""
                            + Base64.getEncoder().encodeToString(reportData) + "\"}");
            Arrays.fill(session.secret(DISK), (byte) 0);
            return Optional.empty();
        } catch (KeyBroker.Refusal e) {
            if (REFUSALS.contains(e.status())) {
                return Optional.of(String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        channel.shutdownNow();
    }
}

package dev.plinth.acceptance.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.plinth.server.TrustConfiguration;
import dev.plinth.trust.attester.IdentityRequest;
import dev.plinth.trust.attester.KeyBroker;
import dev.plinth.trust.attester.TpmAttester;
import dev.plinth.trust.attester.TpmProcess;
import dev.plinth.wire.secrets.v1.AuditEntry;
import dev.plinth.wire.secrets.v1.GenerateRequest;
import dev.plinth.wire.secrets.v1.GetRequest;
import dev.plinth.wire.secrets.v1.GetStatusRequest;
import dev.plinth.wire.secrets.v1.ImportRequest;
import dev.plinth.wire.secrets.v1.ReadAuditRequest;
import dev.plinth.wire.secrets.v1.RotateRequest;
import dev.plinth.wire.secrets.v1.RotateRootRequest;
import dev.plinth.wire.secrets.v1.SetPolicyRequest;
import dev.plinth.wire.secrets.v1.Version;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.Proof;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutJoinTokenRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three servers, each killed once while identities are issued, a key is rotated, a secret is released and the root key is changed. */
@Timeout(600)
class KilledServersTest {
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final int CALL_SECONDS = 5;
    private static final String LEDGER = "bank/keys/ledger";
    private static final int VERSIONS = 40;
    private static final String DISK = "bank/disk/key";
    private static final byte[] DISK_KEY = "the key of the disk".getBytes(StandardCharsets.UTF_8);
    private static final String ACTOR = "test";

    @TempDir
    private Path folder;

    private List<TrustServer> members = List.of();
    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicBoolean enough = new AtomicBoolean();
    private Optional<TpmProcess> swtpm = Optional.empty();

    @BeforeEach
    void open() throws IOException {
        assumeTrue(Files.isExecutable(TpmProcess.PROGRAM), "swtpm is not installed");
        members = TrustCluster.withRootFile(folder, CALL_SECONDS);
        members.forEach(TrustServer::awaitUnsealed);
        await().atMost(LONG)
                .ignoreExceptions()
                .until(() -> members.getFirst()
                                .trust()
                                .getDomain(GetDomainRequest.getDefaultInstance())
                                .getAuthoritiesCount()
                        == 1);
    }

    @AfterEach
    void close() {
        enough.set(true);
        members.forEach(TrustServer::close);
        swtpm.ifPresent(TpmProcess::close);
    }

    private TpmAttester tpm() throws IOException {
        var started = new TpmProcess(folder.resolve("tpm"));
        swtpm = Optional.of(started);
        return TpmAttester.of(started.device().open());
    }

    private interface Try<R> {
        R at(TrustServer member) throws IOException, InterruptedException;
    }

    /** At one server after the other, until one has answered; a refusal is an answer. */
    private <R> R persistently(Try<R> what) throws IOException, InterruptedException {
        while (true) {
            try {
                return what.at(next());
            } catch (StatusRuntimeException e) {
                if (!isPassing(e)) {
                    throw e;
                }
            } catch (KeyBroker.Refusal e) {
                // Not led, or not unsealed yet; and a session that its server has forgotten.
                if (e.status() < 500) {
                    throw e;
                }
            } catch (ConnectException | HttpTimeoutException e) {
                // Killed: the next.
            } catch (IOException e) {
                if (!String.valueOf(e.getMessage()).matches("(?s).*(Connection reset|header parser|EOF|GOAWAY).*")) {
                    throw e;
                }
            }
            if (enough.get()) {
                throw new InterruptedException("the test has ended");
            }
        }
    }

    private static boolean isPassing(StatusRuntimeException e) {
        return switch (e.getStatus().getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNKNOWN, INTERNAL, CANCELLED -> true;
            // A challenge of a server that was started again meanwhile.
            case PERMISSION_DENIED ->
                String.valueOf(e.getStatus().getDescription()).startsWith("challenge:");
            default -> false;
        };
    }

    // ---- what goes on meanwhile

    /** Of each token, how many keys it let in: there are two that want. */
    private final ConcurrentLinkedQueue<Integer> letIn = new ConcurrentLinkedQueue<>();

    private record Made(String name, long version) {}

    private final ConcurrentLinkedQueue<Made> made = new ConcurrentLinkedQueue<>();
    private final AtomicInteger released = new AtomicInteger();
    private final AtomicInteger releasesTried = new AtomicInteger();

    private Void issue() throws Exception {
        for (int i = 0; !enough.get(); i++) {
            var name = "host-" + i;
            var id = "spiffe://" + TrustCluster.DOMAIN + "/" + name;
            var token = persistently(member -> member.trust()
                            .putJoinToken(PutJoinTokenRequest.newBuilder()
                                    .setName(name)
                                    .setLifeSeconds(600)
                                    .build()))
                    .getToken();
            var _ = persistently(member -> member.trust()
                    .putEntry(PutEntryRequest.newBuilder()
                            .setEntry(Entry.newBuilder()
                                    .setName(name)
                                    .setSpiffeId(id)
                                    .setOwner(ACTOR)
                                    .addSelectors("join-token:" + name))
                            .build()));
            var one = new CompletableFuture<Boolean>();
            var other = Thread.startVirtualThread(() -> {
                try {
                    one.complete(isLetIn(id, token));
                } catch (Exception e) {
                    one.completeExceptionally(e);
                }
            });
            boolean here = isLetIn(id, token);
            other.join();
            letIn.add((here ? 1 : 0) + (one.get() ? 1 : 0));
        }
        return null;
    }

    private boolean isLetIn(String id, String token) throws Exception {
        var keys = keys();
        try {
            return persistently(member -> IdentityRequest.with(member.attestation(), keys)
                            .attest(
                                    id,
                                    List.of(Proof.newBuilder()
                                            .setJoinToken(token)
                                            .build())))
                    .getSpiffeId()
                    .equals(id);
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.PERMISSION_DENIED
                    && String.valueOf(e.getStatus().getDescription()).contains("used already, by another key")) {
                return false;
            }
            throw e;
        }
    }

    private static KeyPair keys() throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** A key has so many versions, and then it is another key's turn: the engine keeps 100 of each. */
    private Void rotate() throws InterruptedException {
        for (int key = 0; !enough.get(); key++) {
            var name = LEDGER + "-" + key;
            while (!enough.get() && !isThere(name)) {
                made(
                        name,
                        () -> next().secrets()
                                .generate(GenerateRequest.newBuilder()
                                        .setName(name)
                                        .setAlgorithm("aes-256")
                                        .setActor(ACTOR)
                                        .build())
                                .getVersion());
            }
            while (!enough.get() && of(name).size() < VERSIONS) {
                made(
                        name,
                        () -> next().secrets()
                                .rotate(RotateRequest.newBuilder()
                                        .setName(name)
                                        .setActor(ACTOR)
                                        .build())
                                .getVersion());
            }
        }
        return null;
    }

    private boolean isThere(String name) throws InterruptedException {
        try {
            return !of(name).isEmpty()
                    || persistently(member -> member.secrets()
                                            .get(GetRequest.newBuilder()
                                                    .setName(name)
                                                    .build()))
                                    .getVersionsCount()
                            > 0;
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return false;
            }
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TrustServer next() {
        return members.get(turn.getAndIncrement() % members.size());
    }

    private List<Long> of(String name) {
        return made.stream()
                .filter(one -> one.name().equals(name))
                .map(Made::version)
                .toList();
    }

    /** Whether it was done, if there is no answer, nobody knows; what was said to be done is what counts. */
    private void made(String name, Supplier<Long> version) {
        try {
            made.add(new Made(name, version.get()));
        } catch (StatusRuntimeException e) {
            // Precondition: one without an answer came between, or this server is not unsealed yet.
            if (!isPassing(e) && e.getStatus().getCode() != Status.Code.FAILED_PRECONDITION) {
                throw e;
            }
        }
    }

    private Void release(TpmAttester tpm) throws Exception {
        while (!enough.get()) {
            var secret = persistently(member -> {
                try (var broker = member.broker()) {
                    broker.attest("tpm", tpm::trusteeEvidence);
                    releasesTried.incrementAndGet();
                    return broker.secret(DISK);
                }
            });
            assertThat(secret).isEqualTo(DISK_KEY);
            released.incrementAndGet();
        }
        return null;
    }

    private record Done(int issued, int rotated, int released) {
        boolean isAheadOf(Done before) {
            return issued > before.issued + 1 && rotated > before.rotated + 1 && released > before.released + 1;
        }
    }

    private Done done() {
        return new Done(letIn.size(), made.size(), released.get());
    }

    private void awaitProgress(List<Future<Void>> work) {
        var before = done();
        await().atMost(LONG).until(() -> {
            for (var one : work) {
                assertThat(one.state()).as("still at work").isEqualTo(Future.State.RUNNING);
            }
            return done().isAheadOf(before);
        });
    }

    // ----

    @Test
    void whoever_is_killed_nothing_is_lost_and_nothing_is_granted_twice() throws Exception {
        try (var tpm = tpm();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            prepare(tpm);
            var work = List.<Future<Void>>of(
                    threads.submit(this::issue), threads.submit(this::rotate), threads.submit(() -> release(tpm)));
            try {
                awaitProgress(work);
                int root = 1;
                for (var member : members) {
                    root++;
                    rotateRoot();
                    member.process.kill();
                    awaitProgress(work);
                    member.process.start();
                    awaitProgress(work);
                    awaitRoot(root);
                }
            } finally {
                enough.set(true);
            }
            for (var one : work) {
                try {
                    one.get(60, TimeUnit.SECONDS);
                } catch (ExecutionException e) {
                    assertThat(e.getCause()).isInstanceOf(InterruptedException.class);
                }
            }
        }
        assertThat(letIn).as("each token let in one of two keys").containsOnly(1);
        assertThat(made).as("no version was given to two").doesNotHaveDuplicates();
        for (var member : members) {
            await().atMost(LONG).ignoreExceptions().untilAsserted(() -> checkKept(member));
        }
    }

    /** The next key is on all servers first; here they share a disk. */
    private void rotateRoot() throws Exception {
        var next = folder.resolve(TrustCluster.ROOT + ".next");
        await().atMost(LONG).until(() -> Files.notExists(next));
        TrustConfiguration.makeRootKey(next);
        try {
            var _ = persistently(member -> member.secrets()
                    .rotateRoot(RotateRootRequest.newBuilder().setActor(ACTOR).build()));
        } catch (StatusRuntimeException e) {
            // The answer of the one before was lost.
            assertThat(e.getStatus().getDescription()).contains("is under way");
        }
    }

    private void awaitRoot(long root) {
        await().atMost(LONG)
                .ignoreExceptions()
                .until(() -> members.stream().allMatch(member -> {
                    var status = member.secrets().getStatus(GetStatusRequest.getDefaultInstance());
                    return !status.getSealed() && status.getRoot() == root && !status.hasNext();
                }));
    }

    private void prepare(TpmAttester tpm) throws Exception {
        var _ = persistently(member -> member.secrets()
                .import_(ImportRequest.newBuilder()
                        .setName(DISK)
                        .setAlgorithm("opaque")
                        .setExportable(true)
                        .setSecret(ByteString.copyFrom(DISK_KEY))
                        .setActor(ACTOR)
                        .build()));
        var _ = persistently(member -> member.secrets()
                .setPolicy(SetPolicyRequest.newBuilder()
                        .setSubject(DISK)
                        .setCondition("evidence == 'tpm'")
                        .setActor(ACTOR)
                        .build()));
        var vouching = TrustServer.vouching(tpm, ACTOR);
        var _ = persistently(member -> member.secrets().vouch(vouching));
    }

    private void checkKept(TrustServer member) {
        var audit = audit(member);
        for (var name : made.stream().map(Made::name).collect(Collectors.toSet())) {
            var versions =
                    member.secrets().get(GetRequest.newBuilder().setName(name).build()).getVersionsList().stream()
                            .map(Version::getNumber)
                            .toList();
            assertThat(versions)
                    .as("every version that was said to be made, and no gap")
                    .containsAll(of(name))
                    .isEqualTo(
                            LongStream.rangeClosed(1, versions.size()).boxed().toList());
            assertThat(audit.stream()
                            .filter(entry -> Set.of("create", "rotate").contains(entry.getAction()))
                            .map(AuditEntry::getSubject)
                            .filter(subject -> subject.startsWith(name + "@")))
                    .as("each version once in the audit log")
                    .containsExactlyElementsOf(
                            versions.stream().map(number -> name + "@" + number).toList());
        }
        assertThat(audit.stream()
                        .filter(entry -> entry.getAction().equals("release"))
                        .count())
                .as("each release was noted before the secret left, and none that nobody asked for")
                .isBetween((long) released.get(), (long) releasesTried.get());
    }

    private static List<AuditEntry> audit(TrustServer member) {
        List<AuditEntry> entries = new ArrayList<>();
        while (true) {
            var page = member.secrets()
                    .readAudit(ReadAuditRequest.newBuilder()
                            .setAfter(entries.isEmpty() ? 0 : entries.getLast().getSequence())
                            .build());
            entries.addAll(page.getEntriesList());
            if (entries.isEmpty() || entries.getLast().getSequence() == page.getHeadSequence()) {
                return entries;
            }
        }
    }
}

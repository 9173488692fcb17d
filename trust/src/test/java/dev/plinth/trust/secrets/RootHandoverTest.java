package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.plinth.trust.RecordedAppraisal;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.attester.Simulation;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.secrets.door.grpc.RootKeysDoor;
import dev.plinth.wire.secrets.v1.BeginHandoverRequest;
import dev.plinth.wire.secrets.v1.RootKeysGrpc;
import dev.plinth.wire.secrets.v1.TakeRootRequest;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two servers with one journal's content, of whom one has the root key and the other wants it. */
@Timeout(120)
class RootHandoverTest {
    private static final ResourceName NAME = ResourceName.parse("bank/keys/ledger");
    private static final byte[] MESSAGE = "a message".getBytes(StandardCharsets.UTF_8);
    private static final byte[] GOOD = "what a server measures".getBytes(StandardCharsets.UTF_8);
    private static final byte[] CHANGED = "what another one measures".getBytes(StandardCharsets.UTF_8);
    private static final String CONDITION = "evidence == 'simulated' && claims['measurement'] == '"
            + java.util.HexFormat.of().formatHex(GOOD) + "'";
    private static final Set<String> WAIVERS = Set.of("simulated", "debug");

    @TempDir
    private Path folder;

    private final Simulation hardware = Simulation.make();

    /** When its certificates are good. */
    private final Instant now = Instant.now();

    private final SecureRandom random = new SecureRandom();
    private final List<Channel> toGiver = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private SecretsWorld giver;
    private ManagedChannel channel;
    private List<String> shares = List.of();

    private RootPeers peers(String condition, Set<String> waivers, byte[] measurement, List<Channel> others) {
        return new RootPeers(
                RootPeers.policy(condition, waivers),
                TrustAnchors.none().with(Vendor.SIMULATION, hardware.fingerprint()),
                List.of(),
                challenge -> proof(challenge, measurement),
                () -> others);
    }

    private AttestationEvidence proof(byte[] challenge, byte[] measurement) {
        return AttestationEvidence.newBuilder()
                .setSimulated(ByteString.copyFrom(hardware.statement(challenge, measurement)))
                .build();
    }

    private static Secrets.Options options(String self, RootPeers peers) {
        return Secrets.Options.of(new RootKeeper.Shared())
                .among(self, () -> Set.of("a", "b"))
                .givingOneAnother(peers);
    }

    /** Server a is unsealed, with one key, and the disk of b is a copy of its own. */
    @BeforeEach
    void start() throws IOException {
        var of = options("a", peers(CONDITION, WAIVERS, GOOD, List.of()));
        try (var world = SecretsWorld.open(folder.resolve("a"), of, now)) {
            shares = world.secrets.initialize(2, 3, "ann").join();
            world.secrets.generate(NAME, SecretAlgorithm.AES_256, false, "ann").join();
        }
        copy(folder.resolve("a"), folder.resolve("b"));
        giver = SecretsWorld.open(folder.resolve("a"), of, now);
        opened.add(giver);
        unseal(giver);
        var server = serve(giver);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .build();
        opened.add(channel::shutdownNow);
        toGiver.add(channel);
    }

    private Server serve(SecretsWorld world) throws IOException {
        var server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new RootKeysDoor(world.secrets.giving().orElseThrow(), world.workers))
                .build()
                .start();
        opened.add(server::shutdownNow);
        return server;
    }

    @AfterEach
    void stop() throws Exception {
        for (var one : opened.reversed()) {
            one.close();
        }
    }

    private void unseal(SecretsWorld world) {
        shares.subList(0, 2).forEach(share -> world.secrets.unseal(share, "ann").join());
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var all = Files.walk(from)) {
            for (var one : all.toList()) {
                var target = to.resolve(from.relativize(one).toString());
                if (Files.isDirectory(one)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(one, target);
                }
            }
        }
    }

    private SecretsWorld taker(RootPeers peers) throws IOException {
        var world = SecretsWorld.open(folder.resolve("b"), options("b", peers), now);
        opened.add(world);
        return world;
    }

    private static void awaitUnsealed(SecretsWorld world) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> !world.secrets.status().join().isSealed());
    }

    private static List<String> awaitRefusals(SecretsWorld world) {
        return await().atMost(Duration.ofSeconds(30))
                .until(() -> world.secrets.status().join().refusals(), refusals -> !refusals.isEmpty());
    }

    private static List<AuditEntry> audit(SecretsWorld world, String action) {
        return world.secrets.auditAfter(0, 1_000).join().stream()
                .filter(entry -> entry.action().equals(action))
                .toList();
    }

    private static RecordedAppraisal newest(SecretsWorld world) {
        return world.secrets.recorded().newest().getFirst();
    }

    private static String sealed(SecretsWorld world) {
        var problem = Secrets.cause(org.assertj.core.api.Assertions.catchThrowable(() ->
                world.secrets.encrypt(NAME, 0, MESSAGE, Optional.empty(), "ann").join()));
        assertThat(((SecretsProblem) problem).code()).isEqualTo(SecretsProblem.Code.SEALED);
        return String.valueOf(problem.getMessage());
    }

    @Test
    void who_proves_what_is_demanded_is_given_the_root_key_and_both_audit_logs_say_so() throws Exception {
        var encrypted = giver.secrets
                .encrypt(NAME, 0, MESSAGE, Optional.empty(), "ann")
                .join()
                .result();
        var taker = taker(peers(CONDITION, WAIVERS, GOOD, toGiver));
        awaitUnsealed(taker);
        assertThat(taker.secrets
                        .decrypt(NAME, 0, encrypted, Optional.empty(), "ann")
                        .join()
                        .result())
                .isEqualTo(MESSAGE);
        assertThat(taker.secrets.status().join().refusals()).isEmpty();
        assertThat(audit(giver, "give-root")).singleElement().satisfies(entry -> {
            assertThat(entry.actor()).isEqualTo("server/a");
            assertThat(entry.subject()).isEqualTo("root key 1");
            assertThat(entry.detail()).isEqualTo("to server b: evidence simulated, simulated");
        });
        await().atMost(Duration.ofSeconds(30))
                .until(() -> !audit(taker, "take-root").isEmpty());
        assertThat(audit(taker, "take-root").getFirst().detail())
                .isEqualTo("from server a: evidence simulated, simulated");
        assertThat(newest(giver)).satisfies(kept -> {
            assertThat(kept.granted()).isTrue();
            assertThat(kept.who()).isEqualTo("server b");
            assertThat(kept.by()).isEqualTo("policy secrets.peers@1");
        });
        assertThat(newest(taker).who()).isEqualTo("server a");
    }

    @Test
    void a_server_that_measures_something_else_is_refused_with_the_reason_and_stays_sealed() throws Exception {
        var taker = taker(peers(CONDITION, WAIVERS, CHANGED, toGiver));
        assertThat(awaitRefusals(taker))
                .singleElement()
                .asString()
                .contains("root key 1: server b is not what it has to be: secrets.peers@1: ");
        sealed(taker);
        assertThat(audit(giver, "give-root")).isEmpty();
        assertThat(audit(giver, "refuse").getFirst().detail()).contains("server b is not what it has to be");
        assertThat(newest(giver).granted()).isFalse();
    }

    @Test
    void no_root_key_is_taken_from_a_server_that_measures_something_else() throws Exception {
        var otherwise = CONDITION.replace(
                java.util.HexFormat.of().formatHex(GOOD),
                java.util.HexFormat.of().formatHex(CHANGED));
        var taker = taker(peers(otherwise, WAIVERS, CHANGED, toGiver));
        assertThat(awaitRefusals(taker)).singleElement().asString().contains("server a is not what it has to be");
        sealed(taker);
        assertThat(audit(taker, "refuse").getFirst().detail()).contains("server a is not what it has to be");
        // It was told nothing of the one who asked.
        assertThat(giver.secrets.recorded().newest()).isEmpty();
        assertThat(audit(giver, "give-root")).isEmpty();
    }

    @Test
    void evidence_of_no_hardware_suffices_only_where_the_policy_names_it() throws Exception {
        var taker = taker(peers(CONDITION, Set.of(), GOOD, toGiver));
        assertThat(awaitRefusals(taker)).singleElement().asString().contains("EXCUSABLE simulation.hardware");
        sealed(taker);
    }

    @Test
    void who_has_nothing_to_give_is_asked_until_operators_have_unsealed_it() throws Exception {
        giver.secrets.seal("ann").join();
        var taker = taker(peers(CONDITION, WAIVERS, GOOD, toGiver));
        assertThat(awaitRefusals(taker)).containsExactly("this server does not have root key 1");
        unseal(giver);
        awaitUnsealed(taker);
    }

    @Test
    void who_was_sealed_by_hand_asks_nobody() throws Exception {
        var taker = taker(peers(CONDITION, WAIVERS, GOOD, toGiver));
        awaitUnsealed(taker);
        taker.secrets.seal("ann").join();
        var given = audit(giver, "give-root").size();
        // Whatever is told of root keys from now on is followed.
        giver.secrets.rotateRoot(2, 3, "ann").join();
        taker.secrets.note("a", "b", "c", "ann").join();
        assertThat(taker.secrets.status().join().isSealed()).isTrue();
        assertThat(audit(giver, "give-root")).hasSize(given);
    }

    /** As the one who asks, by hand. */
    private final class ByHand {
        final java.security.KeyPair keys = HandoverTerms.makeKeys();
        final HandoverTerms.Side own;
        final RootKeysGrpc.RootKeysBlockingStub stub = RootKeysGrpc.newBlockingStub(channel);
        HandoverTerms terms;
        ByteString id = ByteString.EMPTY;

        ByHand(String name) {
            own = HandoverTerms.Side.of(name, keys, random);
            terms = new HandoverTerms(1, own, own);
        }

        ByHand begin() {
            var begun = stub.begin(BeginHandoverRequest.newBuilder()
                    .setServer(own.server())
                    .setRoot(1)
                    .setNonce(own.nonce())
                    .setKey(own.key())
                    .build());
            id = begun.getHandover();
            terms = new HandoverTerms(
                    1, own, new HandoverTerms.Side(begun.getServer(), begun.getNonce(), begun.getKey()));
            return this;
        }

        ByteString take(byte[] challenge) {
            return stub.take(TakeRootRequest.newBuilder()
                            .setHandover(id)
                            .setEvidence(proof(challenge, GOOD))
                            .build())
                    .getSealed();
        }
    }

    private static void refused(Status.Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        problem -> assertThat(problem.getStatus().getCode()).isEqualTo(code));
    }

    @Test
    void what_was_begun_is_answered_once_and_only_to_evidence_of_this_handover_and_this_side() {
        var one = new ByHand("b").begin();
        var other = new ByHand("b").begin();
        refused(Status.Code.PERMISSION_DENIED, () -> one.take(other.terms.takersChallenge()));
        // A second try begins anew.
        refused(Status.Code.NOT_FOUND, () -> one.take(one.terms.takersChallenge()));
        // What the giver said of itself is no evidence of the one who asks.
        refused(Status.Code.PERMISSION_DENIED, () -> other.take(other.terms.giversChallenge()));

        var third = new ByHand("b").begin();
        var sealed = third.take(third.terms.takersChallenge());
        assertThat(third.terms.open(third.keys.getPrivate(), sealed)).hasSize(Envelope.KEY_BYTES);
        refused(Status.Code.NOT_FOUND, () -> third.take(third.terms.takersChallenge()));
        // Nor can anybody else open it, who has seen all that was said.
        assertThatThrownBy(() -> third.terms.open(one.keys.getPrivate(), sealed))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_stranger_and_a_question_that_cannot_be_are_turned_away() {
        refused(Status.Code.PERMISSION_DENIED, () -> new ByHand("stranger").begin());
        var one = new ByHand("b");
        var request = BeginHandoverRequest.newBuilder()
                .setServer("b")
                .setRoot(1)
                .setNonce(one.own.nonce())
                .setKey(one.own.key())
                .build();
        refused(
                Status.Code.INVALID_ARGUMENT,
                () -> one.stub.begin(
                        request.toBuilder().setNonce(ByteString.EMPTY).build()));
        refused(
                Status.Code.FAILED_PRECONDITION,
                () -> one.stub.begin(request.toBuilder().setRoot(2).build()));
        // Noticed before anything is noted as given.
        refused(
                Status.Code.INVALID_ARGUMENT,
                () -> one.stub.begin(request.toBuilder()
                        .setKey(ByteString.copyFromUtf8("no key"))
                        .build()));
    }

    @Test
    void the_next_root_key_is_given_to_the_others_when_operators_have_brought_it_to_one() throws Exception {
        // Both begin the same rotation: the journal's content is copied once more, with the rotation in it.
        var next = giver.secrets.rotateRoot(2, 3, "ann").join();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> giver.secrets.status().join().rotation().isPresent());
        next.subList(0, 2).forEach(share -> giver.secrets.unseal(share, "ann").join());
        copy(folder.resolve("a"), folder.resolve("c"));
        var world = SecretsWorld.open(folder.resolve("c"), options("b", peers(CONDITION, WAIVERS, GOOD, toGiver)), now);
        opened.add(world);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> world.secrets.status().join().root() == 2);
        awaitUnsealed(world);
        assertThat(audit(giver, "give-root"))
                .extracting(AuditEntry::subject)
                .containsExactlyInAnyOrder("root key 1", "root key 2");
    }
}

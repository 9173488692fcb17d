package dev.plinth.trust;

import static dev.plinth.trust.Cases.holds;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Quotes of an imitated TPM, and logs that explain its registers, or do not. */
class ImitatedTpmTest {
    private static DynamicTest refused(String name, String check, Supplier<TpmWorld> world, Consumer<TpmWorld> change) {
        return Cases.refused(name, check, () -> changed(world.get(), change).appraise());
    }

    private static DynamicTest refused(String name, String check, Consumer<TpmWorld> change) {
        return refused(name, check, TpmWorld::new, change);
    }

    private static TpmWorld changed(TpmWorld world, Consumer<TpmWorld> change) {
        change.accept(world);
        return world;
    }

    @Test
    void quotes_with_every_signature_scheme_hold() {
        holds(new TpmWorld().appraise());
        holds(changed(new TpmWorld(), world -> world.scheme = 0x16).appraise());
        holds(TpmWorld.ec().appraise());
    }

    @Test
    void a_measured_boot_holds_and_its_logs_say_what_was_started() {
        var result = TpmWorld.booted().appraise();

        holds(result);
        assertThat(result.claims())
                .containsEntry("boot.secure-boot", true)
                .containsEntry("boot.events", 4L)
                .containsEntry(
                        "ima.files",
                        List.of(
                                "sha256:" + "01".repeat(32) + " /usr/bin/one",
                                "sha256:" + "02".repeat(32) + " /usr/bin/two"));
    }

    @Test
    void a_key_with_a_certificate_holds_under_a_pinned_authority_of_tpms() {
        var authority = TestAuthority.root("CN=TPM maker,O=Imitation", "secp256r1");
        var world = TpmWorld.ec();
        world.vouched = false;
        var leaf = authority.leaf("CN=AK", world.keys.getPublic(), Map.of());
        world.certificates = List.of(AmdWorld.der(leaf), AmdWorld.der(authority.certificate()));
        Cases.refuses("tpm.key.root", world.appraise());

        world.anchors = TrustAnchors.none().with(Vendor.TPM, authority.certificate());
        holds(world.appraise());

        var other = authority.leaf("CN=AK", TestAuthority.ec("secp256r1").getPublic(), Map.of());
        world.certificates = List.of(AmdWorld.der(other), AmdWorld.der(authority.certificate()));
        Cases.refuses("tpm.key.certified", world.appraise());
    }

    @TestFactory
    Stream<DynamicTest> quotes() {
        return Stream.of(
                refused("a_key_that_nobody_vouches_for", "tpm.key.vouched", world -> world.vouched = false),
                Cases.refused("the_quote_was_changed_after_it_was_signed", "tpm.quote.signature", () -> {
                    var world = new TpmWorld();
                    var message = world.message();
                    var signature = world.signature(message);
                    message[message.length - 1] ^= 1;
                    return world.appraise(message, signature);
                }),
                refused(
                        "the_signature_was_changed",
                        "tpm.quote.signature",
                        world -> world.signature = bytes -> {
                            bytes[40] ^= 1;
                            return bytes;
                        }),
                refused(
                        "an_ec_signature_was_changed",
                        "tpm.quote.signature",
                        TpmWorld::ec,
                        world -> world.signature = bytes -> {
                            bytes[10] ^= 1;
                            return bytes;
                        }),
                refused(
                        "another_nonce",
                        "tpm.challenge",
                        world -> world.extraData = "another nonce".getBytes(StandardCharsets.US_ASCII)),
                refused(
                        "a_nonce_with_zeros_after_it",
                        "tpm.challenge",
                        world -> world.extraData = Arrays.copyOf(world.challenge, 32)),
                Cases.refused("a_replay_to_the_next_challenge", "tpm.challenge", () -> {
                    var world = new TpmWorld();
                    var message = world.message();
                    var signature = world.signature(message);
                    holds(world.appraise(message, signature));
                    world.challenge = world.challenge.clone();
                    world.challenge[0]++;
                    return world.appraise(message, signature);
                }),
                Cases.refused("a_register_was_changed", "tpm.registers.digest", () -> {
                    var world = new TpmWorld();
                    var message = world.message();
                    var signature = world.signature(message);
                    world.registers.put(4, Bytes.of("pcr", AmdWorld.bytes(32, 9)));
                    return world.appraise(message, signature);
                }),
                Cases.refused("a_register_is_missing", "tpm.registers", () -> {
                    var world = new TpmWorld();
                    var message = world.message();
                    var signature = world.signature(message);
                    world.registers.remove(4);
                    return world.appraise(message, signature);
                }),
                refused("no_register_is_quoted", "tpm.registers", world -> world.quoted = List.of()));
    }

    @TestFactory
    Stream<DynamicTest> logs() {
        return Stream.of(
                refused(
                        "a_measured_byte_of_the_firmware_was_changed",
                        "tpm.event-log",
                        TpmWorld::booted,
                        world -> world.eventLog = Optional.of(TpmWorld.log(List.of(
                                TpmWorld.event(0, 8, "firmware 1.1"),
                                TpmWorld.secureBoot(true),
                                TpmWorld.event(4, 0x8000_0003L, "loader"),
                                TpmWorld.event(7, 4, "\0\0\0\0"))))),
                refused(
                        "an_event_was_left_out",
                        "tpm.event-log",
                        TpmWorld::booted,
                        world -> world.eventLog = Optional.of(TpmWorld.log(List.of(
                                TpmWorld.event(0, 8, "firmware 1.0"),
                                TpmWorld.secureBoot(true),
                                TpmWorld.event(7, 4, "\0\0\0\0"),
                                TpmWorld.event(4, 0x8000_0003L, "other"))))),
                refused(
                        "two_events_in_another_order",
                        "tpm.event-log",
                        TpmWorld::booted,
                        world -> world.eventLog = Optional.of(TpmWorld.log(List.of(
                                TpmWorld.event(0, 8, "firmware 1.0"),
                                TpmWorld.event(7, 4, "\0\0\0\0"),
                                TpmWorld.secureBoot(true),
                                TpmWorld.event(4, 0x8000_0003L, "loader"))))),
                refused(
                        "a_log_of_registers_that_are_not_quoted",
                        "tpm.event-log",
                        TpmWorld::booted,
                        world -> world.quoted = List.of(0, 10)),
                refused(
                        "a_file_that_ima_did_not_list",
                        "tpm.ima",
                        TpmWorld::booted,
                        world -> world.imaLog =
                                Optional.of(Bytes.of("ima", TpmWorld.imaEntry("/usr/bin/one", 1, false)))),
                refused(
                        "a_file_whose_digest_was_changed",
                        "tpm.ima",
                        TpmWorld::booted,
                        world -> world.imaLog = Optional.of(Bytes.of(
                                "ima",
                                new Out()
                                        .put(TpmWorld.imaEntry("/usr/bin/one", 1, false))
                                        .put(TpmWorld.imaEntry("/usr/bin/two", 3, false))
                                        .bytes()))),
                refused(
                        "an_ima_list_without_its_register",
                        "tpm.ima",
                        TpmWorld::booted,
                        world -> world.quoted = List.of(0, 4, 7)),
                refused("a_file_that_ima_measured_elsewhere", "tpm.ima.register", TpmWorld::booted, world -> {
                    var stray = TpmWorld.imaEntry("/usr/bin/three", 3, false);
                    stray[0] = 11;
                    world.imaLog = Optional.of(Bytes.of(
                            "ima",
                            new Out()
                                    .put(world.imaLog.orElseThrow().copy())
                                    .put(stray)
                                    .bytes()));
                }),
                refused(
                        "a_file_that_was_written_while_it_was_measured",
                        "tpm.ima.violations",
                        TpmWorld::booted,
                        world -> {
                            world.imaLog = Optional.of(Bytes.of("ima", TpmWorld.imaEntry("/etc/one", 1, true)));
                            world.registers.put(
                                    10, ImaLog.parse(world.imaLog.get()).replay(TpmAlgorithm.SHA256, 10));
                        }));
    }

    /** Whoever runs later may extend a register with anything, and write any log; not the firmware's register before the firmware. */
    @Test
    void an_event_of_secure_boot_counts_in_the_firmwares_register_alone() {
        var log = EventLog.parse(TpmWorld.log(List.of(TpmWorld.secureBoot(false), TpmWorld.secureBoot(true))));

        assertThat(log.secureBoot(TpmAlgorithm.SHA256, 7)).contains(false);
        assertThat(log.secureBoot(TpmAlgorithm.SHA256, 4)).isEmpty();
    }

    @Test
    void a_log_that_does_not_replay_says_nothing_about_secure_boot() {
        var world = TpmWorld.booted();
        world.registers.put(7, Bytes.of("pcr", new byte[32]));

        assertThat(world.appraise().claims()).doesNotContainKey("boot.secure-boot");
    }

    @Test
    void a_start_at_another_locality_begins_register_0_with_it() {
        var locality = new Out()
                .put("StartupLocality\0".getBytes(StandardCharsets.US_ASCII))
                .u8(3)
                .bytes();
        var log = EventLog.parse(TpmWorld.log(List.of(TpmWorld.event(0, 3, locality), TpmWorld.event(0, 8, "one"))));
        var start = new byte[32];
        start[31] = 3;

        assertThat(log.replay(TpmAlgorithm.SHA256).get(0).copy())
                .isEqualTo(Signatures.digest(
                        "SHA-256", start, Signatures.digest("SHA-256", "one".getBytes(StandardCharsets.US_ASCII))));
    }

    @TestFactory
    Stream<DynamicTest> structures() {
        return Stream.of(
                refused("another_magic", "tpm.structure", world -> world.message = set(0, 0)),
                refused("another_attestation_than_a_quote", "tpm.structure", world -> world.message = set(5, 0x17)),
                refused("a_signer_longer_than_the_quote", "tpm.structure", world -> world.message = set(6, 0xff)),
                refused("seventeen_banks", "tpm.structure", world -> world.message = set(12 + 2 + 24 + 25 + 3, 17)),
                refused("a_bank_of_sha1", "tpm.structure", world -> world.message = set(12 + 2 + 24 + 25 + 5, 4)),
                refused(
                        "something_after_the_quote",
                        "tpm.structure",
                        world -> world.message = bytes -> Arrays.copyOf(bytes, bytes.length + 1)),
                refused("a_signature_with_sha1", "tpm.structure", world -> world.hash = 4),
                refused("an_unknown_signature_scheme", "tpm.structure", world -> world.signature = set(1, 0x1a)),
                refused(
                        "something_after_the_signature",
                        "tpm.structure",
                        world -> world.signature = bytes -> Arrays.copyOf(bytes, bytes.length + 1)),
                refused(
                        "a_log_of_the_old_form",
                        "tpm.structure",
                        TpmWorld::booted,
                        world -> world.eventLog = Optional.of(Bytes.of("log", new byte[64]))),
                refused(
                        "a_log_that_is_cut_off",
                        "tpm.structure",
                        TpmWorld::booted,
                        world -> world.eventLog = world.eventLog.map(log -> log.slice(0, log.length() - 1))),
                refused(
                        "an_ima_list_that_is_cut_off",
                        "tpm.structure",
                        TpmWorld::booted,
                        world -> world.imaLog = world.imaLog.map(log -> log.slice(0, log.length() - 1))));
    }

    @Test
    void each_changed_byte_of_quote_and_signature_is_noticed() {
        var world = TpmWorld.booted();
        var message = world.message();
        var signature = world.signature(message);
        Cases.each_changed_byte_is_refused(message, 0, message.length, bytes -> world.appraise(bytes, signature));
        Cases.each_changed_byte_is_refused(signature, 0, signature.length, bytes -> world.appraise(message, bytes));
    }

    @Test
    void violations_hold_only_if_they_are_named() {
        var world = TpmWorld.booted();
        world.imaLog = Optional.of(Bytes.of("ima", TpmWorld.imaEntry("/etc/one", 1, true)));
        world.registers.put(10, ImaLog.parse(world.imaLog.get()).replay(TpmAlgorithm.SHA256, 10));

        assertThat(world.appraise().holds(Set.of("ima-violations"))).isTrue();
    }

    private static java.util.function.UnaryOperator<byte[]> set(int at, int value) {
        return bytes -> {
            bytes[at] = (byte) value;
            return bytes;
        };
    }
}

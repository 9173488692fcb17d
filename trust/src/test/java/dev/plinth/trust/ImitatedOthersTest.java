package dev.plinth.trust;

import static dev.plinth.trust.Cases.holds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Imitated GPUs, realms and Hygon processors, simulations of hardware, and composites of several. */
class ImitatedOthersTest {
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    private static final byte[] NONCE = AmdWorld.bytes(32, 0x42);

    /** A GPU of an imitated NVIDIA. */
    private static final class Gpu {
        private static final TestAuthority ROOT =
                TestAuthority.root("CN=NVIDIA Device Identity CA,O=Imitation", "secp384r1");
        private static final KeyPair KEYS = TestAuthority.ec("secp384r1");
        KeyPair inCertificate = KEYS;
        int fwidInCertificate = 5;
        int blockSize = 48;
        int count = 3;
        Consumer<byte[]> signed = bytes -> {};
        java.util.function.UnaryOperator<byte[]> report = bytes -> bytes;

        AttestationResult appraise() {
            var record = new Out();
            for (var i = 1; i <= 3; i++) {
                record.u8(i).u8(1).u16(51).u8(1).u16(blockSize).put(AmdWorld.bytes(48, i));
            }
            var fwid = AmdWorld.bytes(48, 5);
            var opaque = new Out()
                    .u16(3)
                    .u16(4)
                    .put("1.0\0".getBytes(StandardCharsets.US_ASCII))
                    .u16(20)
                    .u16(48)
                    .put(fwid);
            var body = new Out()
                    .put(new byte[] {0x11, (byte) 0xe0, 1, (byte) 0xff})
                    .put(NONCE)
                    .u8(0)
                    .put(new byte[] {0x11, 0x60, 0, 0})
                    .u8(count)
                    .u16(record.size())
                    .u8(0)
                    .put(record.bytes())
                    .zeros(32)
                    .u16(opaque.size())
                    .put(opaque.bytes())
                    .bytes();
            var signature = TestAuthority.sign(Signatures.ES384, KEYS, body);
            signed.accept(body);
            var leaf = ROOT.leaf(
                    "CN=GPU",
                    inCertificate.getPublic(),
                    Map.of("2.23.133.5.4.1", AmdWorld.bytes(48, fwidInCertificate)));
            return new Appraiser(TrustAnchors.none().with(Vendor.NVIDIA, ROOT.certificate()), new CollateralStore())
                    .appraise(
                            new Evidence.GpuReport(
                                    Bytes.of(
                                            "report",
                                            report.apply(new Out()
                                                    .put(body)
                                                    .put(signature)
                                                    .bytes())),
                                    Bytes.of(
                                            "chain",
                                            TestAuthority.pem(leaf, ROOT.certificate())
                                                    .getBytes(StandardCharsets.US_ASCII))),
                            Challenge.of(NONCE),
                            NOW);
        }
    }

    private static DynamicTest gpu(String name, String check, Consumer<Gpu> change) {
        return Cases.refused(name, check, () -> {
            var gpu = new Gpu();
            change.accept(gpu);
            return gpu.appraise();
        });
    }

    @TestFactory
    Stream<DynamicTest> gpus() {
        return Stream.of(
                Cases.held("an_imitated_gpu_holds", () -> new Gpu().appraise()),
                gpu(
                        "a_measurement_was_changed_after_it_was_signed",
                        "nvidia.report.signature",
                        gpu -> gpu.signed = bytes -> bytes[60] ^= 1),
                gpu(
                        "a_gpus_certificate_belongs_to_another_key",
                        "nvidia.report.signature",
                        gpu -> gpu.inCertificate = TestAuthority.ec("secp384r1")),
                gpu("a_certificate_that_was_made_for_other_firmware", "nvidia.fwid", gpu -> gpu.fwidInCertificate = 6),
                gpu("a_measurement_whose_length_lies", "nvidia-gpu.structure", gpu -> gpu.blockSize = 47),
                gpu("more_measurements_than_there_are", "nvidia-gpu.structure", gpu -> gpu.count = 4),
                gpu("fewer_measurements_than_there_are", "nvidia-gpu.structure", gpu -> gpu.count = 2),
                gpu(
                        "a_gpus_report_that_is_cut_off",
                        "nvidia-gpu.structure",
                        gpu -> gpu.report = bytes -> Arrays.copyOf(bytes, bytes.length - 1)));
    }

    /** A realm on an imitated Arm platform. */
    private static final class Realm {
        private static final KeyPair PLATFORM = TestAuthority.ec("secp384r1");
        private static final KeyPair REALM = TestAuthority.ec("secp384r1");
        KeyPair platformKeys = PLATFORM;
        KeyPair realmKeys = REALM;
        int lifecycle = 0x3003;
        boolean bound = true;
        int measurements = 4;
        boolean coseKey;

        AttestationResult appraise() {
            var point = IntelWorld.point(REALM, 48);
            var key = coseKey
                    ? new CborOut()
                            .map(4)
                            .number(1)
                            .number(2)
                            .number(-1)
                            .number(2)
                            .number(-2)
                            .bytes(Arrays.copyOf(point, 48))
                            .number(-3)
                            .bytes(Arrays.copyOfRange(point, 48, 96))
                            .written()
                    : new Out().u8(4).put(point).bytes();
            var challenge = bound ? Signatures.digest("SHA-256", key) : new byte[32];
            var instance = AmdWorld.bytes(33, 1);
            var platform = new CborOut()
                    .map(7)
                    .number(10)
                    .bytes(challenge)
                    .number(256)
                    .bytes(instance)
                    .number(265)
                    .text("profile")
                    .number(2395)
                    .number(lifecycle)
                    .number(2396)
                    .bytes(AmdWorld.bytes(32, 2))
                    .number(2399)
                    .array(0)
                    .number(2401)
                    .bytes(new byte[4]);
            var realm = new CborOut()
                    .map(6)
                    .number(10)
                    .bytes(Arrays.copyOf(NONCE, 64))
                    .number(44235)
                    .bytes(new byte[64])
                    .number(44237)
                    .bytes(key)
                    .number(44238)
                    .bytes(AmdWorld.bytes(32, 3))
                    .number(44239)
                    .array(measurements);
            for (var i = 0; i < measurements; i++) {
                realm.bytes(new byte[32]);
            }
            realm.number(44240).text("sha-256");
            var token = new CborOut()
                    .tag(399)
                    .map(2)
                    .number(44234)
                    .bytes(CborOut.sign1(-35, Signatures.ES384, platformKeys, platform.written()))
                    .number(44241)
                    .bytes(CborOut.sign1(-35, Signatures.ES384, realmKeys, realm.written()));
            var store = new CollateralStore();
            store.put(new Endorsement.PlatformKey(
                    Vendor.ARM, Bytes.of("", instance).hex(), PLATFORM.getPublic(), "platform"));
            return new Appraiser(TrustAnchors.none(), store)
                    .appraise(new Evidence.CcaToken(Bytes.of("token", token.written())), Challenge.of(NONCE), NOW);
        }
    }

    private static DynamicTest realm(String name, String check, Consumer<Realm> change) {
        return Cases.refused(name, check, () -> {
            var realm = new Realm();
            change.accept(realm);
            return realm.appraise();
        });
    }

    @TestFactory
    Stream<DynamicTest> realms() {
        return Stream.of(
                Cases.held("an_imitated_realm_holds", () -> new Realm().appraise()),
                Cases.held("a_realm_whose_key_is_a_cose_key_holds", () -> {
                    var realm = new Realm();
                    realm.coseKey = true;
                    return realm.appraise();
                }),
                realm(
                        "a_platform_that_another_key_signed",
                        "cca.platform.signature",
                        realm -> realm.platformKeys = TestAuthority.ec("secp384r1")),
                realm(
                        "a_realm_that_another_key_signed",
                        "cca.realm.signature",
                        realm -> realm.realmKeys = TestAuthority.ec("secp384r1")),
                realm("a_platform_that_does_not_know_the_realms_key", "cca.binding", realm -> realm.bound = false),
                realm("a_platform_under_debug", "cca.lifecycle", realm -> realm.lifecycle = 0x4001),
                realm("a_platform_that_is_not_secured", "cca.lifecycle", realm -> realm.lifecycle = 0x2001),
                realm("a_realm_with_three_measurements", "cca.structure", realm -> realm.measurements = 3));
    }

    @Test
    void a_platform_under_debug_holds_only_if_it_is_named() {
        var realm = new Realm();
        realm.lifecycle = 0x4001;
        assertThat(realm.appraise().holds(Set.of("debug"))).isTrue();
        realm.lifecycle = 0x6001;
        assertThat(realm.appraise().holds(Set.of("debug"))).isFalse();
    }

    static final TestAuthority SIMULATION = TestAuthority.root("CN=Simulation", "secp256r1");

    static Evidence simulated(byte[] challenge) {
        var keys = TestAuthority.ec("secp256r1");
        var payload = new CborOut()
                .map(3)
                .text("chain")
                .array(2)
                .bytes(NitroWorld.encoded(SIMULATION.leaf("CN=none", keys.getPublic(), Map.of())))
                .bytes(NitroWorld.encoded(SIMULATION.certificate()))
                .text("challenge")
                .bytes(challenge)
                .text("measurement")
                .bytes(AmdWorld.bytes(32, 7));
        return new Evidence.Simulated(
                Bytes.of("statement", CborOut.sign1(-7, Signatures.ES256, keys, payload.written())));
    }

    @Test
    void a_simulation_is_trusted_by_nobody_and_holds_only_if_it_is_named() {
        var evidence = simulated(NONCE);
        Cases.refuses(
                "simulation.chain.root",
                new Appraiser(TrustAnchors.ofVendors(), new CollateralStore())
                        .appraise(evidence, Challenge.of(NONCE), NOW));

        var named = new Appraiser(
                        TrustAnchors.ofVendors().with(Vendor.SIMULATION, SIMULATION.certificate()),
                        new CollateralStore())
                .appraise(evidence, Challenge.of(NONCE), NOW);
        Cases.refuses("simulation.hardware", named);
        assertThat(named.claims()).containsEntry("simulated", true);
        assertThat(named.holds(Set.of("debug"))).isFalse();
        assertThat(named.holds(Set.of("simulated"))).isTrue();
    }

    @Test
    void a_simulations_root_is_no_root_of_any_vendor() {
        var gpu = new Gpu();
        var anchors = TrustAnchors.none().with(Vendor.SIMULATION, Gpu.ROOT.certificate());
        assertThat(anchors.trusts(Vendor.NVIDIA, TrustAnchors.fingerprint(Gpu.ROOT.certificate())))
                .isFalse();
        holds(gpu.appraise());
    }

    @Test
    void a_composite_holds_if_all_its_parts_do() {
        var amd = new AmdWorld();
        amd.challenge = NONCE;
        var anchors = AmdWorld.anchors().with(Vendor.SIMULATION, SIMULATION.certificate());
        var appraiser = new Appraiser(anchors, new CollateralStore());
        var vm = amd.evidence(amd.report());

        holds(appraiser.appraise(new Evidence.Composite(Map.of("vm", vm)), Challenge.of(NONCE), NOW));
        var both = new Evidence.Composite(Map.of("vm", vm, "device", simulated(NONCE)));
        var result = appraiser.appraise(both, Challenge.of(NONCE), NOW);
        Cases.refuses("simulation.hardware", result);
        assertThat(result.waiversNeeded()).containsExactly("simulated");
        var stale = new Evidence.Composite(Map.of("vm", vm, "device", simulated(new byte[32])));
        Cases.refuses("simulation.challenge", appraiser.appraise(stale, Challenge.of(NONCE), NOW));
    }

    @Test
    void a_composite_has_parts_and_no_composite_among_them() {
        assertThatThrownBy(() -> new Evidence.Composite(Map.of())).hasMessageContaining("expected 1 to 32");
        var inner = new Evidence.Composite(Map.of("one", simulated(NONCE)));
        assertThatThrownBy(() -> new Evidence.Composite(Map.of("outer", inner)))
                .hasMessageContaining("no composite within a composite");
    }

    @TestFactory
    Stream<DynamicTest> hygon() {
        return Stream.of(
                Cases.held("an_imitated_hygon_report_holds_up_to_its_root", () -> new HygonWorld().appraise()),
                hygon("a_hygon_root_that_nobody_pinned", "hygon.chain.root", world -> world.anchored = false),
                hygon(
                        "an_hsk_that_the_root_did_not_sign",
                        "hygon.chain.hsk",
                        world -> world.hskSigner = new HygonWorld.Key()),
                hygon(
                        "a_cek_that_the_hsk_did_not_sign",
                        "hygon.chain.cek",
                        world -> world.cekSigner = new HygonWorld.Key()),
                hygon(
                        "a_pek_that_the_cek_did_not_sign",
                        "hygon.chain.pek",
                        world -> world.pekSigner = new HygonWorld.Key()),
                hygon(
                        "a_hygon_measurement_changed_after_it_was_signed",
                        "hygon.report.signature",
                        world -> world.report = bytes -> bytes[150] ^= 1),
                hygon("another_chips_number", "hygon.chain", world -> world.report = bytes -> bytes[2420] ^= 1),
                hygon("another_nonce_in_a_hygon_report", "hygon.challenge", world -> world.userData = new byte[64]),
                hygon("a_guest_that_may_be_debugged", "hygon.debug", world -> world.policy = 0),
                hygon("no_chain_for_the_chip", "hygon.chain", world -> world.withAuthorities = false),
                hygon(
                        "something_after_a_hygon_report",
                        "csv.structure",
                        world -> world.report = bytes -> bytes[4000] = 1));
    }

    private static DynamicTest hygon(String name, String check, Consumer<HygonWorld> change) {
        return Cases.refused(name, check, () -> {
            var world = new HygonWorld();
            change.accept(world);
            return world.appraise();
        });
    }
}

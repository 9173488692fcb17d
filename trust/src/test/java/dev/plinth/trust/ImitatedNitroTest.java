package dev.plinth.trust;

import static dev.plinth.trust.Cases.holds;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Documents of an imitated Nitro hypervisor: everything that can be wrong with one, one at a time. */
class ImitatedNitroTest {
    private static DynamicTest refused(String name, String check, Consumer<NitroWorld> change) {
        return Cases.refused(name, check, () -> {
            var world = new NitroWorld();
            change.accept(world);
            return world.appraise();
        });
    }

    @Test
    void a_document_holds_with_and_without_the_tag_of_its_type() {
        holds(new NitroWorld().appraise());
        var tagged = new NitroWorld();
        tagged.document = bytes -> new CborOut().tag(18).raw(bytes).written();
        holds(tagged.appraise());
    }

    @TestFactory
    Stream<DynamicTest> signatures_and_chains() {
        var stranger = TestAuthority.root("CN=aws.nitro-enclaves,O=Imitation", "secp384r1");
        return Stream.of(
                refused(
                        "the_certificate_belongs_to_another_key",
                        "nitro.signature",
                        world -> world.keyInCertificate = TestAuthority.ec("secp384r1")),
                refused("the_algorithm_is_of_another_curve", "nitro.signature", world -> {
                    world.algorithm = -7;
                    world.algorithmName = Signatures.ES384;
                }),
                refused("another_root_of_the_same_name", "nitro.chain.root", world -> {
                    world.issuer = stranger;
                    world.bundle = List.of(stranger.certificate());
                }),
                refused(
                        "a_bundle_without_its_root",
                        "nitro.chain.root",
                        world -> world.bundle =
                                List.of(NitroWorld.ZONE.certificate(), NitroWorld.INSTANCE.certificate())),
                refused(
                        "a_bundle_in_the_wrong_order",
                        "nitro.chain.issuer",
                        world -> world.bundle = List.of(
                                NitroWorld.INSTANCE.certificate(),
                                NitroWorld.ZONE.certificate(),
                                NitroWorld.ROOT.certificate())),
                refused("a_bundle_of_nothing", "nitro.structure", world -> world.bundle = List.of()),
                refused(
                        "the_certificate_has_expired",
                        "nitro.chain.validity",
                        world -> world.to = NitroWorld.NOW.minusSeconds(1)),
                refused(
                        "the_certificate_is_not_valid_yet",
                        "nitro.chain.validity",
                        world -> world.from = NitroWorld.NOW.plusSeconds(1)),
                refused("a_certificate_of_a_leaf", "nitro.chain.authority", world -> {
                    var leafKeys = TestAuthority.ec("secp384r1");
                    var leaf =
                            NitroWorld.INSTANCE.leaf("CN=leaf,O=Imitation", leafKeys.getPublic(), java.util.Map.of());
                    world.issuer = new TestAuthority(leafKeys, leaf, "SHA384withECDSA");
                    world.bundle = List.of(
                            NitroWorld.ROOT.certificate(),
                            NitroWorld.ZONE.certificate(),
                            NitroWorld.INSTANCE.certificate(),
                            leaf);
                }));
    }

    @TestFactory
    Stream<DynamicTest> contents() {
        return Stream.of(
                refused("an_enclave_under_debug", "nitro.debug", world -> world.pcr0 = new byte[48]),
                refused(
                        "another_nonce",
                        "nitro.challenge",
                        world -> world.challenge = "another nonce of one time".getBytes(StandardCharsets.US_ASCII)),
                refused(
                        "a_prefix_of_the_nonce",
                        "nitro.challenge",
                        world -> world.challenge = Arrays.copyOf(world.nonce, 8)),
                refused(
                        "a_nonce_with_zeros_after_it",
                        "nitro.challenge",
                        world -> world.nonce = Arrays.copyOf(world.nonce, 32)),
                refused("no_nonce", "nitro.challenge", world -> world.nonce = new byte[0]),
                refused("a_document_from_the_future", "nitro.timestamp", world -> world.timestamp += 600_000),
                refused("another_digest", "nitro.digest", world -> world.digest = "SHA256"));
    }

    @Test
    void debug_holds_only_if_it_is_named() {
        var world = new NitroWorld();
        world.pcr0 = new byte[48];

        assertThat(world.appraise().holds(Set.of("debug"))).isTrue();
        assertThat(world.appraise().holds(Set.of("simulated"))).isFalse();
    }

    @TestFactory
    Stream<DynamicTest> structures() {
        return Stream.of(
                refused("a_pcr_of_32_bytes", "nitro.structure", world -> world.pcrLength = 32),
                refused("33_pcrs", "nitro.structure", world -> world.pcrCount = 33),
                refused("no_pcr_at_all", "nitro.structure", world -> world.pcrCount = 0),
                refused(
                        "another_tag",
                        "nitro.structure",
                        world -> world.document =
                                bytes -> new CborOut().tag(17).raw(bytes).written()),
                refused(
                        "something_after_the_document",
                        "nitro.structure",
                        world -> world.document = bytes -> Arrays.copyOf(bytes, bytes.length + 1)),
                refused(
                        "something_after_the_payload",
                        "nitro.structure",
                        world -> world.payload = bytes -> Arrays.copyOf(bytes, bytes.length + 1)),
                refused(
                        "a_payload_that_is_a_list",
                        "nitro.structure",
                        world -> world.payload = bytes -> new CborOut().array(0).written()),
                refused(
                        "an_unprotected_header",
                        "nitro.structure",
                        world -> world.document = bytes -> {
                            bytes[1 + 1 + 4 + 1] = (byte) 0xa1;
                            return bytes;
                        }),
                refused(
                        "a_length_that_lies",
                        "nitro.structure",
                        world -> world.document = bytes -> {
                            bytes[8] = (byte) 0x5a;
                            return bytes;
                        }),
                refused(
                        "a_list_of_four_billion",
                        "nitro.structure",
                        world -> world.document =
                                bytes -> new CborOut().head(4, 0xffff_ffffL).written()),
                refused(
                        "a_document_that_is_nested_too_deep",
                        "nitro.structure",
                        world -> world.document = bytes -> {
                            var deep = new byte[100_000];
                            Arrays.fill(deep, (byte) 0x81);
                            return deep;
                        }),
                refused(
                        "a_length_in_a_longer_form",
                        "nitro.structure",
                        world -> world.document = bytes -> new Out()
                                .u8(0x98)
                                .u8(4)
                                .put(Arrays.copyOfRange(bytes, 1, bytes.length))
                                .bytes()),
                refused(
                        "a_name_that_stands_twice",
                        "nitro.structure",
                        world -> world.payload = bytes -> new CborOut()
                                .map(2)
                                .text("digest")
                                .text("SHA384")
                                .text("digest")
                                .text("SHA384")
                                .written()),
                refused(
                        "an_indefinite_length",
                        "nitro.structure",
                        world -> world.document = bytes -> new byte[] {(byte) 0x9f}));
    }

    @Test
    void each_changed_byte_of_a_document_is_noticed() {
        var world = new NitroWorld();
        var document = world.document();
        var appraiser = NitroWorld.appraiser();
        Cases.each_changed_byte_is_refused(
                document,
                0,
                document.length,
                bytes -> appraiser.appraise(
                        new Evidence.NitroDocument(Bytes.of("document", bytes)),
                        Challenge.of(world.challenge),
                        NitroWorld.NOW));
    }
}

package dev.plinth.trust.secrets.door.aecs;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.plinth.trust.Malformed;
import dev.plinth.wire.aecs.DigitalEnvelopeEncrypted;
import dev.plinth.wire.aecs.UnifiedAttestationAuthReport;
import dev.plinth.wire.aecs.UnifiedAttestationReport;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Any bytes at all: what reads for AECS's door throws what it says and nothing else, and a key that was read can be encrypted to. */
class AecsParsersFuzzTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final List<AecsIdentity> IDENTITIES = List.of(AecsIdentity.rsa(RANDOM), AecsIdentity.sm2(RANDOM));
    private static final byte[] CONTENT_KEY = new byte[32];

    private static void read(Runnable reader) {
        try {
            reader.run();
        } catch (IllegalArgumentException | Malformed e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private static void key(String pem) {
        read(() -> assertThat(EnvelopeKey.read(pem).wrap(CONTENT_KEY, RANDOM)).isNotEmpty());
    }

    private static void report(String platform, String json, String pem) {
        read(() -> AecsReport.read(UnifiedAttestationAuthReport.newBuilder()
                .setReport(UnifiedAttestationReport.newBuilder()
                        .setStrReportVersion("1.0")
                        .setStrReportType("Passport")
                        .setStrTeePlatform(platform)
                        .setJsonReport(json))
                .setPemPublicKey(pem)
                .build()));
    }

    @FuzzTest
    void keys(byte[] data) {
        key(new String(data, StandardCharsets.UTF_8));
        for (var label : List.of("RSA PUBLIC KEY", "PUBLIC KEY")) {
            key(PemText.text(label, data));
        }
    }

    @FuzzTest
    void reports(byte[] data) {
        for (var platform : List.of("SGX_DCAP", "TDX", "CSV", AecsIdentities.PLATFORM)) {
            report(
                    platform,
                    new String(data, StandardCharsets.UTF_8),
                    IDENTITIES.getFirst().pem());
        }
    }

    @FuzzTest
    void administrators(byte[] data) {
        read(() -> AttributesPolicy.condition(AecsJson.read("policy", data)));
        read(() -> SecretForm.readPair(data));
        read(() -> SecretForm.readPair(
                AecsJson.write(AecsJson.object().put("private_key", PemText.text("RSA PRIVATE KEY", data)))));
    }

    @Test
    void each_changed_byte_of_a_key_is_refused_or_makes_a_key_that_can_be_encrypted_to() {
        for (var identity : IDENTITIES) {
            var pem = PemText.read("key", identity.pem(), EnvelopeKey.PEM_CHARACTERS_MAX);
            for (int i = 0; i < pem.content().length; i++) {
                var changed = pem.content().clone();
                changed[i] ^= (byte) (1 + RANDOM.nextInt(255));
                key(PemText.text(pem.label(), changed));
            }
            for (int length = 0; length < pem.content().length; length++) {
                key(PemText.text(pem.label(), java.util.Arrays.copyOf(pem.content(), length)));
            }
            for (int i = 0; i < identity.pem().length(); i++) {
                key(identity.pem().substring(0, i) + "~" + identity.pem().substring(i + 1));
            }
        }
    }

    @Test
    void an_envelope_of_which_any_byte_was_changed_is_refused_and_never_anything_else() throws Exception {
        var identity = (AecsIdentity.Rsa) IDENTITIES.getFirst();
        var plain = "what is asked".getBytes(StandardCharsets.UTF_8);
        var envelope = Sealing.seal(plain, "payments", EnvelopeKey.read(identity.pem()), identity, RANDOM);
        assertThat(Sealing.open(envelope, identity)).isEqualTo(plain);
        // The signature alone is not looked at.
        var bytes = envelope.toBuilder().clearPlainHashSig().build().toByteArray();
        for (int i = 0; i < bytes.length; i++) {
            var changed = bytes.clone();
            changed[i] ^= (byte) (1 + RANDOM.nextInt(255));
            DigitalEnvelopeEncrypted parsed;
            try {
                parsed = DigitalEnvelopeEncrypted.parseFrom(changed);
            } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                continue;
            }
            try {
                assertThat(Sealing.open(parsed, identity)).as("byte " + i).isNull();
            } catch (dev.plinth.trust.secrets.SecretsProblem e) {
                assertThat(e.code()).isEqualTo(dev.plinth.trust.secrets.SecretsProblem.Code.INVALID);
            }
        }
    }
}

package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EnvelopeTest {
    private static final SecureRandom RANDOM = new SecureRandom();

    @ParameterizedTest
    @EnumSource
    void what_is_sealed_opens_under_its_key_and_name_alone_and_only_unchanged(Envelope.Suite suite) {
        var key = Envelope.newKey(RANDOM);
        var sealed = Envelope.seal(suite, key, "secret a/b/c", new byte[] {1, 2, 3}, RANDOM);
        assertThat(Envelope.open(key, "secret a/b/c", sealed)).containsExactly(1, 2, 3);
        assertThatThrownBy(() -> Envelope.open(key, "secret a/b/d", sealed)).hasMessageContaining("changed since");
        assertThatThrownBy(() -> Envelope.open(Envelope.newKey(RANDOM), "secret a/b/c", sealed))
                .hasMessageContaining("changed since");
        for (int i = 0; i < sealed.size(); i++) {
            var bytes = sealed.toByteArray();
            bytes[i] ^= 0x10;
            assertThatThrownBy(() -> Envelope.open(key, "secret a/b/c", ByteString.copyFrom(bytes)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void sm4_gcm_is_that_of_rfc_8998() throws Exception {
        // RFC 8998, A.1.
        var hex = HexFormat.of();
        var plain = hex.parseHex("AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
                + "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA");
        assertThat(Envelope.sm4(
                        true,
                        hex.parseHex("0123456789ABCDEFFEDCBA9876543210"),
                        hex.parseHex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"),
                        hex.parseHex("00001234567800000000ABCD"),
                        plain))
                .isEqualTo(hex.parseHex("17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
                        + "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
                        + "83DE3541E4C2B58177E065A9BF7B62EC"));
    }
}

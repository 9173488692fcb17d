package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KeyringTest {
    private static final ResourceName NAME = ResourceName.parse("a/b/c");

    @Test
    void nothing_is_sealed_under_a_key_that_is_being_wiped() throws Exception {
        var random = new SecureRandom();
        var keyring = new Keyring(random);
        var key = Envelope.newKey(random);
        var root = keyring.first(new RootKeeper.Shared(), Envelope.Suite.AES_256_GCM, 2, 2, RootKey.InMemory.of(key));
        var over = new AtomicBoolean();
        try (var threads = Executors.newFixedThreadPool(3)) {
            Callable<List<Material>> seals = () -> {
                var sealed = new ArrayList<Material>();
                while (!over.get()) {
                    try {
                        sealed.add(keyring.seal(NAME, new KeyMaker.Made(new byte[] {1}, ByteString.EMPTY)));
                    } catch (SecretsProblem e) {
                        assertThat(e.code()).isEqualTo(SecretsProblem.Code.SEALED);
                    }
                }
                return sealed;
            };
            var one = threads.submit(seals);
            var other = threads.submit(seals);
            for (int i = 0; i < 2_000; i++) {
                keyring.unseal(root, RootKey.InMemory.of(key));
                keyring.seal();
            }
            over.set(true);
            for (var sealing : List.of(one, other)) {
                for (var material : sealing.get()) {
                    assertThat(Envelope.open(
                                    key,
                                    "data key of " + NAME,
                                    material.under(root.number()).orElseThrow()))
                            .hasSize(Envelope.KEY_BYTES);
                }
            }
        }
    }
}

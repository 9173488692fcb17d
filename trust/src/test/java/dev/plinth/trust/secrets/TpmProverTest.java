package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.plinth.trust.attester.TpmAttester;
import dev.plinth.trust.attester.TpmProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server proves what it is by a TPM without a resource manager, as often as it is asked. */
@Timeout(120)
class TpmProverTest {
    private static final int PLACES = 3;

    @TempDir
    private Path folder;

    @Test
    void it_proves_again_and_again_and_after_one_that_was_killed_with_its_keys_in_the_tpm() throws Exception {
        assumeTrue(Files.isExecutable(TpmProcess.PROGRAM), "swtpm is not installed");
        try (var tpm = new TpmProcess(folder)) {
            var prover = RootPeers.tpm(tpm.device(), List.of(7));
            for (int i = 0; i < 2 * PLACES; i++) {
                assertThat(prover.prove(new byte[32]).getTpm().getRegistersCount())
                        .isOne();
            }
            // As whoever is killed leaves it: the connection is gone, and every place is taken.
            try (var left = tpm.device().open()) {
                for (int i = 0; i < PLACES; i++) {
                    var _ = TpmAttester.of(left);
                }
            }
            assertThat(prover.prove(new byte[32]).getTpm().getMessage().isEmpty())
                    .isFalse();
        }
    }
}

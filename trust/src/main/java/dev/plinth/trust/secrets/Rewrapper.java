package dev.plinth.trust.secrets;

import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.Performer;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Seals data keys under the next root key as well, on the server that leads. */
final class Rewrapper implements Performer<Rewrap, SecretsCommand> {
    private static final Logger log = LoggerFactory.getLogger(Rewrapper.class);

    /** A leader that does not have both keys yet is asked again so soon. */
    private static final Duration AGAIN_AFTER = Duration.ofMillis(500);

    private final Keyring keyring;
    private final Executor workers;

    Rewrapper(Keyring keyring, Executor workers) {
        this.keyring = keyring;
        this.workers = workers;
    }

    @Override
    public void perform(EffectId id, Rewrap rewrap, int attempt, Attempt<SecretsCommand> end) {
        workers.execute(() -> {
            try {
                end.result(new SecretsCommand.Rewrapped(
                        id.value(),
                        rewrap.keys().stream()
                                .map(key -> keyring.rewrap(rewrap, key))
                                .toList()));
            } catch (SecretsProblem e) {
                if (attempt == 1) {
                    log.warn("the rotation to root key {} waits: {}", rewrap.to(), e.getMessage());
                }
                end.failed(String.valueOf(e.getMessage()), AGAIN_AFTER);
            }
        });
    }
}

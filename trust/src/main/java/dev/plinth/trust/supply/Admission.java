package dev.plinth.trust.supply;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Where every feature asks before it runs something: whether it was admitted. */
public interface Admission {
    /**
     * Whether the newest verdict on the artifact under this policy admitted it, and that policy has not changed since. What nobody has
     * examined, or no policy guards, is denied.
     *
     * @param sha256 64 hexadecimal digits in lower case
     */
    CompletableFuture<Answer> ask(String policy, String sha256);

    /**
     * Whether it may run.
     *
     * @param reason why, or why not, for people
     * @param verdict the newest one under this policy, if there is one
     */
    record Answer(boolean admitted, String reason, Optional<Verdict> verdict) {}
}

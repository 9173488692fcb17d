package dev.plinth.trust.secrets.door.kbs;

import com.nimbusds.jose.jwk.ECKey;
import dev.plinth.trust.AttestationResult;
import java.time.Instant;

/** Tokens that {@code /kbs/v0/attest} has given out, shown at another door. */
public final class AttestationTokens {
    private AttestationTokens() {}

    /**
     * Who shows it.
     *
     * @param name for the audit log
     */
    public record Holder(AttestationResult result, String name) {}

    /**
     * Reads one that this cluster signed and that is good now.
     *
     * @throws dev.plinth.trust.Malformed if it is another; it says why
     */
    public static Holder read(String token, ECKey signer, Instant at) {
        var attested = Attested.read(token, signer, at);
        return new Holder(
                attested.result(),
                attested.result().kind() + " with key " + attested.key().shortId());
    }
}

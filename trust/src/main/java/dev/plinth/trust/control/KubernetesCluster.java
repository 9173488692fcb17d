package dev.plinth.trust.control;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyType;
import java.text.ParseException;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A Kubernetes cluster whose projected service account tokens are believed.
 *
 * @param name people's name for it: part of every property that its tokens prove
 * @param issuer as in the tokens' {@code iss}
 * @param audience one that the tokens must be for: a token for anything else must not open doors here
 * @param jwks the cluster's keys, as at {@code /openid/v1/jwks} of its API server
 */
public record KubernetesCluster(String name, String issuer, String audience, String jwks) {
    static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");
    private static final int CHARACTERS_MAX = 1_024;

    public KubernetesCluster {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "name of a cluster: expected 1 to 63 lower-case letters, digits and . -, beginning and ending with a letter or"
                            + " digit");
        }
        text("issuer", issuer);
        text("audience", audience);
        if (jwks.length() > TrustLimits.BUNDLE_CHARACTERS_MAX) {
            throw new IllegalArgumentException("keys of cluster " + name + ": expected at most "
                    + TrustLimits.BUNDLE_CHARACTERS_MAX + " characters");
        }
        var keys = keys(name, jwks).getKeys();
        if (keys.isEmpty()
                || keys.stream()
                        .anyMatch(key -> key.isPrivate()
                                || key.getKeyID() == null
                                || !Set.of(KeyType.RSA, KeyType.EC).contains(key.getKeyType()))) {
            throw new IllegalArgumentException(
                    "keys of cluster " + name + ": expected public RSA or EC keys, each with a key id");
        }
    }

    private static void text(String what, String text) {
        if (text.isBlank() || text.length() > CHARACTERS_MAX) {
            throw new IllegalArgumentException(what + " of a cluster: expected 1 to " + CHARACTERS_MAX + " characters");
        }
    }

    /** Its keys. */
    public JWKSet keys() {
        return keys(name, jwks);
    }

    private static JWKSet keys(String name, String jwks) {
        try {
            return JWKSet.parse(jwks);
        } catch (ParseException e) {
            throw new IllegalArgumentException(
                    "keys of cluster " + name + ": expected a JWK set, found one that cannot be read: "
                            + e.getMessage(),
                    e);
        }
    }
}

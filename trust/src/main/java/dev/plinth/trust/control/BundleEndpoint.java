package dev.plinth.trust.control;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * Where another trust domain publishes its bundle (SPIFFE_Federation.md, 5): profile {@code https_spiffe}, in which the server there shows an
 * identity of that domain.
 *
 * @param url {@code https://...}
 * @param id the identity that the server there has to show
 */
public record BundleEndpoint(String url, SpiffeId id) {
    private static final int CHARACTERS_MAX = 1_024;

    public BundleEndpoint {
        if (url.length() > CHARACTERS_MAX) {
            throw new IllegalArgumentException("URL of a bundle: expected at most " + CHARACTERS_MAX + " characters");
        }
        try {
            var uri = new URI(url);
            // 5.2.1: https, and no user info.
            if (!"https".equals(uri.getScheme()) || uri.getHost() == null || uri.getUserInfo() != null) {
                throw new IllegalArgumentException(
                        "URL of a bundle: expected https://host:port/..., without a user, found another");
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("URL of a bundle: expected https://host:port/..., found no URL", e);
        }
        if (id.path().isEmpty()) {
            throw new IllegalArgumentException("identity of a bundle's server: expected one with a path");
        }
    }
}

package dev.plinth.trust.control;

import java.util.List;

/**
 * The authorities' private keys have to be sealed under the next root key.
 *
 * @param to its number
 */
record Reseal(long to, List<Authority.Keys> keys) implements TrustEffect {
    Reseal {
        keys = List.copyOf(keys);
    }
}

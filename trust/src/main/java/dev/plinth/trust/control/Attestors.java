package dev.plinth.trust.control;

import dev.plinth.trust.Vendor;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is known beforehand of those who prove from elsewhere what they are: tokens that were given out, roots of hardware, keys that
 * were enrolled, clusters whose tokens are believed.
 *
 * @param tokens by name
 * @param roots owners by root
 * @param keys attestation keys of TPMs, by endorsement key: SHA-256 of the SubjectPublicKeyInfo in hexadecimal, both
 * @param clusters by name
 */
public record Attestors(
        SortedMap<String, JoinToken> tokens,
        SortedMap<Root, String> roots,
        SortedMap<String, String> keys,
        SortedMap<String, KubernetesCluster> clusters) {
    static final Attestors NONE = new Attestors(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    public Attestors {
        tokens = Collections.unmodifiableSortedMap(tokens);
        roots = Collections.unmodifiableSortedMap(roots);
        keys = Collections.unmodifiableSortedMap(keys);
        clusters = Collections.unmodifiableSortedMap(clusters);
    }

    /**
     * A token that lets its holder in once.
     *
     * @param hash of what the holder shows, SHA-256 in hexadecimal; that itself is stored nowhere
     * @param until shown later, it lets nobody in
     * @param holder the key that came in with it or renewed last, as {@link EcKeys#id}; empty: nobody has yet
     * @param former the holder before; empty if there was none
     */
    public record JoinToken(String name, String hash, Instant until, String holder, String former) {
        JoinToken heldBy(String key) {
            return new JoinToken(name, hash, until, key, holder);
        }
    }

    /**
     * A root certificate that vouches for hardware.
     *
     * @param fingerprint SHA-256 of the certificate in hexadecimal
     */
    public record Root(Vendor vendor, String fingerprint) implements Comparable<Root> {
        public Root {
            if (!fingerprint.matches("[0-9a-f]{64}")) {
                throw new IllegalArgumentException(
                        "fingerprint of a root: expected 64 hexadecimal digits in lower case, found "
                                + fingerprint.length() + " characters");
            }
        }

        @Override
        public int compareTo(Root other) {
            int vendors = vendor.compareTo(other.vendor);
            return vendors != 0 ? vendors : fingerprint.compareTo(other.fingerprint);
        }
    }

    Attestors withTokens(SortedMap<String, JoinToken> others) {
        return new Attestors(others, roots, keys, clusters);
    }

    Attestors withRoots(SortedMap<Root, String> others) {
        return new Attestors(tokens, others, keys, clusters);
    }

    Attestors withKeys(SortedMap<String, String> others) {
        return new Attestors(tokens, roots, others, clusters);
    }

    Attestors withClusters(SortedMap<String, KubernetesCluster> others) {
        return new Attestors(tokens, roots, keys, others);
    }

    /** The endorsement key of the TPM that has this attestation key. */
    public Optional<String> endorsementOf(String attestationKey) {
        return keys.entrySet().stream()
                .filter(one -> one.getValue().equals(attestationKey))
                .map(Map.Entry::getKey)
                .findFirst();
    }
}

package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Malformed;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.List;
import java.util.Optional;

/**
 * What an artifact has to be, to be admitted. Without a key and without a signer they admit nothing.
 *
 * @param keys public keys in PEM that may sign
 * @param signers identities that may sign, with certificates from an authority of the trusted root
 * @param trustedRoot as {@code trusted_root.json} of Sigstore; empty: there is none
 * @param log a transparency log of the trusted root has to hold the signature
 * @param sbom what is asked of the list of its components; empty: nothing
 * @param provenance what is asked of how it was built; empty: nothing
 */
public record AdmissionRules(
        List<String> keys,
        List<Signer> signers,
        String trustedRoot,
        boolean log,
        Optional<SbomRules> sbom,
        Optional<ProvenanceRules> provenance) {
    public static final int KEYS_MAX = 32;
    public static final int SIGNERS_MAX = 64;

    /** Of all texts together: they come with one command. */
    public static final int CHARACTERS_MAX = 512 * 1024;

    /**
     * Somebody who may sign.
     *
     * @param identity as in the certificate's subject alternative name; a {@code *} at its end stands for any ending
     * @param issuer of the identity: the address of the OpenID Connect provider, exactly
     */
    public record Signer(String identity, String issuer) {
        public Signer {
            Wildcard.check("identity of a signer", identity);
            if (issuer.contains("*")) {
                throw new IllegalArgumentException(
                        "issuer of signer " + identity + ": expected an address without a *, found " + issuer);
            }
            Wildcard.check("issuer of signer " + identity, issuer);
        }

        @Override
        public String toString() {
            return identity + " by " + issuer;
        }
    }

    public AdmissionRules {
        keys = List.copyOf(keys);
        signers = List.copyOf(signers);
        atMost("keys", KEYS_MAX, keys.size());
        atMost("signers", SIGNERS_MAX, signers.size());
        try {
            keys.forEach(AdmissionRules::key);
            if (!trustedRoot.isEmpty()) {
                TrustedRoot.parse(trustedRoot);
            }
        } catch (Malformed e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        if (characters(keys, signers, trustedRoot, sbom, provenance) > CHARACTERS_MAX) {
            throw new IllegalArgumentException(
                    "rules of an admission policy: expected at most " + CHARACTERS_MAX + " characters, found more");
        }
        if (trustedRoot.isEmpty() && (log || !signers.isEmpty())) {
            throw new IllegalArgumentException("trusted root: expected one, for " + (log ? "a log" : "signers")
                    + " that it vouches for, found none");
        }
    }

    static void atMost(String what, int max, int found) {
        if (found > max) {
            throw new IllegalArgumentException(what + ": expected at most " + max + ", found " + found);
        }
    }

    private static PublicKey key(String pem) {
        return PublicKeys.parsePem(Bytes.of("key", pem.getBytes(StandardCharsets.UTF_8)));
    }

    List<PublicKey> publicKeys() {
        return keys.stream().map(AdmissionRules::key).toList();
    }

    Optional<TrustedRoot> root() {
        return trustedRoot.isEmpty() ? Optional.empty() : Optional.of(TrustedRoot.parse(trustedRoot));
    }

    /** How many characters they have together. */
    public long characters() {
        return characters(keys, signers, trustedRoot, sbom, provenance);
    }

    private static long characters(
            List<String> keys,
            List<Signer> signers,
            String trustedRoot,
            Optional<SbomRules> sbom,
            Optional<ProvenanceRules> provenance) {
        return keys.stream().mapToLong(String::length).sum()
                + signers.stream()
                        .mapToLong(one -> one.identity().length() + one.issuer().length())
                        .sum()
                + trustedRoot.length()
                + sbom.map(SbomRules::characters).orElse(0L)
                + provenance.map(ProvenanceRules::characters).orElse(0L);
    }
}

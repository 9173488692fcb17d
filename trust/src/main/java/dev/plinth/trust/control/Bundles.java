package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.util.Base64;
import com.nimbusds.jose.util.JSONObjectUtils;
import dev.plinth.trust.KeyAlgorithm;
import java.security.cert.CertificateEncodingException;
import java.security.interfaces.ECPublicKey;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What verifies a domain's identities (SPIFFE_Trust_Domain_and_Bundle.md, 4): a JWK set, each key marked for certificates or for tokens.
 *
 * @param certificates DER
 * @param tokenKeys by key id
 * @param sequence grows with each change; 0 if it was not said
 * @param refreshHint how often it should be fetched; empty if it was not said
 */
public record Bundles(
        List<ByteString> certificates, Map<String, JWK> tokenKeys, long sequence, Optional<Duration> refreshHint) {
    /** How often a bundle is fetched that does not say it (4.1.2). */
    public static final Duration REFRESH_DEFAULT = Duration.ofMinutes(5);

    private static final String X509 = "x509-svid";
    private static final String JWT = "jwt-svid";

    public Bundles {
        certificates = List.copyOf(certificates);
        tokenKeys = Map.copyOf(tokenKeys);
    }

    /** Of this domain. */
    public static Bundles own(Identities identities) {
        var keys = new LinkedHashMap<String, JWK>();
        identities.authorities().forEach(authority -> {
            var key = tokenKey(authority);
            keys.put(key.getKeyID(), key);
        });
        return new Bundles(
                identities.authorities().stream()
                        .map(authority -> authority.keys().certificate())
                        .toList(),
                keys,
                identities.sequence(),
                Optional.empty());
    }

    private static ECKey tokenKey(Authority authority) {
        var encoded = authority.keys().tokenKey();
        return new ECKey.Builder(Curve.P_256, EcKeys.publicKey(encoded))
                .keyID(EcKeys.id(encoded))
                .keyUse(new KeyUse(JWT))
                .build();
    }

    /**
     * Of another domain, as it publishes it.
     *
     * @throws IllegalArgumentException if it is none; it says what was expected
     */
    public static Bundles parse(String domain, String jwks) {
        if (jwks.length() > TrustLimits.BUNDLE_CHARACTERS_MAX) {
            throw new IllegalArgumentException(
                    "bundle of " + domain + ": expected at most " + TrustLimits.BUNDLE_CHARACTERS_MAX + " characters");
        }
        try {
            var certificates = new ArrayList<ByteString>();
            var keys = new LinkedHashMap<String, JWK>();
            var set = JWKSet.parse(jwks);
            for (var key : set.getKeys()) {
                var use = key.getKeyUse() == null ? "" : key.getKeyUse().identifier();
                if (use.equals(X509) && key.getParsedX509CertChain() != null) {
                    // 4.2.4: exactly one, the authority's own.
                    if (key.getParsedX509CertChain().size() != 1) {
                        throw new IllegalArgumentException(
                                "bundle of " + domain + ": expected one certificate for each key");
                    }
                    certificates.add(ByteString.copyFrom(
                            key.getParsedX509CertChain().getFirst().getEncoded()));
                } else if (use.equals(JWT) && key.getKeyID() != null && !key.isPrivate()) {
                    keys.put(key.getKeyID(), key);
                }
                // 4.2: keys of other uses, or without what their use needs, have to be ignored.
            }
            if (certificates.isEmpty() && keys.isEmpty()) {
                throw new IllegalArgumentException(
                        "bundle of " + domain + ": expected a key with use " + X509 + " or " + JWT + ", found none");
            }
            return new Bundles(
                    certificates,
                    keys,
                    number(set, "spiffe_sequence").orElse(0L),
                    number(set, "spiffe_refresh_hint").filter(hint -> hint > 0).map(Duration::ofSeconds));
        } catch (ParseException | CertificateEncodingException e) {
            throw new IllegalArgumentException(
                    "bundle of " + domain + ": expected a JWK set, found one that cannot be read: " + e.getMessage(),
                    e);
        }
    }

    private static Optional<Long> number(JWKSet set, String name) {
        return set.getAdditionalMembers().get(name) instanceof Number number
                ? Optional.of(number.longValue())
                : Optional.empty();
    }

    /** Names a bundle, by all of its text. */
    public static String name(String jwks) {
        return EcKeys.id(ByteString.copyFromUtf8(jwks));
    }

    /** One after another, as the Workload API has them. */
    public ByteString joinedCertificates() {
        return ByteString.copyFrom(certificates);
    }

    /** Keys for tokens alone, as the Workload API has them. */
    public String tokenJwks() {
        return JSONObjectUtils.toJSONString(
                new JWKSet(List.copyOf(new java.util.TreeMap<>(tokenKeys).values())).toJSONObject(true));
    }

    /**
     * This domain's whole bundle, as others import it.
     *
     * @throws IllegalStateException if an authority's key is of SM2, which a JWK cannot be
     */
    public static String published(Identities identities) {
        var keys = new ArrayList<Object>();
        for (var authority : identities.authorities()) {
            var der = authority.keys().certificate();
            if (KeyAlgorithm.of(SvidCertificates.read(der).getSubjectPublicKeyInfo()) == KeyAlgorithm.SM2) {
                throw new IllegalStateException(
                        "authority " + authority.number()
                                + " has a key of SM2, for which JOSE has no JWK: a bundle as other domains import it cannot hold it");
            }
            var certificate = SvidCertificates.parse(der);
            keys.add(new ECKey.Builder(Curve.P_256, (ECPublicKey) certificate.getPublicKey())
                    .keyUse(new KeyUse(X509))
                    .x509CertChain(List.of(Base64.encode(der.toByteArray())))
                    .build()
                    .toJSONObject());
            keys.add(tokenKey(authority).toJSONObject());
        }
        var document = new LinkedHashMap<String, Object>();
        document.put("keys", keys);
        document.put("spiffe_sequence", identities.sequence());
        identities
                .domain()
                .ifPresent(domain -> document.put(
                        "spiffe_refresh_hint",
                        Math.max(1, domain.publishing().dividedBy(4).toSeconds())));
        return JSONObjectUtils.toJSONString(document);
    }

    /** The public key of a token's key. */
    static java.security.PublicKey publicKey(JWK key) {
        try {
            return switch (key) {
                case ECKey ec -> ec.toECPublicKey();
                case com.nimbusds.jose.jwk.RSAKey rsa -> rsa.toRSAPublicKey();
                case null, default ->
                    throw new IllegalArgumentException("a token's key: expected EC or RSA, found another");
            };
        } catch (JOSEException e) {
            throw new IllegalArgumentException("a token's key cannot be used: " + e.getMessage(), e);
        }
    }
}

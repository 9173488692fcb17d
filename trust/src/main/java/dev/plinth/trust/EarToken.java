package dev.plinth.trust;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Attestation results as signed tokens: EAR (draft-fv-rats-ear), a JWT with one submodule for each part of the evidence. */
public final class EarToken {
    /*
     * A result that does not hold is contraindicated, whatever its vector says. A simulation is marked twice: in its submodule and at the
     * top, so that a reader who looks only at the status of the whole cannot overlook it.
     */
    static final String PROFILE = "tag:github.com,2023:veraison/ear";
    static final String SIMULATED = "plinth.simulated";
    static final int TOKEN_CHARACTERS_MAX = 256 * 1024;

    private final ECKey key;
    private final String developer;
    private final String build;

    /** @param key a P-256 key with its private part; its key id goes into the header */
    public EarToken(ECKey key, String developer, String build) {
        this.key = key;
        this.developer = developer;
        this.build = build;
    }

    /**
     * Signs a result.
     *
     * @param policies that were asked, as {@code name@version}; the token's {@code ear.appraisal-policy-id}
     * @param nonce the challenge in hexadecimal, if there was one
     */
    public String sign(
            AttestationResult result, java.util.Set<String> waivers, List<String> policies, Optional<String> nonce) {
        var submodules = new LinkedHashMap<String, Object>();
        if (result.parts().isEmpty()) {
            submodules.put(result.kind(), submodule(result, waivers, policies));
        } else {
            result.parts().forEach((name, part) -> submodules.put(name, submodule(part, waivers, policies)));
            if (!result.findings().isEmpty()) {
                submodules.put(result.kind(), submodule(result, waivers, policies));
            }
        }
        var claims = new JWTClaimsSet.Builder()
                .claim("eat_profile", PROFILE)
                .issueTime(date(result.at()))
                .expirationTime(date(result.validUntil()))
                .claim("ear.verifier-id", Map.of("developer", developer, "build", build))
                .claim("ear.status", status(result, waivers))
                .claim("submods", submodules);
        nonce.ifPresent(value -> claims.claim("eat_nonce", value));
        if (result.simulated()) {
            claims.claim(SIMULATED, true);
        }
        try {
            var token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.ES256)
                            .type(JOSEObjectType.JWT)
                            .keyID(key.getKeyID())
                            .build(),
                    claims.build());
            token.sign(new ECDSASigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException("the key of the tokens cannot sign: " + e.getMessage(), e);
        }
    }

    // JWTClaimsSet knows no other time.
    @SuppressWarnings("JavaUtilDate")
    private static Date date(Instant time) {
        return Date.from(time);
    }

    private static String status(AttestationResult result, java.util.Set<String> waivers) {
        return result.holds(waivers) ? result.vector().tier().label() : TrustVector.Tier.CONTRAINDICATED.label();
    }

    private static Map<String, Object> submodule(
            AttestationResult result, java.util.Set<String> waivers, List<String> policies) {
        var submodule = new LinkedHashMap<String, Object>();
        submodule.put("ear.status", status(result, waivers));
        submodule.put("ear.trustworthiness-vector", result.vector().labelled());
        if (!policies.isEmpty()) {
            submodule.put("ear.appraisal-policy-id", String.join(",", policies));
        }
        submodule.put("ear.veraison.annotated-evidence", result.claims());
        if (result.simulated()) {
            submodule.put(SIMULATED, true);
        }
        submodule.put(
                "plinth.objections",
                result.objections().stream().map(Finding::toString).limit(50).toList());
        return submodule;
    }

    /** The claims of a token that this key signed and that is good at {@code at}; {@link Malformed} says what is wrong with any other. */
    @SuppressWarnings("JavaUtilDate")
    public static Map<String, Object> verify(String token, ECKey key, Instant at) {
        var where = Where.field("EAR", "token");
        if (token.length() > TOKEN_CHARACTERS_MAX) {
            throw new Malformed(
                    where,
                    "a token of at most " + TOKEN_CHARACTERS_MAX + " characters",
                    token.length() + " characters");
        }
        try {
            var parsed = SignedJWT.parse(token);
            if (!JWSAlgorithm.ES256.equals(parsed.getHeader().getAlgorithm())) {
                throw new Malformed(
                        where, "ES256", String.valueOf(parsed.getHeader().getAlgorithm()));
            }
            if (!parsed.verify(new ECDSAVerifier(key.toECPublicKey()))) {
                throw new Malformed(where, "a signature of key " + key.getKeyID(), "another");
            }
            var claims = parsed.getJWTClaimsSet();
            if (!PROFILE.equals(claims.getStringClaim("eat_profile"))) {
                throw new Malformed(where, PROFILE, String.valueOf(claims.getClaim("eat_profile")));
            }
            var from = claims.getIssueTime();
            var to = claims.getExpirationTime();
            if (from == null || to == null || at.isBefore(from.toInstant()) || at.isAfter(to.toInstant())) {
                throw new Malformed(where, "a time from " + from + " to " + to, at.toString());
            }
            return claims.getClaims();
        } catch (ParseException | JOSEException e) {
            throw new Malformed(where, "a signed JWT", Bytes.shorten(String.valueOf(e.getMessage())));
        }
    }
}

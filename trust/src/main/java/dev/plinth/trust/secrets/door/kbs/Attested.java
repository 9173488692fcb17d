package dev.plinth.trust.secrets.door.kbs;

import com.nimbusds.jose.jwk.ECKey;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.EarToken;
import dev.plinth.trust.Finding;
import dev.plinth.trust.TrustVector;
import dev.plinth.trust.Where;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A TEE whose evidence was let in.
 *
 * @param token what it was given to show elsewhere: EAR, with the key in {@code runtime_data_claims} as Trustee has it
 */
record Attested(AttestationResult result, TeeKey key, String token) {
    /*
     * A token is good on each server of a cluster, and none keeps what it has given out. So a token carries all that a policy asks about:
     * the claims, the vector, and the names of the waivers that its findings needed. What had failed outright never got a token.
     */
    private static final String RUNTIME_DATA = "runtime_data_claims";
    private static final String WAIVERS = "plinth.waivers-needed";
    private static final String EVIDENCE = "ear.veraison.annotated-evidence";
    private static final String VECTOR = "ear.trustworthiness-vector";

    /**
     * Signs a token.
     *
     * @param ends when it is good no more
     */
    static Attested sign(
            AttestationResult result,
            Set<String> waivers,
            List<String> policies,
            TeeKey key,
            String nonce,
            Instant ends,
            ECKey signer,
            String build) {
        var claims = new LinkedHashMap<String, Object>(result.claims());
        claims.put(RUNTIME_DATA, Map.of("nonce", nonce, "tee-pubkey", Map.copyOf(key.members())));
        claims.put(WAIVERS, List.copyOf(result.waiversNeeded()));
        var lasting = new AttestationResult(
                result.kind(),
                result.findings(),
                claims,
                result.vector(),
                result.at().truncatedTo(java.time.temporal.ChronoUnit.SECONDS),
                ends,
                result.parts());
        var token = new EarToken(signer, "plinth", build).sign(lasting, waivers, policies, Optional.of(nonce));
        return new Attested(lasting, key, token);
    }

    /**
     * Reads a token that this cluster has signed and that is good now.
     *
     * @throws RuntimeException {@link dev.plinth.trust.Malformed} or IllegalArgumentException, if it is another
     */
    @SuppressWarnings("JavaUtilDate") // The library of JWTs knows no other time.
    static Attested read(String token, ECKey signer, Instant at) {
        var claims = EarToken.verify(token, signer, at);
        if (!(claims.get("submods") instanceof Map<?, ?> submodules) || submodules.size() != 1) {
            throw new IllegalArgumentException("token: expected one submodule");
        }
        var submodule = submodules.entrySet().iterator().next();
        var body = object(submodule.getValue());
        var evidence = object(body.get(EVIDENCE));
        var runtime = object(evidence.get(RUNTIME_DATA));
        var key = TeeKey.of(object(runtime.get("tee-pubkey")));
        var findings = new ArrayList<Finding>();
        if (evidence.get(WAIVERS) instanceof List<?> waivers) {
            for (var waiver : waivers) {
                findings.add(new Finding(
                        "token." + waiver,
                        Finding.Outcome.EXCUSABLE,
                        "evidence without it",
                        "evidence that needs the waiver " + waiver,
                        Where.field("token", WAIVERS),
                        String.valueOf(waiver)));
            }
        }
        var result = new AttestationResult(
                String.valueOf(submodule.getKey()),
                findings,
                evidence,
                vector(object(body.get(VECTOR))),
                ((Date) java.util.Objects.requireNonNull(claims.get("iat"))).toInstant(),
                ((Date) java.util.Objects.requireNonNull(claims.get("exp"))).toInstant(),
                Map.of());
        return new Attested(result, key, token);
    }

    private static Map<String, Object> object(@org.jspecify.annotations.Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("token: expected an object");
        }
        var object = new LinkedHashMap<String, Object>();
        map.forEach((name, member) -> object.put(String.valueOf(name), member));
        return object;
    }

    /** Aspects of which nothing was said are not in it. */
    private static TrustVector vector(Map<String, Object> labelled) {
        var values = new java.util.EnumMap<TrustVector.Aspect, Integer>(TrustVector.Aspect.class);
        for (var aspect : TrustVector.Aspect.values()) {
            if (labelled.get(aspect.label()) instanceof Number value && value.intValue() != 0) {
                values.put(aspect, value.intValue());
            }
        }
        return new TrustVector(values);
    }
}

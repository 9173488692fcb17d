package dev.plinth.trust.control.door.attest;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.plinth.trust.control.KubernetesCluster;
import dev.plinth.trust.proof.RefusedProof;
import java.text.ParseException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What a projected service account token of Kubernetes says of its bearer: namespace, service account, pod, node. */
final class KubernetesTokens {
    /*
     * The token is verified against the cluster's keys as they were given, and its TokenReview is not asked for: a token of a pod that
     * was deleted is good until it ends, ten minutes or so. Only bound tokens count, for those alone end; the old ones, from secrets, have
     * neither audience nor end.
     */
    private static final int CHARACTERS_MAX = 32 << 10;
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512,
            JWSAlgorithm.PS256);
    private static final String WHAT = "Kubernetes token: ";

    private KubernetesTokens() {}

    /** The properties that it proves, as selectors name them. */
    static Set<String> prove(String token, Collection<KubernetesCluster> clusters, Instant now) throws RefusedProof {
        if (token.length() > CHARACTERS_MAX) {
            throw new RefusedProof(WHAT + "expected at most " + CHARACTERS_MAX + " characters");
        }
        try {
            var parsed = SignedJWT.parse(token);
            var claims = parsed.getJWTClaimsSet();
            var cluster = cluster(parsed, claims, clusters);
            if (!claims.getAudience().contains(cluster.audience())) {
                throw new RefusedProof(WHAT + "expected audience " + cluster.audience() + ", found "
                        + RefusedProof.shown(String.valueOf(claims.getAudience())));
            }
            checkTime(claims, now);
            return properties(cluster.name(), claims);
        } catch (ParseException | JOSEException e) {
            throw new RefusedProof(WHAT + "expected a signed JWT, found one that cannot be read");
        }
    }

    /** Many clusters call themselves the same: the key decides. */
    private static KubernetesCluster cluster(
            SignedJWT token, JWTClaimsSet claims, Collection<KubernetesCluster> clusters)
            throws RefusedProof, JOSEException {
        var issuer = String.valueOf(claims.getIssuer());
        var named = clusters.stream().filter(one -> one.issuer().equals(issuer)).toList();
        if (named.isEmpty()) {
            throw new RefusedProof(
                    WHAT + "expected one of an issuer that is known here, found " + RefusedProof.shown(issuer));
        }
        var header = token.getHeader();
        if (!ALGORITHMS.contains(header.getAlgorithm())) {
            throw new RefusedProof(WHAT + "expected a signature with RSA or ECDSA, found "
                    + RefusedProof.shown(header.getAlgorithm().getName()));
        }
        var keyId = String.valueOf(header.getKeyID());
        boolean known = false;
        for (var cluster : named) {
            var key = cluster.keys().getKeyByKeyId(keyId);
            known |= key != null;
            if (key != null && verifies(token, key)) {
                return cluster;
            }
        }
        throw new RefusedProof(WHAT + "expected a signature by a key of " + names(named) + ", found "
                + (known ? "another signature" : "key " + RefusedProof.shown(keyId)));
    }

    private static boolean verifies(SignedJWT token, JWK key) throws JOSEException {
        var verifier = switch (key) {
            case RSAKey rsa -> new RSASSAVerifier(rsa.toRSAPublicKey());
            case ECKey ec -> new ECDSAVerifier(ec.toECPublicKey());
            default -> throw new JOSEException("neither RSA nor EC");
        };
        return verifier.supportedJWSAlgorithms().contains(token.getHeader().getAlgorithm()) && token.verify(verifier);
    }

    private static String names(List<KubernetesCluster> clusters) {
        return "cluster "
                + String.join(
                        " or ", clusters.stream().map(KubernetesCluster::name).toList());
    }

    @SuppressWarnings("JavaUtilDate")
    private static void checkTime(JWTClaimsSet claims, Instant now) throws RefusedProof {
        var until = claims.getExpirationTime();
        if (until == null || !now.isBefore(until.toInstant())) {
            throw new RefusedProof(WHAT + "expected one that is good at " + now + ", found one until "
                    + (until == null ? "no time at all" : until.toInstant()));
        }
        var from = claims.getNotBeforeTime();
        if (from != null && now.isBefore(from.toInstant())) {
            throw new RefusedProof(
                    WHAT + "expected one that is good at " + now + ", found one from " + from.toInstant());
        }
    }

    private static Set<String> properties(String cluster, JWTClaimsSet claims) throws RefusedProof, ParseException {
        var said = claims.getJSONObjectClaim("kubernetes.io");
        if (said == null) {
            throw new RefusedProof(WHAT + "expected a bound service account token, with a claim kubernetes.io");
        }
        var namespace = text(said, "namespace")
                .orElseThrow(() -> new RefusedProof(WHAT + "expected a namespace in kubernetes.io, found none"));
        var account = inner(said, "serviceaccount", "name")
                .orElseThrow(() -> new RefusedProof(WHAT + "expected a service account in kubernetes.io, found none"));
        var subject = "system:serviceaccount:" + namespace + ":" + account;
        if (!subject.equals(claims.getSubject())) {
            throw new RefusedProof(WHAT + "expected subject " + subject + ", found "
                    + RefusedProof.shown(String.valueOf(claims.getSubject())));
        }
        var prefix = "k8s:" + cluster + ":";
        var properties = new TreeSet<String>();
        properties.add(prefix + "ns:" + namespace);
        properties.add(prefix + "sa:" + namespace + "/" + account);
        inner(said, "pod", "name").ifPresent(pod -> properties.add(prefix + "pod:" + namespace + "/" + pod));
        inner(said, "pod", "uid").ifPresent(uid -> properties.add(prefix + "pod-uid:" + uid));
        inner(said, "node", "name").ifPresent(node -> properties.add(prefix + "node:" + node));
        return properties;
    }

    private static Optional<String> inner(Map<String, Object> said, String part, String name) {
        return said.get(part) instanceof Map<?, ?> map ? text(map, name) : Optional.empty();
    }

    private static Optional<String> text(Map<?, ?> map, String name) {
        return map.get(name) instanceof String text && !text.isEmpty() ? Optional.of(text) : Optional.empty();
    }
}

package dev.plinth.trust.control.door.attest;

import static dev.plinth.trust.control.door.attest.AttestationWorld.ID;
import static dev.plinth.trust.control.door.attest.AttestationWorld.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.plinth.trust.KeyAlgorithm;
import dev.plinth.trust.attester.IdentityRequest;
import dev.plinth.trust.control.KubernetesCluster;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.proof.RefusedProof;
import dev.plinth.trust.proof.TimedNonces;
import dev.plinth.wire.trust.v1.AttestRequest;
import dev.plinth.wire.trust.v1.AttestResponse;
import dev.plinth.wire.trust.v1.Proof;
import io.grpc.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.bouncycastle.cert.X509CertificateHolder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of both kinds, over gRPC; evidence has a test of its own. */
@Timeout(60)
@SuppressWarnings("JavaUtilDate") // The JWT library knows no other time.
class AttestationDoorTest {
    private static final String ISSUER = "https://kubernetes.default.svc.cluster.local";
    private static final RSAKey CLUSTER = key("cluster-key");

    @TempDir
    private Path folder;

    private AttestationWorld world;

    @BeforeEach
    void open() throws IOException {
        world = new AttestationWorld(folder);
    }

    @AfterEach
    void close() throws IOException {
        world.close();
    }

    private static RSAKey key(String id) {
        try {
            return new RSAKeyGenerator(2_048).keyID(id).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Proof token(String token) {
        return Proof.newBuilder().setJoinToken(token).build();
    }

    private void give(String name, String token) {
        world.done(new TrustCommand.PutToken(name, sha256(token), Duration.ofMinutes(10)));
    }

    private IdentityRequest begin() {
        return IdentityRequest.begin(world.door());
    }

    private static X509Certificate leaf(AttestResponse response) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(response.getCertificates(0).newInput());
    }

    @Test
    void a_join_token_lets_one_key_in_once_and_the_same_key_again_when_its_answer_was_lost() throws Exception {
        world.entry("payments", "join-token:host-7");
        give("host-7", "a secret of this once");

        var first = begin();
        var response = first.attest(ID, List.of(token("a secret of this once")));

        var leaf = leaf(response);
        assertThat(response.getSpiffeId()).isEqualTo(ID);
        assertThat(response.getEntry()).isEqualTo("payments@1");
        assertThat(leaf.getPublicKey()).isEqualTo(first.keys().getPublic());
        leaf.verify(CertificateFactory.getInstance("X.509")
                .generateCertificate(response.getBundle(0).newInput())
                .getPublicKey());

        var again = IdentityRequest.with(world.door(), first.keys());
        assertThat(again.attest(ID, List.of(token("a secret of this once"))).getSpiffeId())
                .isEqualTo(ID);
        assertThat(refusal(
                        Status.Code.PERMISSION_DENIED,
                        () -> begin().attest(ID, List.of(token("a secret of this once")))))
                .contains("join token host-7: it was used already, by another key");
        assertThat(refusal(Status.Code.PERMISSION_DENIED, () -> begin().attest(ID, List.of(token("a guess")))))
                .contains("there is none like the one that was shown");
    }

    @Test
    void an_sm2_key_gets_a_certificate_and_goes_on_with_the_next_one() throws Exception {
        world.entry("payments", "join-token:host-7");
        give("host-7", "secret");
        var first = IdentityRequest.with(world.door(), KeyAlgorithm.SM2.make(new SecureRandom()));
        var response = first.attest(ID, List.of(token("secret")));
        var leaf = new X509CertificateHolder(response.getCertificates(0).toByteArray());
        assertThat(KeyAlgorithm.of(leaf.getSubjectPublicKeyInfo())).isEqualTo(KeyAlgorithm.SM2);

        var next = IdentityRequest.with(world.door(), KeyAlgorithm.SM2.make(new SecureRandom()));
        var former = response.getCertificates(0).toByteArray();
        assertThat(next.attest(ID, List.of(next.former(former, first.keys().getPrivate())))
                        .getSpiffeId())
                .isEqualTo(ID);
        var stranger = KeyAlgorithm.SM2.make(new SecureRandom()).getPrivate();
        assertThat(refusal(
                        Status.Code.PERMISSION_DENIED,
                        () -> begin().attest(ID, List.of(begin().former(former, stranger)))))
                .contains("expected a signature of the binding by the certificate's key");
    }

    @Test
    void a_certificate_request_with_any_byte_changed_is_refused_and_fails_nothing() {
        for (var algorithm : KeyAlgorithm.values()) {
            var request = IdentityRequest.with(world.door(), algorithm.make(new SecureRandom()))
                    .request();
            for (int at = 0; at < request.length; at++) {
                request[at] ^= 1;
                var changed = request.clone();
                assertThatThrownBy(() -> CertificateRequest.parse(changed))
                        .as("%s, byte %d", algorithm, at)
                        .isInstanceOf(RefusedProof.class);
                request[at] ^= 1;
            }
        }
    }

    @Test
    void a_request_that_fails_for_another_reason_does_not_cost_its_token() {
        world.entry("payments", "join-token:host-7", "k8s:prod:ns:bank");
        give("host-7", "secret");
        assertThat(refusal(Status.Code.PERMISSION_DENIED, () -> begin().attest(ID, List.of(token("secret")))))
                .contains("proved is join-token:host-7", "entry payments asks for k8s:prod:ns:bank too");
        world.entry("payments", "join-token:host-7");
        assertThat(begin().attest(ID, List.of(token("secret"))).getSpiffeId()).isEqualTo(ID);
    }

    @Test
    void who_came_in_with_a_token_goes_on_with_new_keys_and_a_copy_of_an_old_key_does_not() throws Exception {
        world.entry("payments", "join-token:host-7");
        give("host-7", "secret");
        var first = begin();
        var held = first.attest(ID, List.of(token("secret")));

        var second = begin();
        var former = second.former(
                held.getCertificates(0).toByteArray(), first.keys().getPrivate());
        var renewed = second.attest(ID, List.of(former));
        assertThat(leaf(renewed).getPublicKey()).isEqualTo(second.keys().getPublic());

        var thief = begin();
        assertThat(refusal(
                        Status.Code.PERMISSION_DENIED,
                        () -> thief.attest(
                                ID,
                                List.of(thief.former(
                                        held.getCertificates(0).toByteArray(),
                                        first.keys().getPrivate())))))
                .contains("this identity was renewed already, for another key");
        var forger = begin();
        assertThat(refusal(
                        Status.Code.PERMISSION_DENIED,
                        () -> forger.attest(
                                ID,
                                List.of(forger.former(
                                        renewed.getCertificates(0).toByteArray(),
                                        forger.keys().getPrivate())))))
                .contains("expected a signature of the binding by the certificate's key");

        world.done(new TrustCommand.RemoveToken("host-7"));
        var third = begin();
        assertThat(refusal(
                        Status.Code.PERMISSION_DENIED,
                        () -> third.attest(
                                ID,
                                List.of(third.former(
                                        renewed.getCertificates(0).toByteArray(),
                                        second.keys().getPrivate())))))
                .contains("came by a join token which is still there");
    }

    @Test
    void a_challenge_that_was_not_given_out_here_and_a_request_that_its_key_did_not_sign_are_refused() {
        world.entry("payments", "join-token:host-7");
        give("host-7", "secret");
        var request = AttestRequest.newBuilder().setSpiffeId(ID).addProofs(token("secret"));
        assertThat(refusal(Status.Code.PERMISSION_DENIED, () -> world.door().attest(request.build())))
                .contains("certificate request: expected PKCS #10");
        assertThat(refusal(
                        Status.Code.PERMISSION_DENIED,
                        () -> world.door()
                                .attest(request.setCertificateRequest(ByteString.copyFrom(new byte[100]))
                                        .build())))
                .contains("found what cannot be read");
        assertThat(refusal(
                        Status.Code.PERMISSION_DENIED,
                        () -> world.door()
                                .attest(request.setCertificateRequest(ByteString.copyFrom(begin().request()))
                                        .setChallenge(ByteString.copyFrom(new byte[TimedNonces.BYTES]))
                                        .build())))
                .contains("challenge: expected one that this server gave out");
        assertThat(refusal(
                        Status.Code.INVALID_ARGUMENT,
                        () -> world.door().attest(request.clearProofs().build())))
                .contains("proofs: expected 1 to 8");
    }

    @Test
    void an_identity_without_an_entry_is_not_given_for_any_proof() {
        give("host-7", "secret");
        assertThat(refusal(Status.Code.PERMISSION_DENIED, () -> begin().attest(ID, List.of(token("secret")))))
                .contains("there is no registration entry for " + ID);
    }

    // ---- Kubernetes

    private void cluster(RSAKey key) {
        world.done(new TrustCommand.PutCluster(
                new KubernetesCluster("prod", ISSUER, "plinth", new JWKSet(key.toPublicJWK()).toString(true))));
    }

    private JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .audience("plinth")
                .subject("system:serviceaccount:bank:payments")
                .expirationTime(Date.from(world.now().plusSeconds(600)))
                .notBeforeTime(Date.from(world.now().minusSeconds(1)))
                .claim(
                        "kubernetes.io",
                        Map.of(
                                "namespace", "bank",
                                "serviceaccount", Map.of("name", "payments", "uid", "1"),
                                "pod", Map.of("name", "payments-0", "uid", "2"),
                                "node", Map.of("name", "n1")));
    }

    private static Proof signed(RSAKey key, JWTClaimsSet claims) throws Exception {
        var token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), claims);
        token.sign(new RSASSASigner(key));
        return Proof.newBuilder().setKubernetesToken(token.serialize()).build();
    }

    private String refused(Proof proof) {
        return refusal(Status.Code.PERMISSION_DENIED, () -> begin().attest(ID, List.of(proof)));
    }

    @Test
    void a_pod_is_what_its_clusters_token_says() throws Exception {
        cluster(CLUSTER);
        world.entry("payments", "k8s:prod:ns:bank", "k8s:prod:sa:bank/payments", "k8s:prod:node:n1");
        assertThat(begin().attest(ID, List.of(signed(CLUSTER, claims().build())))
                        .getSpiffeId())
                .isEqualTo(ID);

        world.entry("payments", "k8s:prod:pod:bank/payments-1");
        assertThat(refused(signed(CLUSTER, claims().build())))
                .contains("proved is", "k8s:prod:pod:bank/payments-0", "asks for k8s:prod:pod:bank/payments-1 too");
    }

    @Test
    void a_token_for_somebody_else_of_another_time_or_of_another_key_is_refused_with_the_reason() throws Exception {
        world.entry("payments", "k8s:prod:ns:bank");
        assertThat(refused(signed(CLUSTER, claims().build()))).contains("an issuer that is known here");
        cluster(CLUSTER);
        assertThat(refused(signed(CLUSTER, claims().audience("vault").build())))
                .contains("expected audience plinth, found [vault]");
        assertThat(refused(signed(
                        CLUSTER,
                        claims().expirationTime(Date.from(world.now().minusSeconds(1)))
                                .build())))
                .contains("expected one that is good at");
        assertThat(refused(signed(CLUSTER, claims().expirationTime(null).build())))
                .contains("found one until no time");
        assertThat(refused(signed(
                        CLUSTER,
                        claims().notBeforeTime(Date.from(world.now().plusSeconds(100)))
                                .build())))
                .contains("found one from");
        assertThat(refused(signed(key("cluster-key"), claims().build()))).contains("found another signature");
        assertThat(refused(signed(key("other"), claims().build()))).contains("found key other");
        assertThat(refused(signed(
                        CLUSTER,
                        claims().subject("system:serviceaccount:bank:admin").build())))
                .contains("expected subject system:serviceaccount:bank:payments");
        assertThat(refused(signed(CLUSTER, claims().claim("kubernetes.io", null).build())))
                .contains("expected a bound service account token");
        assertThat(refused(Proof.newBuilder().setKubernetesToken("a.b.c").build()))
                .contains("expected a signed JWT");
        // alg none: the library reads it as a plain token, which has no signature.
        assertThat(refused(Proof.newBuilder()
                        .setKubernetesToken("eyJhbGciOiJub25lIn0.e30.")
                        .build()))
                .contains("expected a signed JWT");
    }

    @Test
    void another_clusters_token_proves_nothing_of_this_one_though_both_call_themselves_the_same() throws Exception {
        cluster(CLUSTER);
        var test = key("test-key");
        world.done(new TrustCommand.PutCluster(
                new KubernetesCluster("test", ISSUER, "plinth", new JWKSet(test.toPublicJWK()).toString(true))));
        world.entry("payments", "k8s:prod:ns:bank");
        assertThat(refused(signed(test, claims().build())))
                .contains("k8s:test:ns:bank", "asks for k8s:prod:ns:bank too");
        assertThat(begin().attest(ID, List.of(signed(CLUSTER, claims().build())))
                        .getSpiffeId())
                .isEqualTo(ID);
    }
}

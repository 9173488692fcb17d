package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys that are kept here, with certificates that other programs verify. */
@Timeout(120)
class CertificatesTest {
    private static final ResourceName ROOT = ResourceName.parse("bank/ca/root");
    private static final ResourceName ISSUING = ResourceName.parse("bank/ca/issuing");
    private static final ResourceName LEAF = ResourceName.parse("bank/tls/payments");

    @TempDir
    private Path folder;

    private SecretsWorld world;

    @BeforeEach
    void open() throws Exception {
        world = SecretsWorld.inFile(folder);
        await().until(() -> !world.secrets.status().join().isSealed());
    }

    @AfterEach
    void close() throws Exception {
        world.close();
    }

    private static SecretsProblem problem(CompletableFuture<?> future) {
        return (SecretsProblem) Secrets.cause(catchThrowable(future::join));
    }

    private void certify(ResourceName name, String subject, boolean authority, Optional<ResourceName> issuer) {
        world.secrets
                .certify(
                        name,
                        new Secrets.CertificateRequest(
                                subject,
                                90,
                                authority,
                                authority ? List.of() : List.of("payments.example.org"),
                                issuer),
                        "ann")
                .join();
    }

    private List<ByteString> certificates(ResourceName name) {
        return world.secrets
                .find(name)
                .join()
                .orElseThrow()
                .versions()
                .getLast()
                .certificates();
    }

    private static X509Certificate x509(ByteString der) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(der.toByteArray()));
    }

    @ParameterizedTest
    @EnumSource(names = {"RSA_2048", "EC_P256", "EC_P384", "EC_P521"})
    void a_key_that_does_not_leave_certifies_itself(SecretAlgorithm algorithm) throws Exception {
        world.secrets.generate(LEAF, algorithm, false, "ann").join();
        certify(LEAF, "CN=payments,O=Bank", false, Optional.empty());
        var certificate = x509(certificates(LEAF).getFirst());
        certificate.verify(certificate.getPublicKey());
        certificate.checkValidity(Date.from(world.clock.wall()));
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=payments,O=Bank");
        assertThat(certificate.getBasicConstraints()).as("no authority").isEqualTo(-1);
        assertThat(certificate.getSubjectAlternativeNames().toString()).contains("payments.example.org");
        assertThat(certificate.getPublicKey().getEncoded())
                .isEqualTo(world.secrets
                        .find(LEAF)
                        .join()
                        .orElseThrow()
                        .versions()
                        .getLast()
                        .publicKey()
                        .toByteArray());
    }

    @Test
    void an_sm2_key_certifies_itself_with_sm3() throws Exception {
        world.secrets.generate(LEAF, SecretAlgorithm.SM2, false, "ann").join();
        certify(LEAF, "CN=payments", false, Optional.empty());
        var certificate = Certificate.getInstance(certificates(LEAF).getFirst().toByteArray());
        assertThat(certificate.getSignatureAlgorithm().getAlgorithm().getId()).isEqualTo("1.2.156.10197.1.501");
        var verifier = new SM2Signer();
        verifier.init(false, PublicKeyFactory.createKey(certificate.getSubjectPublicKeyInfo()));
        var signed = certificate.getTBSCertificate().getEncoded();
        verifier.update(signed, 0, signed.length);
        assertThat(verifier.verifySignature(certificate.getSignature().getBytes()))
                .isTrue();
    }

    @Test
    void an_authority_that_is_kept_here_signs_others_and_the_chain_verifies_to_its_root() throws Exception {
        world.secrets.generate(ROOT, SecretAlgorithm.EC_P384, false, "ann").join();
        world.secrets.generate(ISSUING, SecretAlgorithm.RSA_2048, false, "ann").join();
        world.secrets.generate(LEAF, SecretAlgorithm.EC_P256, true, "ann").join();
        certify(ROOT, "CN=root", true, Optional.empty());
        certify(ISSUING, "CN=issuing", true, Optional.of(ROOT));
        certify(LEAF, "CN=payments", false, Optional.of(ISSUING));
        var chain = certificates(LEAF);
        assertThat(chain).hasSize(3);
        var factory = CertificateFactory.getInstance("X.509");
        var parameters = new PKIXParameters(Set.of(new TrustAnchor(x509(chain.get(2)), null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(world.clock.wall()));
        CertPathValidator.getInstance("PKIX")
                .validate(factory.generateCertPath(List.of(x509(chain.get(0)), x509(chain.get(1)))), parameters);
        assertThat(world.secrets.auditAfter(0, 1_000).join())
                .filteredOn(entry -> entry.action().equals("certify"))
                .hasSize(3);
        assertThat(world.secrets.auditAfter(0, 1_000).join())
                .filteredOn(entry ->
                        entry.action().equals("sign") && entry.subject().equals(ISSUING + "@1"))
                .hasSize(1);
    }

    @Test
    void whoever_gets_a_key_gets_it_with_its_certificates_as_one_file() throws Exception {
        world.secrets.generate(LEAF, SecretAlgorithm.EC_P256, true, "ann").join();
        certify(LEAF, "CN=payments", false, Optional.empty());
        var material = world.secrets.find(LEAF).join().orElseThrow().versions().getLast();
        var key = new KeyMaker(new java.security.SecureRandom()).make(SecretAlgorithm.EC_P256);
        var text = new String(Pem.of(key.secret().clone(), material.certificates()), StandardCharsets.US_ASCII);
        var der = Base64.getMimeDecoder()
                .decode(text.substring(0, text.indexOf("-----END PRIVATE KEY-----"))
                        .replace("-----BEGIN PRIVATE KEY-----", ""));
        assertThat(der).isEqualTo(key.secret());
        KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
        assertThat(CertificateFactory.getInstance("X.509")
                        .generateCertificates(
                                new ByteArrayInputStream(text.substring(text.indexOf("-----BEGIN CERTIFICATE-----"))
                                        .getBytes(StandardCharsets.US_ASCII))))
                .hasSize(1);
    }

    @Test
    void what_cannot_be_certified_is_refused_and_changes_nothing() {
        world.secrets.generate(LEAF, SecretAlgorithm.EC_P256, false, "ann").join();
        world.secrets.generate(ROOT, SecretAlgorithm.AES_256, false, "ann").join();
        world.secrets.generate(ISSUING, SecretAlgorithm.EC_P256, false, "ann").join();
        var request = new Secrets.CertificateRequest("CN=a", 1, false, List.of(), Optional.empty());
        assertThat(problem(world.secrets.certify(ROOT, request, "ann")))
                .hasMessage("aes-256 does not sign, so it has no certificate");
        assertThat(problem(world.secrets.certify(ResourceName.parse("bank/tls/none"), request, "ann"))
                        .code())
                .isEqualTo(SecretsProblem.Code.NOT_FOUND);
        assertThat(problem(world.secrets.certify(
                        LEAF,
                        new Secrets.CertificateRequest("CN=a", 1, false, List.of(), Optional.of(ISSUING)),
                        "ann")))
                .hasMessageContaining("expected a key with a certificate of an authority, found one without");
        certify(ISSUING, "CN=no authority", false, Optional.empty());
        assertThat(problem(world.secrets.certify(
                                LEAF,
                                new Secrets.CertificateRequest("CN=a", 1, false, List.of(), Optional.of(ISSUING)),
                                "ann"))
                        .code())
                .isEqualTo(SecretsProblem.Code.CONFLICT);
        assertThat(problem(world.secrets.certify(
                        LEAF,
                        new Secrets.CertificateRequest("not a name", 1, false, List.of(), Optional.empty()),
                        "ann")))
                .hasMessageContaining("subject: expected a distinguished name");
        assertThatThrownBy(() -> new Secrets.CertificateRequest("CN=a", 0, false, List.of(), Optional.empty()))
                .hasMessage("days: expected 1 to 3660, found 0");
        assertThat(certificates(LEAF)).isEmpty();
    }

    @Test
    void certificates_outlive_restarts_and_rotations_of_the_root_key_and_a_next_version_has_none() throws Exception {
        world.secrets.generate(LEAF, SecretAlgorithm.EC_P256, false, "ann").join();
        certify(LEAF, "CN=payments", false, Optional.empty());
        var before = certificates(LEAF);
        world.secrets.rotateRoot(0, 0, "ann").join();
        await().until(() -> world.secrets.status().join().root() == 2);
        world.restart();
        await().until(() -> !world.secrets.status().join().isSealed());
        assertThat(certificates(LEAF)).isEqualTo(before);
        world.secrets.rotate(LEAF, "ann").join();
        assertThat(certificates(LEAF)).isEmpty();

        var command = new SecretsCommand.PutCertificates(LEAF, 3, before, "ann");
        assertThat(SecretsCodecs.COMMANDS.decode(ByteBuffer.wrap(SecretsCodecs.COMMANDS.encode(command))))
                .isEqualTo(command);
    }
}

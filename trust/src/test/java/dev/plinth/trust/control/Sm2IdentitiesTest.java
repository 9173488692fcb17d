package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.SignedJWT;
import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.SystemClock;
import dev.plinth.trust.KeyAlgorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509CertificateHolder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trust domain whose certificates are of national cryptography: SM2 keys, signed with SM3. */
final class Sm2IdentitiesTest {
    private static final Path OPENSSL = Path.of("/usr/bin/openssl");
    private static final SpiffeId ID = SpiffeId.parse("spiffe://example.org/payments");

    @TempDir
    private Path folder;

    private final SecureRandom random = new SecureRandom();
    private final SystemClock clock = new SystemClock();
    private final RootKeyPlace place = new RootKeyPlace();
    private Issuer issuer;
    private Instant now;

    @BeforeEach
    void begin() throws IOException {
        FileRootKey.make(folder.resolve("root.key"), random);
        var root = FileRootKey.open(folder.resolve("root.key"), random);
        place.put(root);
        issuer = new Issuer(root, random);
        now = clock.wall();
    }

    @AfterEach
    void close() {
        clock.close();
    }

    private Authority authority(long number, KeyAlgorithm algorithm) {
        var made = new CompletableFuture<TrustCommand>();
        new AuthorityMaker(place, clock, Runnable::run, random)
                .perform(
                        new EffectId(number),
                        new MakeAuthority("example.org", algorithm, Duration.ofHours(24)),
                        1,
                        new Performer.Attempt<>() {
                            @Override
                            public void result(TrustCommand command) {
                                made.complete(command);
                            }

                            @Override
                            public void failed(String reason) {
                                made.completeExceptionally(new AssertionError(reason));
                            }

                            @Override
                            public void failed(String reason, Duration retryAfter) {
                                failed(reason);
                            }
                        });
        return new Authority(number, ((TrustCommand.Introduce) made.join()).keys(), now, now);
    }

    /** The newest signs. */
    private static Identities identities(Authority... authorities) {
        long newest = authorities[authorities.length - 1].number();
        return new Identities(
                Optional.of(Domain.of("example.org").with(KeyAlgorithm.SM2)),
                List.of(authorities),
                newest,
                0,
                newest,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                Attestors.NONE,
                DomainRoots.FIRST,
                1);
    }

    private Issuer.X509Svid svid(Identities of) {
        return issuer.x509(of, TrustEngineTest.entry("payments", ID.toString(), "unix:uid:1"), now);
    }

    @Test
    void an_identity_has_an_sm2_key_and_a_certificate_signed_with_sm3_that_its_authority_verifies() throws Exception {
        var identities = identities(authority(1, KeyAlgorithm.SM2));
        var svid = svid(identities);
        var leaf = new X509CertificateHolder(svid.certificate().toByteArray());
        assertThat(leaf.getSignatureAlgorithm().getAlgorithm()).isEqualTo(GMObjectIdentifiers.sm2sign_with_sm3);
        assertThat(KeyAlgorithm.of(leaf.getSubjectPublicKeyInfo())).isEqualTo(KeyAlgorithm.SM2);
        assertThat(GeneralNames.fromExtensions(leaf.getExtensions(), Extension.subjectAlternativeName)
                        .getNames()[0]
                        .getName()
                        .toString())
                .isEqualTo(ID.toString());
        var own = issuer.own(identities, svid.certificate(), now).orElseThrow();
        assertThat(own.id()).isEqualTo(ID);

        // The private key is that of the certificate.
        var signature = KeyAlgorithm.SM2.signature();
        signature.initSign(KeyAlgorithm.SM2.privateKey(svid.key().toByteArray()));
        signature.update(new byte[] {1, 2, 3});
        var signed = signature.sign();
        signature.initVerify(own.key());
        signature.update(new byte[] {1, 2, 3});
        assertThat(signature.verify(signed)).isTrue();
    }

    @Test
    void each_changed_byte_of_a_certificate_is_noticed_and_another_authoritys_is_none_of_ours() {
        var identities = identities(authority(1, KeyAlgorithm.SM2));
        var der = svid(identities).certificate().toByteArray();
        for (int at = 0; at < der.length; at++) {
            der[at] ^= 1;
            assertThat(issuer.own(identities, ByteString.copyFrom(der), now))
                    .as("byte %d", at)
                    .isEmpty();
            der[at] ^= 1;
        }
        assertThat(issuer.own(identities, ByteString.copyFrom(der), now)).isPresent();
        assertThat(issuer.own(identities(authority(2, KeyAlgorithm.SM2)), ByteString.copyFrom(der), now))
                .isEmpty();
        assertThat(issuer.own(identities, ByteString.copyFrom(der), now.plus(Duration.ofHours(2))))
                .isEmpty();
    }

    @Test
    void openssl_verifies_the_chain() throws Exception {
        assumeTrue(Files.isExecutable(OPENSSL), "openssl is not installed");
        var authority = authority(1, KeyAlgorithm.SM2);
        var ca = pem("authority.pem", authority.keys().certificate());
        var leaf = pem("leaf.pem", svid(identities(authority)).certificate());
        assertThat(openssl("verify", "-vfyopt", "distid:1234567812345678", "-CAfile", ca, leaf))
                .contains("leaf.pem: OK");
        var other = pem("other.pem", authority(2, KeyAlgorithm.SM2).keys().certificate());
        assertThat(openssl("verify", "-vfyopt", "distid:1234567812345678", "-CAfile", other, leaf))
                .contains("verification failed");
    }

    private String pem(String name, ByteString der) throws IOException {
        return Files.writeString(
                        folder.resolve(name),
                        "-----BEGIN CERTIFICATE-----\n"
                                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der.toByteArray())
                                + "\n-----END CERTIFICATE-----\n")
                .toString();
    }

    private static String openssl(String... arguments) throws IOException, InterruptedException {
        var command = new java.util.ArrayList<>(List.of(OPENSSL.toString()));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return said;
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void through_a_rotation_to_sm2_both_authorities_identities_verify_with_one_bundle() {
        var before = authority(1, KeyAlgorithm.P256);
        var after = authority(2, KeyAlgorithm.SM2);
        var old = svid(identities(before));
        var both = identities(before, after);
        var next = svid(both);
        assertThat(KeyAlgorithm.of(SvidCertificates.read(next.certificate()).getSubjectPublicKeyInfo()))
                .isEqualTo(KeyAlgorithm.SM2);
        assertThat(issuer.own(both, old.certificate(), now)).isPresent();
        assertThat(issuer.own(both, next.certificate(), now)).isPresent();
        assertThat(Bundles.own(both).certificates())
                .containsExactly(before.keys().certificate(), after.keys().certificate());
    }

    @Test
    void tokens_stay_on_p256_for_jose_has_no_sm2_and_a_bundle_in_jwk_is_refused_with_the_reason() throws Exception {
        var identities = identities(authority(1, KeyAlgorithm.SM2));
        var token = issuer.token(identities, ID, List.of("audit"), now);
        assertThat(SignedJWT.parse(token).getHeader().getAlgorithm()).isEqualTo(JWSAlgorithm.ES256);
        assertThat(issuer.verify(identities, token, "audit", now).id()).isEqualTo(ID);
        assertThatThrownBy(() -> Bundles.published(identities))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("SM2, for which JOSE has no JWK");
        assertThatThrownBy(() -> issuer.forServer(identities, ID, now)).hasMessageContaining("TLS does not know");
    }
}

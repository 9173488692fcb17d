package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.SystemClock;
import dev.plinth.trust.KeyAlgorithm;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IssuerTest {
    private static final SpiffeId ID = SpiffeId.parse("spiffe://example.org/payments");

    @TempDir
    private Path folder;

    private final SystemClock clock = new SystemClock();
    private final SecureRandom random = new SecureRandom();
    private Issuer issuer;
    private Identities identities;
    private Instant now;

    @BeforeEach
    void anAuthoritySigns() throws IOException {
        FileRootKey.make(folder.resolve("root.key"), random);
        var root = FileRootKey.open(folder.resolve("root.key"), random);
        var made = new CompletableFuture<TrustCommand>();
        var place = new RootKeyPlace();
        place.put(root);
        new AuthorityMaker(place, clock, Runnable::run, random)
                .perform(
                        new EffectId(1),
                        new MakeAuthority("example.org", KeyAlgorithm.P256, Duration.ofHours(24)),
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
        now = clock.wall();
        issuer = new Issuer(root, random);
        identities = new Identities(
                Optional.of(Domain.of("example.org")),
                List.of(new Authority(1, ((TrustCommand.Introduce) made.join()).keys(), now, now)),
                1,
                0,
                1,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                Attestors.NONE,
                DomainRoots.FIRST,
                1);
    }

    @AfterEach
    void close() {
        clock.close();
    }

    private Issuer.X509Svid svid() {
        return issuer.x509(identities, TrustEngineTest.entry("payments", ID.toString(), "unix:uid:1"), now);
    }

    private String token() {
        return issuer.token(identities, ID, List.of("accounts", "audit"), now);
    }

    @Test
    void a_certificate_is_as_the_standard_asks() throws Exception {
        var svid = svid();
        X509Certificate leaf = SvidCertificates.parse(svid.certificate());
        var authority = SvidCertificates.parse(
                identities.authorities().getFirst().keys().certificate());
        leaf.verify(authority.getPublicKey());
        authority.verify(authority.getPublicKey());
        assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, ID.toString()));
        assertThat(leaf.getBasicConstraints()).as("signs no certificates").isEqualTo(-1);
        assertThat(leaf.getKeyUsage())
                .as("digitalSignature alone")
                .containsExactly(true, false, false, false, false, false, false, false, false);
        assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.15");
        assertThat(leaf.getExtendedKeyUsage()).containsExactlyInAnyOrder("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
        assertThat(leaf.getNotAfter().toInstant())
                .isEqualTo(svid.notAfter())
                .isBeforeOrEqualTo(now.plus(Duration.ofHours(1)));
        assertThat(authority.getSubjectAlternativeNames()).containsExactly(List.of(6, "spiffe://example.org"));
        assertThat(authority.getBasicConstraints()).isNotNegative();
        assertThat(authority.getKeyUsage()[5]).as("keyCertSign").isTrue();
    }

    @Test
    void each_identity_has_a_key_of_its_own_that_nothing_says_aloud() {
        var one = svid();
        assertThat(one.key()).isNotEqualTo(svid().key());
        assertThat(one.toString()).startsWith(ID.toString()).doesNotContain("key");
    }

    @Test
    void nothing_is_signed_to_last_longer_than_its_authority() {
        now = identities.authorities().getFirst().keys().notAfter().minusSeconds(90);
        assertThat(svid().notAfter())
                .isEqualTo(identities.authorities().getFirst().keys().notAfter());
        now = now.plusSeconds(90);
        assertThatThrownBy(this::svid)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no authority signs");
    }

    @Test
    void a_token_is_good_for_its_audiences_until_it_ends() {
        var token = token();
        assertThat(issuer.verify(identities, token, "audit", now).id()).isEqualTo(ID);
        assertThatThrownBy(() -> issuer.verify(identities, token, "others", now))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("audience");
        assertThatThrownBy(() -> issuer.verify(identities, token, "audit", now.plus(Duration.ofMinutes(6))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("good at");
    }

    @Test
    void a_token_that_was_changed_anywhere_is_refused() {
        var token = token();
        for (int at = 0; at < token.lastIndexOf('.'); at++) {
            var changed = token.substring(0, at) + (token.charAt(at) == 'A' ? 'B' : 'A') + token.substring(at + 1);
            assertThatThrownBy(() -> issuer.verify(identities, changed, "audit", now))
                    .as("character %d", at)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void a_published_bundle_is_imported_as_it_was() {
        var published = Bundles.published(identities);
        var imported = Bundles.parse("example.org", published);
        assertThat(imported.certificates()).isEqualTo(Bundles.own(identities).certificates());
        assertThat(imported.tokenKeys().keySet())
                .isEqualTo(Bundles.own(identities).tokenKeys().keySet());
        assertThat(published).doesNotContain("\"d\":");
        assertThatThrownBy(() -> Bundles.parse("example.org", "{\"keys\":[]}"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Bundles.parse("example.org", "[]")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_private_key_is_never_stored_in_clear() {
        var keys = identities.authorities().getFirst().keys();
        assertThat(keys.sealedKey().size()).isGreaterThan(60);
        // PKCS 8 of a key on P-256 names the curve; what is sealed shows nothing of it.
        var curve = ByteString.copyFrom(
                new byte[] {0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x03, 0x01, 0x07});
        for (var sealed : List.of(keys.sealedKey(), keys.sealedTokenKey())) {
            for (int at = 0; at + curve.size() <= sealed.size(); at++) {
                assertThat(sealed.substring(at, at + curve.size())).isNotEqualTo(curve);
            }
        }
    }
}

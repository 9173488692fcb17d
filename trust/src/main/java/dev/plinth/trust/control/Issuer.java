package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.plinth.trust.KeyAlgorithm;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;

/** Signs identities with the authority whose turn it is, and verifies tokens. Safe for many threads. */
public final class Issuer {
    /*
     * Nothing that is issued is stored: an identity can be made again at any time from its entry, so a server that dies while it issues
     * loses nothing, and whoever asks again gets a new one. Signing keys are opened once, and live in memory as long as their authority.
     */
    static final Duration TOKEN_LIFE = Duration.ofMinutes(5);
    static final int AUDIENCES_MAX = 32;
    static final int TOKEN_CHARACTERS_MAX = 64 << 10;

    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512);

    private record Opened(X509CertificateHolder certificate, PrivateKey key, ECPrivateKey tokenKey) {
        KeyAlgorithm algorithm() {
            return KeyAlgorithm.of(certificate.getSubjectPublicKeyInfo());
        }
    }

    private final RootKey root;
    private final SecureRandom random;
    private final Map<Long, Opened> opened = new ConcurrentHashMap<>();

    Issuer(RootKey root, SecureRandom random) {
        this.root = root;
        this.random = random;
    }

    /**
     * An X.509-SVID with its private key.
     *
     * @param certificate DER
     * @param key PKCS 8; belongs to the workload alone
     */
    public record X509Svid(SpiffeId id, ByteString certificate, ByteString key, Instant notAfter, String hint) {
        /** Says nothing of the key. */
        @Override
        public String toString() {
            return id + " until " + notAfter;
        }
    }

    /** Whom a token is for, who signed it. */
    public record Verified(SpiffeId id, Map<String, Object> claims) {}

    /**
     * Makes a key, and signs an X.509-SVID for it.
     *
     * @throws IllegalStateException if no authority signs at the moment, or its key cannot be opened
     */
    public X509Svid x509(Identities identities, RegistrationEntry entry, Instant now) {
        var keys = open(signing(identities, now)).algorithm().make(random);
        var svid = x509(identities, entry, keys.getPublic(), now);
        return new X509Svid(
                svid.id(),
                svid.certificate(),
                ByteString.copyFrom(keys.getPrivate().getEncoded()),
                svid.notAfter(),
                svid.hint());
    }

    /** As the other {@code x509}, for somebody who keeps the private key: {@link X509Svid#key} is empty. */
    public X509Svid x509(Identities identities, RegistrationEntry entry, PublicKey key, Instant now) {
        var authority = signing(identities, now);
        var life =
                entry.life().orElseGet(() -> identities.domain().orElseThrow().svidLife());
        var to = earlier(now.plus(life), authority.keys().notAfter()).truncatedTo(ChronoUnit.SECONDS);
        var by = open(authority);
        var certificate = SvidCertificates.leaf(entry.id(), key, by.certificate(), by.key(), now, to, random);
        return new X509Svid(entry.id(), certificate, ByteString.EMPTY, to, entry.hint());
    }

    /** An identity for a part of the server itself. */
    public record OwnSvid(X509Certificate certificate, PrivateKey key, Instant notAfter) {
        /** Says nothing of the key. */
        @Override
        public String toString() {
            return certificate.getSubjectX500Principal() + " until " + notAfter;
        }
    }

    /**
     * Makes a key, and signs a certificate for a part of the server itself: it needs no entry.
     *
     * @throws IllegalStateException if no authority signs at the moment, or its key cannot be opened
     */
    public OwnSvid forServer(Identities identities, SpiffeId id, Instant now) {
        var keys = EcKeys.make(random);
        var authority = signing(identities, now);
        var to = earlier(
                        now.plus(identities.domain().orElseThrow().svidLife()),
                        authority.keys().notAfter())
                .truncatedTo(ChronoUnit.SECONDS);
        var by = open(authority);
        if (by.algorithm() != KeyAlgorithm.P256) {
            throw new IllegalStateException("the authority that signs has a key of "
                    + by.algorithm().label() + ", which TLS does not know here; expected one of p256");
        }
        return new OwnSvid(
                SvidCertificates.parse(
                        SvidCertificates.leaf(id, keys.getPublic(), by.certificate(), by.key(), now, to, random)),
                keys.getPrivate(),
                to);
    }

    /** Whose certificate it is, and the key in it. */
    public record Own(SpiffeId id, PublicKey key) {}

    /** What a certificate says that an authority of this domain has signed and that is good now; empty if it is none. */
    public Optional<Own> own(Identities identities, ByteString certificate, Instant now) {
        return identities.authorities().stream()
                .filter(authority -> now.isBefore(authority.keys().notAfter()))
                .map(authority -> publicKey(authority.keys().certificate()))
                .flatMap(key -> SvidCertificates.signedBy(key, certificate, now).stream())
                .filter(own -> identities
                        .domain()
                        .filter(domain -> domain.name().equals(own.id().trustDomain()))
                        .isPresent())
                .findFirst();
    }

    private static PublicKey publicKey(ByteString certificate) {
        var spki = SvidCertificates.publicKey(certificate).toByteArray();
        try {
            return KeyAlgorithm.of(SubjectPublicKeyInfo.getInstance(spki)).publicKey(spki);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("an authority's certificate has no key: " + e.getMessage(), e);
        }
    }

    /** What names a public key: no two have the same. */
    public static String keyId(PublicKey key) {
        return EcKeys.id(ByteString.copyFrom(key.getEncoded()));
    }

    /** A JWT-SVID (JWT-SVID.md, 3), good for five minutes. */
    @SuppressWarnings("JavaUtilDate")
    public String token(Identities identities, SpiffeId id, List<String> audience, Instant now) {
        var authority = signing(identities, now);
        try {
            var token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.ES256)
                            .type(JOSEObjectType.JWT)
                            .keyID(EcKeys.id(authority.keys().tokenKey()))
                            .build(),
                    new JWTClaimsSet.Builder()
                            .subject(id.toString())
                            .audience(audience)
                            .issueTime(Date.from(now))
                            .expirationTime(Date.from(earlier(
                                    now.plus(TOKEN_LIFE), authority.keys().notAfter())))
                            .build());
            token.sign(new ECDSASigner(open(authority).tokenKey(), Curve.P_256));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException("the key of the tokens cannot sign: " + e.getMessage(), e);
        }
    }

    /**
     * Checks a token (JWT-SVID.md, 5) against this domain's bundle and those that it trusts.
     *
     * @throws IllegalArgumentException if it is not good; it says why
     */
    public Verified verify(Identities identities, String token, String audience, Instant now) {
        if (token.length() > TOKEN_CHARACTERS_MAX) {
            throw new IllegalArgumentException("token: expected at most " + TOKEN_CHARACTERS_MAX + " characters");
        }
        try {
            var parsed = SignedJWT.parse(token);
            var header = parsed.getHeader();
            if (!ALGORITHMS.contains(header.getAlgorithm())) {
                throw new IllegalArgumentException(
                        "token: expected an algorithm of JWT-SVIDs, found " + header.getAlgorithm());
            }
            if (header.getType() != null
                    && !Set.of("JWT", "JOSE").contains(header.getType().getType())) {
                throw new IllegalArgumentException("token: expected type JWT or JOSE, found " + header.getType());
            }
            var claims = parsed.getJWTClaimsSet();
            var id = SpiffeId.parse(String.valueOf(claims.getSubject()));
            var key = bundle(identities, id.trustDomain()).tokenKeys().get(String.valueOf(header.getKeyID()));
            if (key == null) {
                throw new IllegalArgumentException(
                        "token: expected a key of " + id.trustDomain() + ", found " + header.getKeyID());
            }
            if (!parsed.verify(verifier(key))) {
                throw new IllegalArgumentException(
                        "token: expected a signature of key " + key.getKeyID() + ", found another");
            }
            if (!claims.getAudience().contains(audience)) {
                throw new IllegalArgumentException(
                        "token: expected audience " + audience + ", found " + claims.getAudience());
            }
            checkTime(claims, now);
            return new Verified(id, claims.toJSONObject());
        } catch (ParseException | JOSEException e) {
            throw new IllegalArgumentException(
                    "token: expected a signed JWT, found one that cannot be read: " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("JavaUtilDate")
    private static void checkTime(JWTClaimsSet claims, Instant now) {
        var until = claims.getExpirationTime();
        if (until == null || !now.isBefore(until.toInstant())) {
            throw new IllegalArgumentException("token: expected one that is good at " + now + ", found one until "
                    + (until == null ? "no time at all" : until.toInstant()));
        }
    }

    private static JWSVerifier verifier(com.nimbusds.jose.jwk.JWK key) throws JOSEException {
        return switch (Bundles.publicKey(key)) {
            case ECPublicKey ec -> new ECDSAVerifier(ec);
            case RSAPublicKey rsa -> new RSASSAVerifier(rsa);
            default -> throw new IllegalArgumentException("a token's key: expected EC or RSA, found another");
        };
    }

    private static Bundles bundle(Identities identities, String domain) {
        if (identities.domain().filter(own -> own.name().equals(domain)).isPresent()) {
            return Bundles.own(identities);
        }
        return Optional.ofNullable(identities.federated().get(domain))
                .map(jwks -> Bundles.parse(domain, jwks))
                .orElseThrow(
                        () -> new IllegalArgumentException("token: trust domain " + domain + " is not trusted here"));
    }

    private static Authority signing(Identities identities, Instant now) {
        return identities
                .signing()
                .filter(authority -> now.isBefore(authority.keys().notAfter()))
                .orElseThrow(() -> new IllegalStateException("no authority signs at the moment; try again"));
    }

    private Opened open(Authority authority) {
        opened.keySet().removeIf(number -> number < authority.number() - 1);
        return opened.computeIfAbsent(authority.number(), _ -> {
            var certificate = SvidCertificates.read(authority.keys().certificate());
            return new Opened(
                    certificate,
                    opened(
                            AuthorityMaker.key(
                                    SvidCertificates.publicKey(authority.keys().certificate())),
                            authority.keys().sealedKey(),
                            KeyAlgorithm.of(certificate.getSubjectPublicKeyInfo())),
                    (ECPrivateKey) opened(
                            AuthorityMaker.tokenKey(authority.keys().tokenKey()),
                            authority.keys().sealedTokenKey(),
                            KeyAlgorithm.P256));
        });
    }

    private PrivateKey opened(String what, ByteString sealed, KeyAlgorithm algorithm) {
        var bytes = root.open(what, sealed);
        try {
            return algorithm.privateKey(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(what + ": not a private key: " + e.getMessage(), e);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    /**
     * Demands that the root key is that with which the authorities' keys were sealed.
     *
     * @throws IllegalStateException if it is not
     */
    public void demandKeys(Identities identities) {
        identities.authorities().forEach(this::open);
    }

    /** Why nothing can be signed now; empty if it can. */
    public Optional<String> trouble(Identities identities, Instant now) {
        try {
            var _ = open(signing(identities, now));
            return Optional.empty();
        } catch (IllegalStateException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}

package dev.plinth.trust.secrets;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The root key, while this server is unsealed. Safe for many threads. */
final class Keyring {
    private final SecureRandom random;

    /** Read by every request, written when the server is sealed and unsealed. */
    private volatile @Nullable Open open;

    /** Guarded by this. */
    private final Map<Integer, byte[]> given = new TreeMap<>();

    /** @param tokenKey signs tokens and checkpoints */
    @SuppressWarnings("ArrayRecordComponent") // it is handed on and wiped, never compared
    private record Open(Root root, byte[] key, ECKey tokenKey) {}

    Keyring(SecureRandom random) {
        this.random = random;
    }

    /** A root for a new key; this server has the key from now on once {@link #unseal} has been given both. */
    Root root(RootKeeper keeper, Envelope.Suite suite, int threshold, int shares, byte[] key) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            var pair = generator.generateKeyPair();
            return new Root(
                    keeper.name(),
                    suite,
                    threshold,
                    shares,
                    com.google.protobuf.ByteString.EMPTY,
                    com.google.protobuf.ByteString.copyFrom(pair.getPublic().getEncoded()),
                    Envelope.seal(suite, key, Root.TOKEN_KEY, pair.getPrivate().getEncoded(), random));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no P-256: " + e.getMessage(), e);
        }
    }

    /** Takes the key in, if it is this root's. */
    boolean unseal(Root root, byte[] key) {
        byte[] encoded;
        try {
            encoded = Envelope.open(key, Root.TOKEN_KEY, root.sealedTokenKey());
        } catch (IllegalArgumentException e) {
            return false;
        }
        try {
            var tokenKey = new ECKey.Builder(publicTokenKey(root))
                    .privateKey((ECPrivateKey)
                            KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded)))
                    .build();
            open = new Open(root, key.clone(), tokenKey);
            return true;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key of tokens cannot be read: " + e.getMessage(), e);
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    /** Without its private part. */
    static ECKey publicTokenKey(Root root) {
        try {
            var key = (ECPublicKey) KeyFactory.getInstance("EC")
                    .generatePublic(new X509EncodedKeySpec(root.tokenKey().toByteArray()));
            return new ECKey.Builder(Curve.P_256, key).keyID(id(root)).build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key of tokens cannot be read: " + e.getMessage(), e);
        }
    }

    /** A key's id: the first half of its SHA-256. */
    static String id(Root root) {
        try {
            var digest = java.security.MessageDigest.getInstance("SHA-256")
                    .digest(root.tokenKey().toByteArray());
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    /**
     * Takes an operator's share; with the last one that is needed the server is unsealed.
     *
     * @return how many are here now; 0 once it is unsealed
     * @throws SecretsProblem if together they are not the root key; all are forgotten then, for nobody can tell which is wrong
     */
    synchronized int give(Root root, Shares.Share share) {
        if (share.threshold() != root.threshold() || share.shares() != root.shares()) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID,
                    "share: expected one of " + root.threshold() + " of " + root.shares() + ", found one of "
                            + share.threshold() + " of " + share.shares());
        }
        if (isOpen()) {
            return 0;
        }
        given.put(share.point(), share.values());
        if (given.size() < root.threshold()) {
            return given.size();
        }
        var key = Shares.join(given);
        given.values().forEach(values -> Arrays.fill(values, (byte) 0));
        given.clear();
        try {
            if (!unseal(root, key)) {
                throw new SecretsProblem(
                        SecretsProblem.Code.INVALID,
                        "the shares do not make the root key: one of them is of another key, or wrong; all have to be given again");
            }
        } finally {
            Arrays.fill(key, (byte) 0);
        }
        return 0;
    }

    synchronized int given() {
        return given.size();
    }

    /** Forgets the key. */
    synchronized void seal() {
        var was = open;
        open = null;
        if (was != null) {
            Arrays.fill(was.key(), (byte) 0);
        }
        given.values().forEach(values -> Arrays.fill(values, (byte) 0));
        given.clear();
    }

    boolean isOpen() {
        return open != null;
    }

    /** @throws SecretsProblem if this server is sealed */
    ECKey tokenKey() {
        return opened().tokenKey();
    }

    Optional<ECKey> tokenKeyIfOpen() {
        return Optional.ofNullable(open).map(Open::tokenKey);
    }

    private Open opened() {
        var now = open;
        if (now == null) {
            throw new SecretsProblem(
                    SecretsProblem.Code.SEALED, "sealed: this server does not have the root key; unseal it first");
        }
        return now;
    }

    /** @throws SecretsProblem if this server is sealed */
    void demandOpen() {
        var _ = opened();
    }

    /*
     * Not while the server is being sealed: with a root key that is wiped at this moment, what is stored would be sealed under zeros, and
     * everybody could open it.
     */
    synchronized Material seal(ResourceName name, KeyMaker.Made made) {
        var now = opened();
        var dataKey = Envelope.newKey(random);
        try {
            return new Material(
                    Envelope.seal(now.root().cipher(), now.key(), "data key of " + name, dataKey, random),
                    Envelope.seal(now.root().cipher(), dataKey, "secret " + name, made.secret(), random),
                    made.publicKey());
        } finally {
            Arrays.fill(dataKey, (byte) 0);
        }
    }

    /** The secret in clear; the caller wipes it. */
    synchronized byte[] open(ResourceName name, Material material) {
        byte[] dataKey;
        try {
            dataKey = Envelope.open(opened().key(), "data key of " + name, material.wrappedKey());
            try {
                return Envelope.open(dataKey, "secret " + name, material.sealed());
            } finally {
                Arrays.fill(dataKey, (byte) 0);
            }
        } catch (IllegalArgumentException e) {
            throw new SecretsProblem(
                    SecretsProblem.Code.CONFLICT, "what is stored cannot be opened: " + e.getMessage());
        }
    }

    /** Says nothing of the key. */
    @Override
    public String toString() {
        return isOpen() ? "unsealed" : "sealed";
    }
}

package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.JOSEException;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The root keys that this server has: that in force, and while they change the next one and the one before. Safe for many threads. */
final class Keyring {
    /*
     * Keys are added before they are needed and taken away when nothing is on its way that needs them, so a change of root keys is never
     * noticed here: what is stored is opened with whichever key is there, and sealed under all that are there.
     */
    private final SecureRandom random;

    /** Read by every request, written when a root key comes or goes. */
    private volatile Open open = Open.NONE;

    /** The number of the root key in force, as far as this server knows; 0 if there is none. Written under this. */
    private long inForce;

    /** @param tokenKey signs tokens and checkpoints */
    private record Held(Root root, RootKey key, ECKey tokenKey) {}

    /** Immutable. */
    private record Open(long inForce, SortedMap<Long, Held> held) {
        static final Open NONE = new Open(0, new TreeMap<>());

        Optional<Held> current() {
            return Optional.ofNullable(held.get(inForce));
        }
    }

    Keyring(SecureRandom random) {
        this.random = random;
    }

    /** The first root, for a new key. */
    Root first(RootKeeper keeper, Envelope.Suite suite, int threshold, int shares, RootKey key) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            var pair = generator.generateKeyPair();
            return root(
                    Root.FIRST,
                    keeper,
                    suite,
                    threshold,
                    shares,
                    key,
                    ByteString.copyFrom(pair.getPublic().getEncoded()),
                    pair.getPrivate().getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no P-256: " + e.getMessage(), e);
        }
    }

    /**
     * A root that may take the place of the one in force; the key of tokens stays the same.
     *
     * @throws SecretsProblem if this server is sealed
     */
    Root next(long number, RootKeeper keeper, Envelope.Suite suite, int threshold, int shares, RootKey key) {
        var now = opened();
        try {
            return root(
                    number,
                    keeper,
                    suite,
                    threshold,
                    shares,
                    key,
                    now.root().tokenKey(),
                    now.tokenKey().toECPrivateKey().getEncoded());
        } catch (JOSEException e) {
            throw new IllegalStateException("the key of tokens cannot be read: " + e.getMessage(), e);
        }
    }

    private Root root(
            long number,
            RootKeeper keeper,
            Envelope.Suite suite,
            int threshold,
            int shares,
            RootKey key,
            ByteString tokenKey,
            byte[] privateTokenKey) {
        try {
            return new Root(
                    number,
                    keeper.name(),
                    suite,
                    threshold,
                    shares,
                    ByteString.EMPTY,
                    tokenKey,
                    key.seal(suite, Root.TOKEN_KEY, privateTokenKey, random));
        } finally {
            Arrays.fill(privateTokenKey, (byte) 0);
        }
    }

    /** Takes in the key of the root in force, if it is that. It is this ring's from now on, or forgotten. */
    boolean unseal(Root root, RootKey key) {
        return take(root, key, true);
    }

    /** Takes in the key of the next root, if it is that. It is this ring's from now on, or forgotten. */
    boolean hold(Root next, RootKey key) {
        return take(next, key, false);
    }

    private boolean take(Root root, RootKey key, boolean isInForce) {
        byte[] encoded;
        try {
            encoded = key.open(Root.TOKEN_KEY, root.sealedTokenKey());
        } catch (IllegalArgumentException e) {
            key.forget();
            return false;
        }
        try {
            var tokenKey = new ECKey.Builder(publicTokenKey(root))
                    .privateKey((ECPrivateKey)
                            KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded)))
                    .build();
            put(new Held(root, key, tokenKey), isInForce);
            return true;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key of tokens cannot be read: " + e.getMessage(), e);
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    private synchronized void put(Held held, boolean isInForce) {
        if (isInForce) {
            inForce = Math.max(inForce, held.root().number());
        }
        var more = new TreeMap<>(open.held());
        var before = Optional.ofNullable(more.put(held.root().number(), held));
        before.map(Held::key).ifPresent(RootKey::forget);
        open = new Open(inForce, more);
    }

    /** This root key is in force from now on; if it is not here, the server is sealed. */
    synchronized void inForce(long number) {
        inForce = number;
        open = new Open(number, open.held());
    }

    /** Forgets all root keys but these. */
    synchronized void keepOnly(List<Long> numbers) {
        var kept = new TreeMap<>(open.held());
        open.held().values().stream()
                .filter(held -> !numbers.contains(held.root().number()))
                .forEach(held -> {
                    kept.remove(held.root().number());
                    held.key().forget();
                });
        open = new Open(inForce, kept);
    }

    /** Forgets all of them. */
    synchronized void seal() {
        keepOnly(List.of());
    }

    boolean isOpen() {
        return open.current().isPresent();
    }

    boolean has(long number) {
        return open.held().containsKey(number);
    }

    /** The bytes of a root key, for another server; the caller wipes them. Empty if it is not here, or in a token that it never leaves. */
    synchronized Optional<byte[]> copy(long number) {
        return Optional.ofNullable(open.held().get(number))
                .map(Held::key)
                .flatMap(key -> key instanceof RootKey.InMemory inMemory
                        ? Optional.of(inMemory.bytes().clone())
                        : Optional.empty());
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

    /** @throws SecretsProblem if this server is sealed */
    ECKey tokenKey() {
        return opened().tokenKey();
    }

    Optional<ECKey> tokenKeyIfOpen() {
        return open.current().map(Held::tokenKey);
    }

    private Held opened() {
        return open.current().orElseThrow(Keyring::isSealed);
    }

    private static SecretsProblem isSealed() {
        return new SecretsProblem(
                SecretsProblem.Code.SEALED, "sealed: this server does not have the root key; unseal it first");
    }

    /** @throws SecretsProblem if this server is sealed */
    void demandOpen() {
        var _ = opened();
    }

    private static String dataKeyOf(ResourceName name) {
        return "data key of " + name;
    }

    /*
     * Not while the server is being sealed: with a root key that is wiped at this moment, what is stored would be sealed under zeros, and
     * everybody could open it.
     */
    synchronized Material seal(ResourceName name, KeyMaker.Made made) {
        var now = opened();
        var dataKey = Envelope.newKey(random);
        try {
            List<Material.Wrap> wraps = new ArrayList<>();
            for (var held : open.held().values()) {
                wraps.add(new Material.Wrap(
                        held.root().number(), held.key().seal(held.root().cipher(), dataKeyOf(name), dataKey, random)));
            }
            return new Material(
                    wraps,
                    Envelope.seal(now.root().cipher(), dataKey, "secret " + name, made.secret(), random),
                    made.publicKey());
        } finally {
            Arrays.fill(dataKey, (byte) 0);
        }
    }

    /** The secret in clear; the caller wipes it. */
    synchronized byte[] open(ResourceName name, Material material) {
        demandOpen();
        var held = open.held().values().stream()
                .filter(one -> material.isUnder(one.root().number()))
                .findFirst()
                .orElseThrow(Keyring::isSealed);
        try {
            var dataKey = held.key()
                    .open(dataKeyOf(name), material.under(held.root().number()).orElseThrow());
            try {
                return Envelope.open(dataKey, "secret " + name, material.sealed());
            } finally {
                Arrays.fill(dataKey, (byte) 0);
            }
        } catch (IllegalArgumentException e) {
            throw unreadable(e);
        }
    }

    /**
     * A data key, sealed under another root key.
     *
     * @throws SecretsProblem if one of the two is not here, or it cannot be opened
     */
    synchronized Rewrap.DataKey rewrap(Rewrap rewrap, Rewrap.DataKey key) {
        var from = held(rewrap.from());
        var to = held(rewrap.to());
        try {
            var dataKey = from.key().open(dataKeyOf(key.name()), key.sealed());
            try {
                return new Rewrap.DataKey(
                        key.name(),
                        key.version(),
                        to.key().seal(to.root().cipher(), dataKeyOf(key.name()), dataKey, random));
            } finally {
                Arrays.fill(dataKey, (byte) 0);
            }
        } catch (IllegalArgumentException e) {
            throw unreadable(e);
        }
    }

    private Held held(long number) {
        return Optional.ofNullable(open.held().get(number))
                .orElseThrow(() ->
                        new SecretsProblem(SecretsProblem.Code.SEALED, "this server does not have root key " + number));
    }

    private static SecretsProblem unreadable(IllegalArgumentException e) {
        return new SecretsProblem(SecretsProblem.Code.CONFLICT, "what is stored cannot be opened: " + e.getMessage());
    }

    /** Says nothing of the keys. */
    @Override
    public String toString() {
        return isOpen() ? "unsealed" : "sealed";
    }
}

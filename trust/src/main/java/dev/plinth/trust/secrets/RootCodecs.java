package dev.plinth.trust.secrets;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.kernel.Codec;
import dev.plinth.trust.secrets.stored.v1.StoredBeginRotation;
import dev.plinth.trust.secrets.stored.v1.StoredDataKey;
import dev.plinth.trust.secrets.stored.v1.StoredHoldRoot;
import dev.plinth.trust.secrets.stored.v1.StoredMaterial;
import dev.plinth.trust.secrets.stored.v1.StoredRewrap;
import dev.plinth.trust.secrets.stored.v1.StoredRewrapped;
import dev.plinth.trust.secrets.stored.v1.StoredRoot;
import dev.plinth.trust.secrets.stored.v1.StoredRotation;
import dev.plinth.trust.secrets.stored.v1.StoredWrap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** How root keys, their changes and what is sealed look on disk: {@code stored.proto}. The number of the first root key is left out. */
final class RootCodecs {
    private RootCodecs() {}

    static final Codec<Rewrap> EFFECTS = new Codec<>() {
        @Override
        public byte[] encode(Rewrap effect) {
            return StoredRewrap.newBuilder()
                    .setFrom(effect.from())
                    .setTo(effect.to())
                    .addAllKeys(effect.keys().stream().map(RootCodecs::toStored).toList())
                    .build()
                    .toByteArray();
        }

        @Override
        public Rewrap decode(ByteBuffer bytes) {
            try {
                var stored = StoredRewrap.parseFrom(bytes);
                return new Rewrap(stored.getFrom(), stored.getTo(), keys(stored.getKeysList()));
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalArgumentException("a stored effect is damaged: " + e.getMessage(), e);
            }
        }
    };

    private static long stored(long number) {
        return number == Root.FIRST ? 0 : number;
    }

    private static long number(long stored) {
        return stored == 0 ? Root.FIRST : stored;
    }

    static StoredRoot toStored(Root root) {
        return StoredRoot.newBuilder()
                .setNumber(stored(root.number()))
                .setKeeper(root.keeper())
                .setCipher(root.cipher().id())
                .setThreshold(root.threshold())
                .setShares(root.shares())
                .setKept(root.kept())
                .setTokenKey(root.tokenKey())
                .setSealedTokenKey(root.sealedTokenKey())
                .build();
    }

    static Root fromStored(StoredRoot stored) {
        return new Root(
                number(stored.getNumber()),
                stored.getKeeper(),
                Envelope.Suite.of(stored.getCipher()),
                stored.getThreshold(),
                stored.getShares(),
                stored.getKept(),
                stored.getTokenKey(),
                stored.getSealedTokenKey());
    }

    static StoredMaterial toStored(Material material) {
        var first = material.wraps().getFirst();
        var stored = StoredMaterial.newBuilder()
                .setRoot(stored(first.root()))
                .setWrappedKey(first.dataKey())
                .setSealed(material.sealed())
                .setPublicKey(material.publicKey());
        material.wraps().stream()
                .skip(1)
                .forEach(wrap -> stored.addMore(
                        StoredWrap.newBuilder().setRoot(wrap.root()).setDataKey(wrap.dataKey())));
        return stored.addAllCertificates(material.certificates()).build();
    }

    static Material fromStored(StoredMaterial stored) {
        List<Material.Wrap> wraps = new ArrayList<>();
        wraps.add(new Material.Wrap(number(stored.getRoot()), stored.getWrappedKey()));
        stored.getMoreList().forEach(more -> wraps.add(new Material.Wrap(more.getRoot(), more.getDataKey())));
        return new Material(wraps, stored.getSealed(), stored.getPublicKey(), stored.getCertificatesList());
    }

    static StoredBeginRotation toStored(SecretsCommand.BeginRotation begin) {
        return StoredBeginRotation.newBuilder()
                .setNext(toStored(begin.next()))
                .addAllServers(new TreeSet<>(begin.servers()))
                .build();
    }

    static SecretsCommand.BeginRotation fromStored(StoredBeginRotation stored, String actor) {
        return new SecretsCommand.BeginRotation(
                fromStored(stored.getNext()), Set.copyOf(stored.getServersList()), actor);
    }

    static StoredHoldRoot toStored(SecretsCommand.HoldRoot hold) {
        return StoredHoldRoot.newBuilder()
                .setRoot(hold.root())
                .setServer(hold.server())
                .build();
    }

    static SecretsCommand.HoldRoot fromStored(StoredHoldRoot stored) {
        return new SecretsCommand.HoldRoot(stored.getRoot(), stored.getServer());
    }

    static StoredRewrapped toStored(SecretsCommand.Rewrapped result) {
        return StoredRewrapped.newBuilder()
                .setEffect(result.effect())
                .addAllKeys(result.keys().stream().map(RootCodecs::toStored).toList())
                .build();
    }

    static SecretsCommand.Rewrapped fromStored(StoredRewrapped stored) {
        return new SecretsCommand.Rewrapped(stored.getEffect(), keys(stored.getKeysList()));
    }

    static StoredRotation toStored(Rotation rotation) {
        return StoredRotation.newBuilder()
                .setNext(toStored(rotation.next()))
                .addAllServers(rotation.servers())
                .addAllHolders(rotation.holders())
                .setEffect(rotation.effect())
                .setCursor(rotation.cursor())
                .setRewrapped(rotation.rewrapped())
                .build();
    }

    static Rotation fromStored(StoredRotation stored) {
        return new Rotation(
                fromStored(stored.getNext()),
                new TreeSet<>(stored.getServersList()),
                new TreeSet<>(stored.getHoldersList()),
                stored.getEffect(),
                stored.getCursor(),
                stored.getRewrapped());
    }

    private static StoredDataKey toStored(Rewrap.DataKey key) {
        return StoredDataKey.newBuilder()
                .setName(key.name().toString())
                .setVersion(key.version())
                .setSealed(key.sealed())
                .build();
    }

    private static List<Rewrap.DataKey> keys(List<StoredDataKey> stored) {
        return stored.stream()
                .map(key -> new Rewrap.DataKey(ResourceName.parse(key.getName()), key.getVersion(), key.getSealed()))
                .toList();
    }
}

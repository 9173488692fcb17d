package dev.plinth.server;

import dev.plinth.trust.secrets.RootKeeper;
import dev.plinth.trust.secrets.Secrets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How this server keeps keys and secrets.
 *
 * @param root who keeps the root key
 * @param former who kept it before: until another one was made, which the new keeper has
 * @param sm4 seals with SM4-GCM in place of AES-256-GCM, if the root key is made from now on
 * @param peers how the servers of a cluster give one another the root key; empty: they do not
 */
public record SecretsConfiguration(
        RootConfiguration root, Optional<RootConfiguration> former, boolean sm4, Optional<PeersConfiguration> peers) {

    /** The root key is in a file of the data folder. */
    public static SecretsConfiguration inFile() {
        return of(new RootConfiguration.InFile(Optional.empty()));
    }

    /** Operators keep the root key. */
    public static SecretsConfiguration withShares() {
        return of(new RootConfiguration.Shared());
    }

    /** Nobody kept the root key before. */
    public static SecretsConfiguration of(RootConfiguration root) {
        return new SecretsConfiguration(root, Optional.empty(), false, Optional.empty());
    }

    /** The servers of the cluster give one another the root key. */
    public SecretsConfiguration with(PeersConfiguration others) {
        return new SecretsConfiguration(root, former, sm4, Optional.of(others));
    }

    /** Without a section there are no doors to secrets, and nobody makes a root key. */
    static Secrets.Options options(Optional<SecretsConfiguration> section, Path data) {
        return section.map(of -> of.options(data)).orElseGet(() -> Secrets.Options.of(new RootKeeper.Shared()));
    }

    private Secrets.Options options(Path data) {
        var options = Secrets.Options.of(root.keeper(data));
        var after = former.map(before -> options.after(before.keeper(data))).orElse(options);
        return sm4 ? after.sealingWithSm4() : after;
    }

    static SecretsConfiguration read(YamlReader.Section section) {
        var root = RootConfiguration.read(section);
        var former = section.section("former").map(before -> {
            var keeper = RootConfiguration.read(before);
            before.done();
            return keeper;
        });
        boolean sm4 = section.value("cipher", text -> switch (text) {
                    case "aes-256-gcm" -> false;
                    case "sm4-gcm" -> true;
                    default -> throw new IllegalArgumentException("aes-256-gcm or sm4-gcm, not '" + text + "'");
                })
                .orElse(false);
        var peers = section.section("peers").map(PeersConfiguration::read);
        section.done();
        if (peers.isPresent() && !isShared(root)) {
            throw section.wrong("peers: expected only with root: shares or tpm, whose root key operators bring");
        }
        if (former.filter(before -> before.getClass() == root.getClass()).isPresent()) {
            throw section.wrong("former: expected another keeper of the root key than root");
        }
        return new SecretsConfiguration(root, former, sm4, peers);
    }

    private static boolean isShared(RootConfiguration root) {
        return root instanceof RootConfiguration.Shared || root instanceof RootConfiguration.InTpm;
    }
}

package dev.plinth.server;

import dev.plinth.trust.secrets.RootKeeper;
import dev.plinth.trust.secrets.Secrets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How this server keeps keys and secrets.
 *
 * @param shared operators keep the root key, each a share of it; else a file does
 * @param rootKey that file, the same on all servers of a cluster; empty: in the data folder
 * @param sm4 seals with SM4-GCM in place of AES-256-GCM, if the root key is made from now on
 */
public record SecretsConfiguration(boolean shared, Optional<Path> rootKey, boolean sm4) {

    /** The root key is in a file of the data folder. */
    public static SecretsConfiguration inFile() {
        return new SecretsConfiguration(false, Optional.empty(), false);
    }

    /** Operators keep the root key. */
    public static SecretsConfiguration withShares() {
        return new SecretsConfiguration(true, Optional.empty(), false);
    }

    /** Without a section there are no doors to secrets, and nobody makes a root key. */
    static Secrets.Options options(Optional<SecretsConfiguration> section, Path data) {
        var options = Secrets.Options.of(section.map(of -> of.keeper(data)).orElseGet(RootKeeper.Shared::new));
        return section.filter(SecretsConfiguration::sm4).isPresent() ? options.sealingWithSm4() : options;
    }

    private RootKeeper keeper(Path data) {
        return shared
                ? new RootKeeper.Shared()
                : new RootKeeper.InFile(
                        rootKey.orElseGet(() -> data.resolve("secrets").resolve("root.key")));
    }

    static SecretsConfiguration read(YamlReader.Section section) {
        boolean shared = section.value("root", text -> switch (text) {
                    case RootKeeper.InFile.NAME -> false;
                    case RootKeeper.Shared.NAME -> true;
                    default -> throw new IllegalArgumentException("file or shares, not '" + text + "'");
                })
                .orElse(false);
        var rootKey = section.value("rootKey", Path::of);
        boolean sm4 = section.value("cipher", text -> switch (text) {
                    case "aes-256-gcm" -> false;
                    case "sm4-gcm" -> true;
                    default -> throw new IllegalArgumentException("aes-256-gcm or sm4-gcm, not '" + text + "'");
                })
                .orElse(false);
        section.done();
        if (shared && rootKey.isPresent()) {
            throw section.wrong("rootKey: expected only with root: file");
        }
        return new SecretsConfiguration(shared, rootKey, sm4);
    }
}

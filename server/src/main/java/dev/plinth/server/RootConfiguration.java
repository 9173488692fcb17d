package dev.plinth.server;

import dev.plinth.trust.attester.TpmDevice;
import dev.plinth.trust.attester.TpmSealer;
import dev.plinth.trust.secrets.RootKeeper;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Who keeps the root key of secrets, as a configuration says it. */
public sealed interface RootConfiguration {
    /** The keeper of a server with this data folder. */
    RootKeeper keeper(Path data);

    /**
     * A file.
     *
     * @param rootKey the same on all servers of a cluster; empty: in the data folder
     */
    record InFile(Optional<Path> rootKey) implements RootConfiguration {
        @Override
        public RootKeeper keeper(Path data) {
            return new RootKeeper.InFile(
                    rootKey.orElseGet(() -> data.resolve("secrets").resolve("root.key")));
        }
    }

    /** Operators, each a share of it. */
    record Shared() implements RootConfiguration {
        @Override
        public RootKeeper keeper(Path data) {
            return new RootKeeper.Shared();
        }
    }

    /** The machine's TPM, and operators. */
    record InTpm(TpmDevice device, List<Integer> registers) implements RootConfiguration {
        /** Which says whether and by whose keys Secure Boot was on. */
        private static final int SECURE_BOOT = 7;

        private static final Path DEVICE = Path.of("/dev/tpmrm0");

        public InTpm {
            registers = List.copyOf(registers);
        }

        @Override
        public RootKeeper keeper(Path data) {
            return new RootKeeper.InTpm(
                    device, registers, data.resolve("secrets").resolve("root.tpm"));
        }

        /** The kernel's device, and what it says of Secure Boot. */
        static InTpm ofKernel() {
            return new InTpm(new TpmDevice.OfKernel(DEVICE), List.of(SECURE_BOOT));
        }

        static InTpm read(YamlReader.Section section) {
            var device = section.value("device", Path::of);
            var simulated = section.value("simulated", Listen::parse);
            var registers = section.values("registers", text -> {
                if (!text.matches("1?\\d|2[0-3]")) {
                    throw new IllegalArgumentException("a register from 0 to 23, not '" + text + "'");
                }
                return Integer.parseInt(text);
            });
            section.done();
            if (device.isPresent() && simulated.isPresent()) {
                throw section.wrong("device and simulated: expected one of them");
            }
            var all = registers.isEmpty() ? List.of(SECURE_BOOT) : registers;
            try {
                TpmSealer.checkRegisters(all);
            } catch (IllegalArgumentException e) {
                throw section.wrong(String.valueOf(e.getMessage()));
            }
            return new InTpm(
                    simulated
                            .<TpmDevice>map(at -> new TpmDevice.Simulated(at.host(), at.port()))
                            .orElseGet(() -> new TpmDevice.OfKernel(device.orElse(DEVICE))),
                    all);
        }
    }

    /** A token of PKCS #11. */
    record InToken(Path library, OptionalLong slot, String label, Path pin) implements RootConfiguration {
        private static final String LABEL = "plinth-root";

        @Override
        public RootKeeper keeper(Path data) {
            return new RootKeeper.InToken(library, slot, label, pin);
        }

        private static InToken read(YamlReader.Section section) {
            var library = section.required(
                    "library", "the path of the token's library, such as /usr/lib/softhsm/libsofthsm2.so", Path::of);
            var slot = section.value("slot", text -> {
                if (!text.matches("\\d{1,18}")) {
                    throw new IllegalArgumentException("a slot's number, not '" + text + "'");
                }
                return Long.parseLong(text);
            });
            var label = section.value("label", text -> {
                if (!text.matches("[A-Za-z0-9._-]{1,60}")) {
                    throw new IllegalArgumentException("1 to 60 letters, digits and . _ -, not '" + text + "'");
                }
                return text;
            });
            var pin = section.required("pin", "a file that only its owner may read, with the token's PIN", Path::of);
            section.done();
            return new InToken(
                    library, slot.map(OptionalLong::of).orElseGet(OptionalLong::empty), label.orElse(LABEL), pin);
        }
    }

    /** Reads the keys {@code root}, {@code rootKey}, {@code tpm} and {@code pkcs11}; leaves others to the caller. */
    static RootConfiguration read(YamlReader.Section section) {
        var kind = section.value("root", text -> switch (text) {
                    case RootKeeper.InFile.NAME,
                            RootKeeper.Shared.NAME,
                            RootKeeper.InTpm.NAME,
                            RootKeeper.InToken.NAME -> text;
                    default -> throw new IllegalArgumentException("file, shares, tpm or pkcs11, not '" + text + "'");
                })
                .orElse(RootKeeper.InFile.NAME);
        var rootKey = section.value("rootKey", Path::of);
        var tpm = section.section("tpm").map(InTpm::read);
        var token = section.section("pkcs11").map(InToken::read);
        demandOnly(section, kind, "rootKey", RootKeeper.InFile.NAME, rootKey.isPresent());
        demandOnly(section, kind, "tpm", RootKeeper.InTpm.NAME, tpm.isPresent());
        demandOnly(section, kind, "pkcs11", RootKeeper.InToken.NAME, token.isPresent());
        return switch (kind) {
            case RootKeeper.Shared.NAME -> new Shared();
            case RootKeeper.InTpm.NAME -> tpm.orElseGet(InTpm::ofKernel);
            case RootKeeper.InToken.NAME ->
                token.orElseThrow(() -> section.wrong("pkcs11: missing; expected library and pin"));
            default -> new InFile(rootKey);
        };
    }

    private static void demandOnly(YamlReader.Section section, String kind, String key, String of, boolean isPresent) {
        if (isPresent && !kind.equals(of)) {
            throw section.wrong(key + ": expected only with root: " + of);
        }
    }
}

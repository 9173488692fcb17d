package dev.plinth.trust.secrets;

import dev.plinth.trust.attester.TpmDevice;
import dev.plinth.trust.attester.TpmSealer;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** Who has the root key while no server that is unsealed has it. */
public sealed interface RootKeeper {
    /** As it is stored, configured and shown. */
    String name();

    /** Whether the key is split among operators, too. */
    default boolean isSplit() {
        return false;
    }

    /**
     * A file that only its owner may read: the weakest. It keeps a copy of the journal, a backup or a stolen snapshot worthless by
     * itself, and nothing from whoever may read the file: the server's own user, root, and whoever has the whole disk. In a cluster
     * it is the same on all servers.
     */
    record InFile(Path file) implements RootKeeper {
        public static final String NAME = "file";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }

    /** Operators, each with a share; as many as was said when it was made have to give theirs, to each server that starts. */
    record Shared() implements RootKeeper {
        public static final String NAME = "shares";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public boolean isSplit() {
            return true;
        }
    }

    /**
     * The TPM of the machine, as long as the machine measures what it measured when the key was sealed; and operators, as with
     * {@link Shared}, for each machine's first time and for the day when the TPM does not give it back. A copy of the disk is worth
     * nothing on another machine, or on this one started with other firmware or another system. Whoever is root on the running
     * machine, or listens on the bus to the TPM, has the key all the same.
     *
     * @param registers 1 to 8 of the SHA-256 bank, whose values it depends on
     * @param file where what the TPM encrypted lies
     */
    record InTpm(TpmDevice device, List<Integer> registers, Path file) implements RootKeeper {
        public static final String NAME = "tpm";

        public InTpm {
            registers = List.copyOf(registers);
            TpmSealer.checkRegisters(registers);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public boolean isSplit() {
            return true;
        }

        @Override
        public String toString() {
            return device + ", registers " + registers;
        }
    }

    /**
     * A token of PKCS #11, such as a hardware security module, which the key never leaves: the token seals data keys, and opens them.
     * Who takes the machine over can use the token while he has it, and has no key when he leaves.
     *
     * @param library the token's PKCS #11 library, loaded into this process
     * @param slot by its id; empty: the first
     * @param label of the keys: LABEL-1, and LABEL-2 after a rotation
     * @param pin a file that only its owner may read
     */
    record InToken(Path library, OptionalLong slot, String label, Path pin) implements RootKeeper {
        public static final String NAME = "pkcs11";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String toString() {
            return "PKCS #11 " + library + ", label " + label;
        }
    }
}

package dev.plinth.trust.secrets;

import java.nio.file.Path;

/** Who has the root key while no server that is unsealed has it. */
public sealed interface RootKeeper {
    /** As it is stored, configured and shown. */
    String name();

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
    }

    /** Operators, each with a share; as many as was said when it was made have to give theirs, to each server that starts. */
    record Shared() implements RootKeeper {
        public static final String NAME = "shares";

        @Override
        public String name() {
            return NAME;
        }
    }
}

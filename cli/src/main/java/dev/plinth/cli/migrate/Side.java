package dev.plinth.cli.migrate;

/** One of the two registries that a system moves between. */
enum Side {
    NACOS,
    PLINTH;

    Side other() {
        return this == NACOS ? PLINTH : NACOS;
    }

    /** As it is written in the mark of a copy. */
    String mark() {
        return this == NACOS ? "nacos" : "plinth";
    }
}

package dev.plinth.cli.migrate;

/** A service's name in a namespace. */
record Service(String group, String name) {
    @Override
    public String toString() {
        return group + "@@" + name;
    }
}

package dev.plinth.trust;

/** From where in the evidence or the collateral a finding came: a range of bytes, or a field of a document. */
public sealed interface Where {
    /** {@code length} bytes from {@code offset} of what is called {@code source}. */
    record Range(String source, int offset, int length) implements Where {
        @Override
        public String toString() {
            return source + "[" + offset + ".." + (offset + length) + ")";
        }
    }

    /** A named field of what is called {@code source}. */
    record Field(String source, String path) implements Where {
        @Override
        public String toString() {
            return source + "#" + path;
        }
    }

    static Where field(String source, String path) {
        return new Field(source, path);
    }
}

package dev.plinth.wire.bolt;

/** The three ways in which a frame may be laid out; an answer is made in the dialect of its request. */
public enum BoltDialect {
    /** Protocol 1: no version, no switches. What SOFARPC speaks. */
    V1(1),
    /** Protocol 2 without a CRC. */
    V2(2),
    /** Protocol 2, version 2, with the CRC switch on: a CRC32 of the whole frame follows its content. */
    V2_CRC(2);

    static final byte VERSION_1 = 1;
    static final byte VERSION_2 = 2;
    static final byte SWITCH_CRC = 1;
    static final int CRC_BYTES = 4;

    private final int protocol;

    BoltDialect(int protocol) {
        this.protocol = protocol;
    }

    /** The first byte of a frame. */
    byte protocol() {
        return (byte) protocol;
    }

    boolean hasCrc() {
        return this == V2_CRC;
    }

    /** Bytes before a request's class name. */
    int requestHeadBytes() {
        return this == V1 ? 22 : 24;
    }

    /** Bytes before a response's class name. */
    int responseHeadBytes() {
        return this == V1 ? 20 : 22;
    }
}

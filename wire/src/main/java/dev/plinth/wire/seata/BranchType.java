package dev.plinth.wire.seata;

/** How a branch keeps its promise. The order is the wire code. */
public enum BranchType {
    AT,
    TCC,
    SAGA,
    XA,
    SAGA_ANNOTATION;

    /** The code on the wire. */
    @SuppressWarnings("EnumOrdinal") // The order is the wire format, held by golden bytes.
    public int code() {
        return ordinal();
    }
}

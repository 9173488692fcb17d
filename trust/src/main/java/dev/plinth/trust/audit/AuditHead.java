package dev.plinth.trust.audit;

import com.google.protobuf.ByteString;

/** Where the log stands: its newest entry and that entry's hash. */
public record AuditHead(long sequence, ByteString hash) {
    public static final AuditHead EMPTY = new AuditHead(0, AuditEntry.BEFORE_ALL);
}

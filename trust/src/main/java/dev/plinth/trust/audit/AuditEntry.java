package dev.plinth.trust.audit;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;

/**
 * Who did what to what, and when; and the hash that ties it to all before.
 *
 * @param sequence from 1, without gaps
 * @param at to the millisecond
 * @param action such as {@code release}; stable words
 * @param hash SHA-256 of the hash before (32 zeros at first), the sequence and the time in milliseconds (8 bytes each, big-endian),
 *     and each text as its length in UTF-8 (4 bytes) and its bytes
 */
public record AuditEntry(
        long sequence, Instant at, String actor, String action, String subject, String detail, ByteString hash) {
    public static final int HASH_BYTES = 32;
    public static final ByteString BEFORE_ALL = ByteString.copyFrom(new byte[HASH_BYTES]);

    /** The entry that follows one with this hash. */
    public static AuditEntry after(
            ByteString before, long sequence, Instant at, String actor, String action, String subject, String detail) {
        return new AuditEntry(
                sequence,
                at,
                actor,
                action,
                subject,
                detail,
                hash(before, sequence, at, actor, action, subject, detail));
    }

    /** Whether its hash is that of what it says, after an entry with this hash. */
    public boolean follows(ByteString before) {
        return hash.equals(hash(before, sequence, at, actor, action, subject, detail));
    }

    private static ByteString hash(ByteString before, long sequence, Instant at, String... texts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(before.asReadOnlyByteBuffer());
            digest.update(ByteBuffer.allocate(16)
                    .putLong(sequence)
                    .putLong(at.toEpochMilli())
                    .flip());
            for (var text : texts) {
                var bytes = text.getBytes(StandardCharsets.UTF_8);
                digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
                digest.update(bytes);
            }
            return ByteString.copyFrom(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }
}

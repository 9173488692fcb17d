package dev.plinth.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A journal that only shows whether a member can take over a past: it restores the state, writes it out again to compare the hashes,
 * and applies the entries after it. It orders nothing.
 *
 * @param <C> the engine's commands
 */
public final class Rehearsal<C> implements Journal<C> {

    /**
     * A partition's past.
     *
     * @param revision where the state stands; with index 0 there is none, and the entries are all there ever were
     * @param hash of the state, SHA-256 in hexadecimal
     */
    public record Past(Revision revision, Instant stamp, String hash, PastReader reader) {}

    /** Reads a past's parts, as often as it is asked. */
    public interface PastReader {
        /** The state, as {@link Journal.Member#snapshot} wrote it. */
        InputStream state() throws IOException;

        /** The entries after it, in their order: {@link Envelope}s with their stamps. */
        void entries(EntryReader each) throws IOException;
    }

    /** Takes one entry. */
    public interface EntryReader {
        void take(ByteBuffer envelope) throws IOException;
    }

    private final String name;
    private final Codec<C> codec;
    private final Past past;

    public Rehearsal(String name, Codec<C> codec, Past past) {
        this.name = name;
        this.codec = codec;
        this.past = past;
    }

    @Override
    public void start(Member<C> member) throws IOException {
        var revision = past.revision();
        if (revision.index() > 0) {
            try (var state = past.reader().state()) {
                member.restore(revision, past.stamp(), state);
            } catch (RuntimeException e) {
                throw new IOException("the state of " + name + " cannot be restored: " + e.getMessage(), e);
            }
            var hash = hash(member.snapshot());
            if (!hash.equals(past.hash())) {
                throw new IOException(
                        "the state of " + name + " hashes to " + hash + " when it is loaded; expected " + past.hash());
            }
        }
        Revision[] last = {revision};
        past.reader().entries(envelope -> {
            try {
                var entry = Envelope.decode(envelope, last[0].next(), codec);
                member.apply(entry, null);
                last[0] = entry.revision();
            } catch (RuntimeException e) {
                throw new IOException(
                        "entry " + last[0].next().index() + " of " + name + " cannot be applied: " + e.getMessage(), e);
            }
        });
        member.follow();
    }

    /** SHA-256 of a state, in hexadecimal. */
    public static String hash(Snapshot snapshot) throws IOException {
        var digest = sha256();
        try (var out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            snapshot.encode(out);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private Refused orders() {
        return new Refused(
                Refused.Code.STOPPED, "this is the rehearsal of a restore: it orders nothing", Optional.empty());
    }

    @Override
    public void propose(Input<C> input, @Nullable Ticket ticket) {
        if (ticket != null) {
            ticket.refused(orders());
        }
    }

    @Override
    public void read(Runnable query, Ticket ticket) {
        ticket.refused(orders());
    }

    /** Dropped, as by a journal that is closed. */
    @Override
    public void execute(Runnable task) {}

    @Override
    public Instant now() {
        return past.stamp();
    }

    @Override
    public void close() {}
}

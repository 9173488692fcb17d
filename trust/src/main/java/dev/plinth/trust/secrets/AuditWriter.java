package dev.plinth.trust.secrets;

import com.nimbusds.jose.jwk.ECKey;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Watcher;
import dev.plinth.trust.audit.AuditFolder;
import dev.plinth.trust.audit.AuditHead;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the audit log to this server's disk as it grows, with a checkpoint whenever it stands still and the server is unsealed. */
public final class AuditWriter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AuditWriter.class);
    private static final int STOP_SECONDS_MAX = 5;
    private static final Duration VERIFY_AGAIN = Duration.ofSeconds(2);

    private final Secrets secrets;
    private final Path path;
    private final AuditFolder folder;
    private final Clock clock;

    /** One thread, so that what is written is in order. */
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("plinth-audit").daemon().factory());

    private Watcher.@Nullable Subscription subscription;

    /** Written by the one thread, read by whoever asks. */
    private volatile AuditFolder.Checkpoint checkpoint;

    private final AtomicBoolean verifying = new AtomicBoolean();

    private AuditWriter(Secrets secrets, Path path, AuditFolder folder, Clock clock) {
        this.secrets = secrets;
        this.path = path;
        this.folder = folder;
        this.clock = clock;
        this.checkpoint = folder.checkpoint();
    }

    /**
     * Goes on where the folder ends.
     *
     * @throws IOException if what is there does not verify
     */
    public static AuditWriter open(Secrets secrets, Path folder, Clock clock) throws IOException {
        var writer = new AuditWriter(secrets, folder, AuditFolder.open(folder), clock);
        var subscription = secrets.watchAudit(writer::grown);
        writer.subscription = subscription;
        subscription.next();
        return writer;
    }

    private void grown() {
        if (!thread.isShutdown()) {
            thread.execute(this::write);
        }
    }

    /** The newest checkpoint that is on this server's disk. */
    public AuditFolder.Checkpoint checkpoint() {
        return checkpoint;
    }

    /**
     * What a look at every line of this server's copy came to.
     *
     * @param reaches whether the copy ends where the log stood when it was asked for, or later
     * @param head where that was
     * @param key that signed the checkpoints, by its id; empty while there is no root key
     */
    public record Verified(AuditFolder.Report report, boolean reaches, AuditHead head, String key) {
        /** Nothing is wrong with it. */
        public boolean good() {
            return report.problems().isEmpty() && reaches;
        }
    }

    /**
     * Looks at every line that is on disk by now, on the calling thread; what is written meanwhile is left out.
     *
     * @throws Refused {@code OVERLOADED} if that is under way already: it reads the whole log
     * @throws IOException if it cannot be read
     */
    public Verified verify() throws IOException {
        if (!verifying.compareAndSet(false, true)) {
            throw Refused.overloaded("the audit log is being verified already", VERIFY_AGAIN);
        }
        try {
            // In turn with what is written: so the last line is whole, and all that is in the log is there.
            record Now(AuditHead head, Optional<ECKey> key, AuditFolder.Extent extent) {}
            Now now;
            try {
                now = CompletableFuture.supplyAsync(
                                () -> {
                                    var head = secrets.auditHead().join();
                                    catchUp();
                                    try {
                                        return new Now(
                                                head, secrets.publicTokenKey().join(), folder.extent());
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    }
                                },
                                thread)
                        .join();
            } catch (CompletionException e) {
                if (Secrets.cause(e) instanceof UncheckedIOException unread) {
                    throw unread.getCause();
                }
                throw Secrets.cause(e) instanceof Refused refused ? refused : e;
            }
            var report = AuditFolder.verify(path, now.key(), now.extent());
            var head = now.head();
            return new Verified(
                    report,
                    report.head().sequence() > head.sequence()
                            || (report.head().sequence() == head.sequence()
                                    && report.head().hash().equals(head.hash())),
                    head,
                    now.key().map(ECKey::getKeyID).orElse(""));
        } finally {
            verifying.set(false);
        }
    }

    private void write() {
        catchUp();
        var watch = subscription;
        if (watch != null) {
            watch.next();
        }
    }

    private void catchUp() {
        try {
            for (var entries = secrets.auditAfter(folder.head().sequence(), Limits.READ_ITEMS_MAX)
                            .join();
                    !entries.isEmpty();
                    entries = secrets.auditAfter(folder.head().sequence(), Limits.READ_ITEMS_MAX)
                            .join()) {
                folder.append(entries);
            }
            var key = secrets.tokenKeyIfOpen();
            if (key.isPresent()) {
                folder.checkpoint(key.get(), clock.wall());
            }
            checkpoint = folder.checkpoint();
        } catch (IOException e) {
            log.error("the audit log is not written on: {}", e.getMessage());
        } catch (CompletionException e) {
            log.debug("the audit log is read later", e);
        }
    }

    /** What is in the log by now is on disk when this returns. */
    @Override
    public void close() throws IOException {
        var watch = subscription;
        if (watch != null) {
            watch.close();
        }
        thread.execute(this::write);
        thread.shutdown();
        try {
            if (!thread.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                log.warn("the audit log is not whole on disk; it is written on at the next start");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        folder.close();
    }
}

package dev.plinth.trust.secrets;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Watcher;
import dev.plinth.trust.audit.AuditFolder;
import dev.plinth.trust.audit.AuditHead;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the audit log to this server's disk as it grows, with a checkpoint whenever it stands still and the server is unsealed. */
public final class AuditWriter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AuditWriter.class);
    private static final int STOP_SECONDS_MAX = 5;

    private final Secrets secrets;
    private final AuditFolder folder;
    private final Clock clock;

    /** One thread, so that what is written is in order. */
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("plinth-audit").daemon().factory());

    private Watcher.@Nullable Subscription subscription;

    private AuditWriter(Secrets secrets, AuditFolder folder, Clock clock) {
        this.secrets = secrets;
        this.folder = folder;
        this.clock = clock;
    }

    /**
     * Goes on where the folder ends.
     *
     * @throws IOException if what is there does not verify
     */
    public static AuditWriter open(Secrets secrets, Path folder, Clock clock) throws IOException {
        var writer = new AuditWriter(secrets, AuditFolder.open(folder), clock);
        var subscription = secrets.watchAudit(writer::grown);
        writer.subscription = subscription;
        subscription.next();
        return writer;
    }

    private void grown(Watcher.Batch<AuditHead> batch) {
        if (!thread.isShutdown()) {
            thread.execute(this::write);
        }
    }

    private void write() {
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
        } catch (IOException e) {
            log.error("the audit log is not written on: {}", e.getMessage());
        } catch (CompletionException e) {
            log.debug("the audit log is read later", e);
        }
        var watch = subscription;
        if (watch != null) {
            watch.next();
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

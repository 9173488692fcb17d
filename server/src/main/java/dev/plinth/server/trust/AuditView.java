package dev.plinth.server.trust;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Limits;
import dev.plinth.server.console.AuditPage;
import dev.plinth.server.console.TrustState;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.audit.AuditFolder;
import dev.plinth.trust.audit.AuditHead;
import dev.plinth.trust.secrets.AuditWriter;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.trust.secrets.SecretsLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The audit log, the newest first, as far back as the engine keeps it; and whether this server's copy is as it was written. */
final class AuditView {
    /*
     * The newest entries are kept here too, and only what is new is read: else each look at a secret would have the engine's thread walk
     * through its ten thousand. They are the engine's own objects, so they cost a reference each.
     */
    private static final String REFUSE = "refuse";

    private final Secrets secrets;
    private final AuditWriter writer;
    private final Clock clock;
    private final Deque<AuditEntry> newest = new ArrayDeque<>();

    /** What became of one secret. */
    record Tally(long given, long refused) {}

    AuditView(Secrets secrets, AuditWriter writer, Clock clock) {
        this.secrets = secrets;
        this.writer = writer;
        this.clock = clock;
    }

    TrustState.Audit stand() {
        var head = secrets.auditHead().join();
        return new TrustState.Audit(head.sequence(), hex(head), checkpoint(writer.checkpoint()));
    }

    private static Optional<TrustState.Checkpoint> checkpoint(AuditFolder.Checkpoint of) {
        return of.sequence() == 0 ? Optional.empty() : Optional.of(new TrustState.Checkpoint(of.sequence(), of.at()));
    }

    private static String hex(AuditHead head) {
        return HexFormat.of().formatHex(head.hash().toByteArray());
    }

    /** All that are kept, the newest first. */
    private synchronized List<AuditEntry> upToDate() {
        for (var more = after(); !more.isEmpty(); more = after()) {
            if (!newest.isEmpty()
                    && more.getFirst().sequence() != newest.getFirst().sequence() + 1) {
                newest.clear();
            }
            more.forEach(newest::addFirst);
            while (newest.size() > SecretsLimits.AUDIT_KEPT_MAX) {
                newest.removeLast();
            }
        }
        return List.copyOf(newest);
    }

    private List<AuditEntry> after() {
        return secrets.auditAfter(newest.isEmpty() ? 0 : newest.getFirst().sequence(), Limits.READ_ITEMS_MAX)
                .join();
    }

    AuditPage page(long before, int limit, String text) {
        var wanted = text.toLowerCase(Locale.ROOT);
        var all = upToDate();
        var found = all.stream()
                .filter(entry -> entry.sequence() < before)
                .filter(entry -> (entry.actor() + " " + entry.action() + " " + entry.subject() + " " + entry.detail())
                        .toLowerCase(Locale.ROOT)
                        .contains(wanted))
                .limit(limit + 1L)
                .toList();
        var page = found.stream().limit(limit).toList();
        return new AuditPage(
                page.stream().map(AuditView::entry).toList(),
                all.isEmpty() ? 0 : all.getFirst().sequence(),
                all.isEmpty() ? 0 : all.getLast().sequence(),
                found.size() > page.size() ? Optional.of(page.getLast().sequence()) : Optional.empty());
    }

    /** Entries about one secret, whichever version, the newest first. */
    List<AuditPage.Entry> about(String secret, int limit) {
        return upToDate().stream()
                .filter(entry -> secret.equals(secretOf(entry)))
                .limit(limit)
                .map(AuditView::entry)
                .toList();
    }

    /** By the secret's name. */
    java.util.Map<String, Tally> tallies() {
        var tallies = new java.util.HashMap<String, Tally>();
        for (var entry : upToDate()) {
            switch (entry.action()) {
                case "release", "sign", "decrypt", "encrypt" ->
                    tallies.merge(secretOf(entry), new Tally(1, 0), AuditView::sum);
                case REFUSE -> tallies.merge(secretOf(entry), new Tally(0, 1), AuditView::sum);
                default -> {
                    // Not a taking.
                }
            }
        }
        return tallies;
    }

    private static Tally sum(Tally one, Tally other) {
        return new Tally(one.given() + other.given(), one.refused() + other.refused());
    }

    /** A subject is a secret, or one version of it: {@code bank/keys/ledger@3}. */
    private static String secretOf(AuditEntry entry) {
        int at = entry.subject().indexOf('@');
        return at < 0 ? entry.subject() : entry.subject().substring(0, at);
    }

    private static AuditPage.Entry entry(AuditEntry of) {
        return new AuditPage.Entry(
                of.sequence(),
                of.at(),
                of.actor(),
                of.action(),
                of.subject(),
                of.detail(),
                HexFormat.of().formatHex(of.hash().toByteArray()));
    }

    AuditPage.Verification verify() {
        long began = clock.nanoTime();
        AuditWriter.Verified verified;
        try {
            verified = writer.verify();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var report = verified.report();
        return new AuditPage.Verification(
                verified.good(),
                clock.wall(),
                TimeUnit.NANOSECONDS.toMicros(clock.nanoTime() - began),
                report.entries(),
                report.head().sequence(),
                verified.head().sequence(),
                report.checkpoints(),
                checkpoint(report.newestCheckpoint()),
                !verified.key().isEmpty(),
                verified.key(),
                report.missing(),
                report.problems());
    }
}

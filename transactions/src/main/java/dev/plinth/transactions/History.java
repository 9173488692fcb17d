package dev.plinth.transactions;

import dev.plinth.kernel.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What became of the transactions that ended: the newest of them, on disk. For one thread at a time. */
final class History implements AutoCloseable {
    /*
     * Files of bounded size, the oldest deleted when there are too many. Everything is appended and synced, then the engine is
     * told to forget; what was appended and not yet forgotten when the machine stopped comes again, and is known by its id. A file
     * that failed, or that ends in what a crash left, is closed for good and the next record begins a new one.
     */

    /** How much is kept. */
    record Size(int fileBytesMax, int filesMax) {
        static final Size OF_RELEASE = new Size(8 << 20, 32);
    }

    /** Records that one page looks at; a search goes on from there with the next page. */
    static final int SCAN_MAX = 20_000;

    /** Bytes that one write gathers; the last record of it may exceed them. */
    private static final int BATCH_BYTES = 1 << 20;

    private final Storage storage;
    private final Size size;
    private final Consumer<String> report;
    private final List<HistoryFile> files;

    /** The last of the files, if it may still grow. */
    private @Nullable HistoryFile growing;

    private History(
            Storage storage,
            Size size,
            Consumer<String> report,
            List<HistoryFile> files,
            @Nullable HistoryFile growing) {
        this.storage = storage;
        this.size = size;
        this.report = report;
        this.files = files;
        this.growing = growing;
    }

    /**
     * Opens what is there. Damage costs the rest of its file, and is reported.
     *
     * @param report told, in a sentence, of what a person should know
     */
    static History open(Storage storage, Size size, Consumer<String> report) throws IOException {
        List<HistoryFile> files = new ArrayList<>();
        var names = storage.list().stream().filter(HistoryFile::named).sorted().toList();
        for (String name : names) {
            var file = HistoryFile.open(storage, name);
            if (file.isPresent()) {
                files.add(file.get());
            } else if (name.equals(names.getLast())) {
                storage.delete(name);
            } else {
                report.accept("history file " + name + " is damaged: it has no header; its records are lost");
            }
        }
        for (int i = 0; i + 1 < files.size(); i++) {
            var file = files.get(i);
            file.cutAt(files.get(i + 1).first());
            if (file.next() < files.get(i + 1).first()) {
                report.accept("history file " + file.name() + " is damaged at offset " + file.bytes() + ": "
                        + (files.get(i + 1).first() - file.next()) + " records are lost");
            }
        }
        var last = files.isEmpty() ? null : files.getLast();
        if (last != null) {
            last.makeDurable();
            storage.syncDirectory();
        }
        return new History(storage, size, report, files, last != null && last.endsClean() ? last : null);
    }

    /**
     * Adds transactions in the order in which they are given, but those it has; returns when all are on the disk.
     *
     * @throws IOException if they may not be; then adding them again is right
     */
    void append(List<TransactionView> ended) throws IOException {
        List<HistoryFile.Entry> batch = new ArrayList<>();
        int bytes = 0;
        for (TransactionView view : ended) {
            if (fileOf(view.id()) == null) {
                var entry = HistoryFile.Entry.of(view);
                batch.add(entry);
                bytes += entry.bytes();
                if (bytes > BATCH_BYTES) {
                    write(batch);
                    batch.clear();
                    bytes = 0;
                }
            }
        }
        if (!batch.isEmpty()) {
            write(batch);
        }
    }

    private void write(List<HistoryFile.Entry> batch) throws IOException {
        var file = growing;
        if (file == null || file.bytes() >= size.fileBytesMax()) {
            file = startFile();
        }
        // Until it is known that all went well, nobody may write behind it.
        growing = null;
        file.append(batch);
        growing = file;
    }

    private HistoryFile startFile() throws IOException {
        growing = null;
        long next = files.isEmpty() ? 0 : files.getLast().next();
        if (!files.isEmpty() && files.getLast().count() == 0) {
            var empty = files.removeLast();
            empty.close(report);
            storage.delete(empty.name());
        } else if (storage.list().contains(HistoryFile.name(next))) {
            // The last attempt to make it failed half-way.
            storage.delete(HistoryFile.name(next));
        }
        var file = HistoryFile.create(storage, next);
        files.add(file);
        while (files.size() > size.filesMax()) {
            var oldest = files.removeFirst();
            oldest.close(report);
            storage.delete(oldest.name());
        }
        storage.syncDirectory();
        return file;
    }

    /** Transactions that are kept. */
    long count() {
        return files.stream().mapToLong(HistoryFile::count).sum();
    }

    Optional<TransactionView> get(TransactionId id) throws IOException {
        var file = fileOf(id);
        return file == null ? Optional.empty() : Optional.of(file.read(file.indexOf(id)));
    }

    private @Nullable HistoryFile fileOf(TransactionId id) {
        for (int i = files.size() - 1; i >= 0; i--) {
            if (files.get(i).indexOf(id) >= 0) {
                return files.get(i);
            }
        }
        return null;
    }

    /**
     * Those that match, the newest first.
     *
     * @param before the {@link TransactionPage#next} of the page before; empty for the newest
     */
    TransactionPage page(TransactionFilter filter, OptionalLong before, int limit) throws IOException {
        List<TransactionView> found = new ArrayList<>();
        long from = before.orElse(Long.MAX_VALUE);
        int looked = 0;
        for (int f = files.size() - 1; f >= 0; f--) {
            var file = files.get(f);
            for (long number = Math.min(from, file.next()) - 1; number >= file.first(); number--) {
                if (found.size() == limit || looked == SCAN_MAX) {
                    return new TransactionPage(found, OptionalLong.of(number + 1));
                }
                looked++;
                int index = (int) (number - file.first());
                if (filter.matches(DiskCodec.globalStatus(file.status(index)))) {
                    readable(file, index).filter(filter::matches).ifPresent(found::add);
                }
            }
        }
        return new TransactionPage(found, OptionalLong.empty());
    }

    /** One damaged record shall not hide all that are older. */
    private Optional<TransactionView> readable(HistoryFile file, int index) {
        try {
            return Optional.of(file.read(index));
        } catch (IOException e) {
            report.accept(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        files.forEach(file -> file.close(report));
        files.clear();
        growing = null;
    }
}

package dev.plinth.bench;

import dev.plinth.kernel.Storage;
import java.io.IOException;
import java.util.List;

/** The storage of snapshots, which remembers when the last one was begun and when it was whole. */
final class WatchedStorage implements Storage {
    private final Storage storage;
    private volatile long begunNanos;
    private volatile long wholeNanos;
    private volatile int whole;

    WatchedStorage(Storage storage) {
        this.storage = storage;
    }

    /** How many were made. */
    int whole() {
        return whole;
    }

    /** When the last one was begun, as {@link System#nanoTime} has it. */
    long begunNanos() {
        return begunNanos;
    }

    /** When the last one was whole. */
    long wholeNanos() {
        return wholeNanos;
    }

    @Override
    public List<String> list() throws IOException {
        return storage.list();
    }

    @Override
    public File open(String name) throws IOException {
        return storage.open(name);
    }

    @Override
    public File create(String name) throws IOException {
        begunNanos = System.nanoTime();
        return storage.create(name);
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // snapshots of one journal are written by one thread
    public void rename(String from, String to) throws IOException {
        storage.rename(from, to);
        wholeNanos = System.nanoTime();
        whole++;
    }

    @Override
    public void delete(String name) throws IOException {
        storage.delete(name);
    }

    @Override
    public void syncDirectory() throws IOException {
        storage.syncDirectory();
    }
}

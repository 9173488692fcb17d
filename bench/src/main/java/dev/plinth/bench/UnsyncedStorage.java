package dev.plinth.bench;

import dev.plinth.kernel.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A storage whose syncs do nothing: what the journal would do if durability were free. Never for data that matters. */
record UnsyncedStorage(Storage storage) implements Storage {

    @Override
    public List<String> list() throws IOException {
        return storage.list();
    }

    @Override
    public File open(String name) throws IOException {
        return new UnsyncedFile(storage.open(name));
    }

    @Override
    public File create(String name) throws IOException {
        return new UnsyncedFile(storage.create(name));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        storage.rename(from, to);
    }

    @Override
    public void delete(String name) throws IOException {
        storage.delete(name);
    }

    @Override
    public void syncDirectory() {
        // Left out: that is the point.
    }

    private record UnsyncedFile(File file) implements File {
        @Override
        public int read(ByteBuffer to, long offset) throws IOException {
            return file.read(to, offset);
        }

        @Override
        public void write(ByteBuffer from, long offset) throws IOException {
            file.write(from, offset);
        }

        @Override
        public void sync() {
            // Left out: that is the point.
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}

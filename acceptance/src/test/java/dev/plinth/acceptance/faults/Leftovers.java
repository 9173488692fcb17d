package dev.plinth.acceptance.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a run makes of the machine's own things (namespaces, mounts), by name: so that a run that died leaves nothing for long. */
final class Leftovers {
    private static final Pattern NAME = Pattern.compile("plinth-faults-(\\d+)-.*");
    private static final Path NAMESPACES = Path.of("/run/netns");

    private Leftovers() {}

    /** A name by which a later run knows whose this is. */
    static String name(String what) {
        return "plinth-faults-" + ProcessHandle.current().pid() + "-" + what;
    }

    /** Takes away what belongs to test processes that are gone. */
    static void sweep() throws IOException {
        for (var namespace : namespaces()) {
            if (ownerIsGone(namespace)) {
                Namespace.delete(namespace);
            }
        }
        for (var mount : mounts()) {
            if (ownerIsGone(mount.source())) {
                Shell.run("umount", mount.directory());
            }
        }
    }

    /** What is there of this process. */
    static List<String> own() throws IOException {
        var own = name("");
        List<String> found = new ArrayList<>(namespaces());
        mounts().forEach(mount -> found.add(mount.source()));
        found.removeIf(one -> !one.startsWith(own));
        return found;
    }

    private static boolean ownerIsGone(String name) {
        var match = NAME.matcher(name);
        return match.matches()
                && ProcessHandle.of(Long.parseLong(match.group(1))).isEmpty();
    }

    private static List<String> namespaces() throws IOException {
        if (!Files.isDirectory(NAMESPACES)) {
            return List.of();
        }
        try (var all = Files.list(NAMESPACES)) {
            return all.map(path -> path.getFileName().toString()).toList();
        }
    }

    private record Mount(String source, String directory) {}

    private static List<Mount> mounts() throws IOException {
        try (var all = Files.lines(Path.of("/proc/self/mounts"))) {
            return all.map(line -> line.split(" ", 3))
                    .map(words -> new Mount(words[0], words[1]))
                    .filter(mount -> mount.source().startsWith("plinth-faults-"))
                    .toList();
        }
    }

    /** Why this machine cannot have what the tests need; empty if it can. Tried, for no list of rights is sure to tell. */
    static Optional<String> missing() {
        try {
            sweep();
            Namespace.make(name("trial")).close();
            var directory = Files.createTempDirectory("plinth-faults");
            Shell.run("mount", "-t", "tmpfs", "-o", "size=1m", name("trial"), directory.toString());
            Shell.run("umount", directory.toString());
            Files.delete(directory);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("this machine makes no network namespaces or mounts: " + e.getMessage());
        }
    }
}

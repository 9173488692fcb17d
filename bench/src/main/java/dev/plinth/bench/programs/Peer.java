package dev.plinth.bench.programs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A program of others that is measured or measures, from Maven Central; fetched once, and kept apart from our class path. */
public enum Peer {
    SEATA_SERVER("seata-server", "2.0.0"),
    SEATA_CLIENT("seata-client", "2.6.0"),
    SEATA_AT_CLIENT("seata-at-client", "2.6.0"),
    NACOS_SERVER("nacos-server", "3.1.0-bugfix"),
    NACOS_CLIENT("nacos-client", "3.2.1-2026.03.30"),
    SOFAREGISTRY_SERVER("sofaregistry-server", "6.3.0"),
    SOFAREGISTRY_CLIENT("sofaregistry-client", "6.5.6");

    private final String name;
    private final String version;

    Peer(String name, String version) {
        this.name = name;
        this.version = version;
    }

    /** What of it lies in this project: its pom, and what it is started with. */
    public Path source() {
        return source(home());
    }

    private Path source(Path home) {
        return home.resolve("bench/peers").resolve(name);
    }

    /** The directory with its jars, fetched by Maven if they are not there yet. */
    public Path programs() throws IOException, InterruptedException {
        return programs(home());
    }

    /** The same for whoever does not run in the checkout, which is {@code home}. */
    public Path programs(Path home) throws IOException, InterruptedException {
        var lib = home.resolve(".plinth/peers").resolve(name + "-" + version);
        if (Files.isDirectory(lib)) {
            return lib;
        }
        System.out.println("fetching " + name + " " + version + " from Maven Central");
        var unfinished = lib.resolveSibling(name + "-unfinished");
        var maven = new ProcessBuilder(List.of(
                        "mvn",
                        "-B",
                        "-ntp",
                        "-q",
                        "-f",
                        source(home).resolve("pom.xml").toString(),
                        "dependency:copy-dependencies",
                        "-DincludeScope=runtime",
                        "-DoutputDirectory=" + unfinished))
                .inheritIO()
                .start();
        if (maven.waitFor() != 0) {
            throw new IOException(name + " could not be fetched by Maven");
        }
        Files.move(unfinished, lib);
        return lib;
    }

    private static Path home() {
        return Path.of(System.getProperty("plinth.home", ".")).toAbsolutePath();
    }
}

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

/**
 * Completes the list of a release's components, and refuses one that is not whole: a step of {@code ./plinth dist}.
 *
 * <p>Maven lists what the command line depends on; what it does not list are the command line's own jar and the Java runtime. Then each jar
 * of the release has to be in the list by its SHA-256.
 */
final class Sbom {
    public static void main(String[] args) throws IOException, GeneralSecurityException {
        if (args.length != 3) {
            System.err.println("expected LIST RELEASE OUT");
            System.exit(2);
        }
        var json = new ObjectMapper();
        var list = (ObjectNode) json.readTree(Path.of(args[0]).toFile());
        var release = Path.of(args[1]);

        var own = (ObjectNode) list.at("/metadata/component");
        hash(own, sha256(release.resolve("lib/" + own.get("name").textValue() + "-" + own.get("version").textValue() + ".jar")));
        var listed = new HashSet<String>();
        listed.add(own.at("/hashes/0/content").textValue());
        for (var component : list.withArray("components")) {
            for (var hash : component.path("hashes")) {
                if (hash.get("alg").textValue().equals("SHA-256")) {
                    listed.add(hash.get("content").textValue());
                }
            }
        }
        listed.addAll(runtime(list, release));

        Set<String> missing = new TreeSet<>();
        try (var files = Files.walk(release)) {
            for (var jar : files.filter(one -> one.toString().endsWith(".jar")).toList()) {
                if (!listed.contains(sha256(jar))) {
                    missing.add(release.relativize(jar).toString());
                }
            }
        }
        if (!missing.isEmpty()) {
            System.err.println("in the release, and not in the list of its components: " + missing);
            System.exit(1);
        }
        var printer = new DefaultPrettyPrinter();
        printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
        Files.writeString(Path.of(args[2]), json.writer(printer).writeValueAsString(list) + "\n");
    }

    /** By the file that all its classes are in, and the one jar that it has besides. */
    private static Set<String> runtime(ObjectNode list, Path release) throws IOException, GeneralSecurityException {
        var of = new Properties();
        try (var in = Files.newInputStream(release.resolve("runtime/release"))) {
            of.load(in);
        }
        var version = of.getProperty("JAVA_RUNTIME_VERSION", of.getProperty("JAVA_VERSION")).replace("\"", "");
        var component = list.withArray("components").addObject();
        component
                .put("type", "platform")
                .put("bom-ref", "pkg:generic/openjdk@" + version)
                .put("name", "openjdk")
                .put("version", version)
                .put("scope", "required");
        component
                .putArray("licenses")
                .addObject()
                .put("expression", "GPL-2.0-only WITH Classpath-exception-2.0");
        component.put("purl", "pkg:generic/openjdk@" + version);
        hash(component, sha256(release.resolve("runtime/lib/modules")));
        var jar = component.putArray("components").addObject();
        jar.put("type", "file").put("name", "lib/jrt-fs.jar").put("version", version);
        jar.set("licenses", component.get("licenses").deepCopy());
        jar.put("purl", "pkg:generic/openjdk@" + version + "#lib/jrt-fs.jar");
        hash(jar, sha256(release.resolve("runtime/lib/jrt-fs.jar")));
        return Set.of(jar.at("/hashes/0/content").textValue());
    }

    private static void hash(ObjectNode component, String sha256) {
        component.putArray("hashes").addObject().put("alg", "SHA-256").put("content", sha256);
    }

    private static String sha256(Path file) throws IOException, GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}

package dev.plinth.simulator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/** The whole house once more in a class loader of its own, with one class compiled from another source. */
final class MutatedHouse extends ClassLoader {
    /*
     * Every class of the house is defined anew here, not only the changed one: classes of one package see one another's insides
     * only within one loader, and all of them must see the changed one. What is not the house's comes from where it always does.
     */
    private static final String HOUSE = "dev.plinth.";

    private final Map<String, byte[]> changed;

    private MutatedHouse(Map<String, byte[]> changed) {
        super(MutatedHouse.class.getClassLoader());
        this.changed = changed;
    }

    /** @throws IOException if the source does not compile, with the compiler's words */
    static MutatedHouse with(String className, String source) throws IOException {
        return new MutatedHouse(compile(className, source));
    }

    /** Lives a life in this house, and returns what did not hold. */
    Optional<String> live(Scenario scenario, long seed) {
        try {
            var inside = loadClass(Scenario.class.getName())
                    .getDeclaredMethod("failure", String.class, String.class, long.class);
            inside.setAccessible(true);
            var failure = (String) inside.invoke(null, scenario.engine(), scenario.journal(), seed);
            return Optional.of(failure).filter(text -> !text.isEmpty());
        } catch (InvocationTargetException e) {
            // A mistake may show as an error of the virtual machine's, such as one of too deep a recursion.
            return Optional.of(String.valueOf(e.getCause()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(HOUSE)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            var loaded = findLoadedClass(name);
            if (loaded == null) {
                byte[] bytes = changed.containsKey(name) ? changed.get(name) : original(name);
                loaded = defineClass(name, bytes, 0, bytes.length);
            }
            if (resolve) {
                resolveClass(loaded);
            }
            return loaded;
        }
    }

    private byte[] original(String name) throws ClassNotFoundException {
        try (var in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, byte[]> compile(String className, String source) throws IOException {
        var compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IOException("mutations are compiled: run with a JDK, not with a runtime alone");
        }
        Map<String, ByteArrayOutputStream> classes = new HashMap<>();
        var problems = new DiagnosticCollector<JavaFileObject>();
        try (var files = new InMemory(compiler.getStandardFileManager(problems, Locale.ROOT, null), classes)) {
            var unit =
                    new SimpleJavaFileObject(
                            URI.create("mutated:///" + className.replace('.', '/') + ".java"),
                            JavaFileObject.Kind.SOURCE) {
                        @Override
                        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                            return source;
                        }
                    };
            var options = List.of("-proc:none", "-nowarn", "-parameters", "-cp", System.getProperty("java.class.path"));
            if (!compiler.getTask(null, files, problems, options, null, List.of(unit))
                    .call()) {
                throw new IOException(className + " does not compile with its mutation: " + problems.getDiagnostics());
            }
        }
        Map<String, byte[]> bytes = new HashMap<>();
        classes.forEach((name, out) -> bytes.put(name, out.toByteArray()));
        return bytes;
    }

    /** Keeps what is compiled. */
    private static final class InMemory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ByteArrayOutputStream> classes;

        InMemory(JavaFileManager others, Map<String, ByteArrayOutputStream> classes) {
            super(others);
            this.classes = classes;
        }

        @Override
        public boolean hasLocation(Location location) {
            return location != StandardLocation.SOURCE_PATH && super.hasLocation(location);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("mutated:///" + name.replace('.', '/') + ".class"), kind) {
                @Override
                public OutputStream openOutputStream() {
                    var out = new ByteArrayOutputStream();
                    classes.put(name, out);
                    return out;
                }
            };
        }
    }
}

package dev.plinth.acceptance.faults;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A network namespace, entered by programs that are started in it and by sockets that are opened in it. */
final class Namespace implements AutoCloseable {
    /*
     * A socket belongs for ever to the namespace that its thread was in when it was opened, whoever uses it later. So one thread enters
     * the namespace and opens sockets there, and clients of this process reach a server's loopback, which no other host can.
     */
    private static final int CLONE_NEWNET = 0x4000_0000;

    private static final int O_RDONLY = 0;
    private static final MethodHandle OPEN = function(
            "open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SETNS =
            function("setns", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final String name;
    private final ExecutorService inside;

    private Namespace(String name) {
        this.name = name;
        this.inside = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("in-" + name).factory());
    }

    /** Makes one. */
    static Namespace make(String name) throws IOException {
        Shell.run("ip", "netns", "add", name);
        var made = new Namespace(name);
        try {
            made.inside(() -> {
                enter(path(name));
                return true;
            });
            return made;
        } catch (IOException e) {
            made.close();
            throw e;
        }
    }

    private static String path(String name) {
        return "/run/netns/" + name;
    }

    String name() {
        return name;
    }

    /** What has to stand before a command, so that it runs in here; the process is the command's own. */
    List<String> entering() {
        return List.of("nsenter", "--net=" + path(name));
    }

    /** A socket in here, not connected yet. */
    SocketChannel socket() throws IOException {
        return inside(SocketChannel::open);
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    private <T> T inside(Work<T> work) throws IOException {
        try {
            return CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return work.run();
                                } catch (IOException e) {
                                    throw new CompletionException(e);
                                }
                            },
                            inside)
                    .join();
        } catch (CompletionException e) {
            throw new IOException("in namespace " + name + ": " + e.getCause(), e);
        }
    }

    private static void enter(String path) throws IOException {
        int failed;
        try (var arena = Arena.ofConfined()) {
            // The thread stays as long as the namespace does, and so does the file.
            int file = (int) OPEN.invokeExact(arena.allocateFrom(path), O_RDONLY);
            failed = file < 0 ? file : (int) SETNS.invokeExact(file, CLONE_NEWNET);
        } catch (Throwable e) {
            throw new IOException(path + " cannot be entered: " + e, e);
        }
        if (failed < 0) {
            throw new IOException(path + " cannot be entered");
        }
    }

    @SuppressWarnings("restricted") // two functions of the C library, which do as their manual says
    private static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
    }

    @Override
    public void close() throws IOException {
        inside.shutdown();
        delete(name);
    }

    /** Ends whatever runs in a namespace, and takes it away. */
    static void delete(String name) throws IOException {
        for (var process : Shell.run("ip", "netns", "pids", name).lines().toList()) {
            ProcessHandle.of(Long.parseLong(process.strip())).ifPresent(Namespace::end);
        }
        Shell.run("ip", "netns", "delete", name);
    }

    /** Not this process, which has a thread in the namespace. */
    private static void end(ProcessHandle process) {
        if (!process.equals(ProcessHandle.current())) {
            process.destroyForcibly();
            process.onExit().join();
        }
    }
}

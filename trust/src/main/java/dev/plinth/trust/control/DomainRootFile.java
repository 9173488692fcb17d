package dev.plinth.trust.control;

import dev.plinth.kernel.Clock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file with the trust domain's root key, and beside it the next one while they change; it follows the change. */
public final class DomainRootFile implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DomainRootFile.class);
    private static final Duration AGAIN_AFTER = Duration.ofMillis(500);

    private final Trust trust;
    private final RootKeyPlace place;
    private final Path file;
    private final Servers servers;
    private final Clock clock;
    private final Executor workers;
    private final SecureRandom random;
    private final Consumer<List<FileRootKey>> told;
    private final Trust.Following following;
    private volatile boolean closed;

    /** Guarded by this: what was last said to be wrong, so that it is said once. */
    private String trouble = "";

    /**
     * Who needs the same root key.
     *
     * @param self this server's name
     * @param all the names of all servers that run as one
     */
    public record Servers(String self, Supplier<Set<String>> all) {
        private static final String ALONE = "server";

        public static Servers alone() {
            return new Servers(ALONE, () -> Set.of(ALONE));
        }
    }

    DomainRootFile(
            Trust trust,
            RootKeyPlace place,
            Path file,
            Servers servers,
            Clock clock,
            Executor workers,
            SecureRandom random,
            Consumer<List<FileRootKey>> told)
            throws IOException {
        this.trust = trust;
        this.place = place;
        this.file = file;
        this.servers = servers;
        this.clock = clock;
        this.workers = workers;
        this.random = random;
        this.told = told;
        settle(trust.seen().roots());
        this.following = trust.follow(() -> workers.execute(this::follow));
        workers.execute(this::follow);
    }

    /** Where the next root key is. */
    public static Path next(Path file) {
        return file.resolveSibling(file.getFileName() + ".next");
    }

    /**
     * All keys that are there, that of the file itself first.
     *
     * @throws IOException if there is none, or one is no root key
     */
    public static List<FileRootKey> read(Path file, SecureRandom random) throws IOException {
        List<FileRootKey> keys = new ArrayList<>();
        keys.add(FileRootKey.open(file, random));
        if (Files.exists(next(file))) {
            keys.add(FileRootKey.open(next(file), random));
        }
        return keys;
    }

    /** Begins a rotation. A server that is alone makes the next key; in a cluster it has to be on all servers. */
    CompletableFuture<TrustOutcome> rotate() {
        return trust.identities()
                .thenComposeAsync(
                        identities -> {
                            long number = identities.roots().last() + 1;
                            try {
                                if (Files.notExists(next(file))) {
                                    if (servers.all().get().size() > 1) {
                                        return CompletableFuture.completedFuture(denied(next(file)
                                                + ": there is no such file; expected the same next root key on all"
                                                + " servers of the cluster: plinth trust root-key makes one"));
                                    }
                                    FileRootKey.make(next(file), random);
                                }
                                var check = FileRootKey.open(next(file), random)
                                        .seal(DomainRoots.label(number), new byte[0]);
                                return trust.submit(new TrustCommand.BeginRoot(
                                        number, check, servers.all().get()));
                            } catch (IOException e) {
                                return CompletableFuture.completedFuture(denied(String.valueOf(e.getMessage())));
                            }
                        },
                        workers);
    }

    private static TrustOutcome denied(String message) {
        return new TrustOutcome.Denied(TrustOutcome.Reason.CONFLICT, message);
    }

    private synchronized void follow() {
        if (closed) {
            return;
        }
        var roots = trust.seen().roots();
        try {
            settle(roots);
            if (roots.next().isPresent()) {
                hold(roots.next().get());
            }
        } catch (IOException e) {
            if (!trouble.equals(e.getMessage())) {
                trouble = String.valueOf(e.getMessage());
                log.error("the root key of the trust domain: {}", trouble);
            }
            lookAgain();
        }
    }

    private void lookAgain() {
        if (!closed) {
            clock.schedule(AGAIN_AFTER, () -> workers.execute(this::follow));
        }
    }

    /** Takes in what is there; the next key that became that in force gets the file's name. */
    private synchronized void settle(DomainRoots roots) throws IOException {
        var keys = read(file, random);
        boolean isPromoted = keys.size() > 1
                && !roots.check().isEmpty()
                && keys.getLast().opens(DomainRoots.label(roots.number()), roots.check());
        if (isPromoted) {
            OwnerOnlyFile.replace(next(file), file);
            log.info("root key {} of the trust domain is in force, and in {}", roots.number(), file);
            keys = List.of(keys.getLast());
        } else if (!roots.check().isEmpty()
                && !keys.getFirst().opens(DomainRoots.label(roots.number()), roots.check())) {
            throw new IOException(file + ": expected root key " + roots.number() + ", found another");
        }
        var byNumber = new TreeMap<Long, RootKey>();
        byNumber.put(roots.number(), keys.getFirst());
        if (keys.size() > 1) {
            // Of a rotation, or of one that this server has not heard of yet.
            byNumber.put(roots.next().map(DomainRoots.Next::number).orElse(roots.last() + 1), keys.getLast());
        }
        place.put(roots.number(), byNumber);
        told.accept(keys);
    }

    private void hold(DomainRoots.Next next) throws IOException {
        if (Files.notExists(next(file))) {
            lookAgain();
            return;
        }
        if (!FileRootKey.open(next(file), random).opens(DomainRoots.label(next.number()), next.check())) {
            throw new IOException(next(file) + ": expected the next root key of this trust domain, number "
                    + next.number() + ", found another");
        }
        if (!next.holders().contains(servers.self())) {
            var _ = trust.submit(new TrustCommand.HoldRoot(next.number(), servers.self()))
                    .whenComplete((_, failure) -> {
                        if (failure != null) {
                            lookAgain();
                        }
                    });
        }
    }

    @Override
    public void close() {
        closed = true;
        following.close();
    }
}

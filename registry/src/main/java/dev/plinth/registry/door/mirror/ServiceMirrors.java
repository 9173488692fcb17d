package dev.plinth.registry.door.mirror;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Watcher;
import dev.plinth.registry.Registration;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryLimits;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The services that a door's clients follow, each as a whole list.
 *
 * <p>Callable from any thread. A service is watched once for all who follow it, and only while somebody does.
 */
public final class ServiceMirrors {
    /*
     * Protocols of older registries tell a subscriber the whole list whenever something in it changed. So the list is kept here
     * once for all of a door's clients: references to what the engine holds anyway. Whoever follows is told only that there is
     * something new, and takes the newest list when it is ready; what it missed in between it need not know.
     *
     * After a start the registry knows nothing until its clients are back, and such a protocol cannot tell its subscribers so. A
     * list that is short, or empty, would be taken at its word. So until the registry has settled, a list is told only when it has
     * stood still for a while, and an empty one not at all. Nor is an empty one afterwards, for a good while, if nothing was seen of the
     * service since the start: these protocols' clients take their time to come back, and do not say that they were here before, as
     * ours do.
     */
    private static final Duration QUIET_WHILE_SETTLING = Duration.ofSeconds(2);

    /** What a service comes to. */
    public static final class ServiceList {
        private final List<Registration> registrations;
        private final long number;

        /** What a door made of it; nobody keeps it but those who are about to tell it. */
        private final Map<Object, WeakReference<Object>> forms = new ConcurrentHashMap<>(1);

        private ServiceList(List<Registration> registrations, long number) {
            this.registrations = registrations;
            this.number = number;
        }

        public List<Registration> registrations() {
            return registrations;
        }

        /** Grows from list to list. */
        public long number() {
            return number;
        }

        /**
         * What a door makes of the list, once for all whom it tells it.
         *
         * @param which tells one form from the others; equal ones are made alike
         */
        @SuppressWarnings("unchecked") // what lies under a form's name was made by its maker
        public <F> F form(Object which, Function<List<Registration>, F> make) {
            var known = forms.get(which);
            var form = known == null ? null : (F) known.get();
            if (form == null) {
                form = make.apply(registrations);
                forms.put(which, new WeakReference<>(form));
            }
            return form;
        }
    }

    /** Follows one service; told on a thread of the door's that there is a newer list. */
    public interface Follower {
        void changed();
    }

    private final Registry registry;
    private final Clock clock;
    private final Executor workers;
    private final long openedNanos;
    private final Map<String, Mirror> mirrors = new HashMap<>();

    /** @param workers run what is told to followers; they refuse nothing */
    public ServiceMirrors(Registry registry, Clock clock, Executor workers) {
        this.registry = registry;
        this.clock = clock;
        this.workers = workers;
        this.openedNanos = clock.nanoTime();
    }

    /** Begins to follow; the follower is told for the first time when the list is there. */
    public synchronized Following follow(String service, Follower follower) {
        var mirror = mirrors.get(service);
        if (mirror == null) {
            mirror = new Mirror(service);
            mirror.start();
            mirrors.put(service, mirror);
        }
        mirror.followers.add(follower);
        return new Following(mirror, follower);
    }

    /** One follower's hold on a list. */
    public final class Following implements AutoCloseable {
        private final Mirror mirror;
        private final Follower follower;

        private Following(Mirror mirror, Follower follower) {
            this.mirror = mirror;
            this.follower = follower;
        }

        /** The list as soon as it is there for the first time; the newest one ever after. */
        public CompletableFuture<ServiceList> first() {
            return mirror.first.thenApply(_ -> list());
        }

        /** The newest list. */
        public ServiceList list() {
            synchronized (ServiceMirrors.this) {
                return mirror.list();
            }
        }

        /** Whether it should be told now, as far as the registry's start is concerned. */
        public boolean mayBeTold() {
            synchronized (ServiceMirrors.this) {
                if (mirror.known.isEmpty()) {
                    return isPast(mirror.wasSeen ? RegistryLimits.SETTLING : RegistryLimits.SETTLING_MAX);
                }
                return isPast(RegistryLimits.SETTLING) || mirror.isQuiet();
            }
        }

        @Override
        public void close() {
            synchronized (ServiceMirrors.this) {
                mirror.followers.remove(follower);
                if (mirror.followers.isEmpty() && mirrors.remove(mirror.service, mirror)) {
                    mirror.stop();
                }
            }
        }
    }

    private boolean isPast(Duration sinceOpened) {
        return clock.nanoTime() - openedNanos >= sinceOpened.toNanos();
    }

    private final class Mirror implements Watcher<Registration> {
        private final String service;
        private final Set<Follower> followers = new HashSet<>();
        private final CompletableFuture<Boolean> first = new CompletableFuture<>();
        private TreeMap<String, Registration> known = new TreeMap<>();

        /** Whether there was anything in it since it is followed. */
        private boolean wasSeen;

        private @Nullable TreeMap<String, Registration> building;
        private Watcher.@Nullable Subscription subscription;

        /** Of what is known, once somebody asked for it. */
        private @Nullable ServiceList list;

        private long number;
        private long changedNanos = clock.nanoTime();

        private Mirror(String service) {
            this.service = service;
        }

        void start() {
            subscription = registry.watch(service, this);
            subscription.next();
        }

        void stop() {
            if (subscription != null) {
                subscription.close();
            }
        }

        ServiceList list() {
            var newest = list;
            if (newest == null) {
                newest = new ServiceList(List.copyOf(known.values()), number);
                list = newest;
            }
            return newest;
        }

        boolean isQuiet() {
            return clock.nanoTime() - changedNanos >= QUIET_WHILE_SETTLING.toNanos();
        }

        @Override
        public void accept(Batch<Registration> batch) {
            workers.execute(() -> take(batch));
        }

        /** One batch at a time: the next one is asked for when this one is taken. */
        private void take(Batch<Registration> batch) {
            List<Follower> told;
            synchronized (ServiceMirrors.this) {
                if (batch.reset()) {
                    building = new TreeMap<>();
                }
                var into = building == null ? known : building;
                for (var item : batch.items()) {
                    item.view().ifPresentOrElse(view -> into.put(item.key(), view), () -> into.remove(item.key()));
                }
                if (!batch.complete()) {
                    told = List.of();
                } else {
                    known = into;
                    wasSeen |= !into.isEmpty();
                    building = null;
                    list = null;
                    number++;
                    changedNanos = clock.nanoTime();
                    told = new ArrayList<>(followers);
                }
            }
            if (batch.complete()) {
                first.complete(true);
                told.forEach(Follower::changed);
                tellAgainWhileSettling();
            }
            if (subscription != null) {
                subscription.next();
            }
        }

        private void tellAgainWhileSettling() {
            if (!isPast(RegistryLimits.SETTLING)) {
                tellAgainIn(QUIET_WHILE_SETTLING);
                tellAgainIn(RegistryLimits.SETTLING);
            }
            boolean neverSeen;
            synchronized (ServiceMirrors.this) {
                neverSeen = !wasSeen;
            }
            if (neverSeen && !isPast(RegistryLimits.SETTLING_MAX)) {
                tellAgainIn(RegistryLimits.SETTLING_MAX);
            }
        }

        private void tellAgainIn(Duration delay) {
            clock.schedule(delay, () -> workers.execute(this::tellAgain));
        }

        private void tellAgain() {
            List<Follower> told;
            synchronized (ServiceMirrors.this) {
                told = new ArrayList<>(followers);
            }
            told.forEach(Follower::changed);
        }
    }
}

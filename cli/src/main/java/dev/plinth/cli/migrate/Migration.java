package dev.plinth.cli.migrate;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Copies between a Nacos server and Plinth, both ways, until it is closed. */
final class Migration implements AutoCloseable {
    /*
     * One thread does everything, so that what is decided and what is told keep their order; a push only wakes it. Both registries
     * are asked in the same protocol, for Plinth speaks Nacos's. A round a second looks after connections and new services; a
     * change of a known service is pushed, and copied at once.
     */
    private static final long ROUND_SECONDS = 1;
    private static final long STOP_SECONDS_MAX = 10;

    private final NacosAddress nacos;
    private final NacosAddress plinth;
    private final String namespace;
    private final List<String> groups;
    private final Consumer<String> say;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("plinth-migrate").factory());

    // Of the thread's.
    private final Copies copies = new Copies();
    private final Map<Side, NacosLink> links = new EnumMap<>(Side.class);
    private final Map<Side, Set<Service>> subscribed = new EnumMap<>(Side.class);
    private final Map<String, String> said = new HashMap<>();

    private Migration(
            NacosAddress nacos, NacosAddress plinth, String namespace, List<String> groups, Consumer<String> say) {
        this.nacos = nacos;
        this.plinth = plinth;
        this.namespace = namespace;
        this.groups = groups;
        this.say = say;
    }

    private NacosAddress address(Side side) {
        return switch (side) {
            case NACOS -> nacos;
            case PLINTH -> plinth;
        };
    }

    /** @param say told, a line each, how things stand when that changes */
    static Migration begin(
            NacosAddress nacos, NacosAddress plinth, String namespace, List<String> groups, Consumer<String> say) {
        var migration = new Migration(nacos, plinth, namespace, groups, say);
        var _ = migration.thread.scheduleWithFixedDelay(migration::round, 0, ROUND_SECONDS, TimeUnit.SECONDS);
        return migration;
    }

    private void round() {
        for (var side : Side.values()) {
            try {
                lookAfter(side);
            } catch (IOException e) {
                lost(side, String.valueOf(e.getMessage()));
            } catch (JsonParseException | IllegalStateException | NullPointerException e) {
                lost(side, "it does not answer as a Nacos server does: " + e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        tell();
    }

    private void lookAfter(Side side) throws IOException, InterruptedException {
        var link = links.get(side);
        if (link == null) {
            link = NacosLink.connect(address(side), namespace, new Told(side));
            links.put(side, link);
            subscribed.put(side, new HashSet<>());
            copies.seen(side, System.nanoTime());
            report(name(side), "connected");
        }
        link.beat();
        Set<Service> wanted = new HashSet<>(copies.services());
        for (var group : groups) {
            wanted.addAll(link.services(group));
        }
        for (var service : wanted) {
            if (subscribed.computeIfAbsent(side, _ -> new HashSet<>()).add(service)) {
                copies.shows(side, service, link.subscribe(service));
            }
        }
    }

    private void tell() {
        for (var to : Side.values()) {
            var link = links.get(to);
            if (link == null) {
                continue;
            }
            for (var change : copies.toTell(to, System.nanoTime()).entrySet()) {
                var service = change.getKey();
                try {
                    if (change.getValue().isEmpty()) {
                        link.deregister(service, copies.toldOf(to, service));
                    } else {
                        link.register(service, change.getValue());
                    }
                    copies.told(to, service, change.getValue());
                    said.remove(name(to) + ": " + service);
                } catch (IOException e) {
                    report(name(to) + ": " + service, String.valueOf(e.getMessage()));
                }
            }
        }
        report(
                "copies",
                copies.copies(Side.PLINTH) + " of Nacos's " + copies.own(Side.NACOS) + " instances at Plinth, "
                        + copies.copies(Side.NACOS) + " of Plinth's " + copies.own(Side.PLINTH) + " at Nacos");
    }

    private String name(Side side) {
        return (side == Side.NACOS ? "Nacos " : "Plinth ") + address(side);
    }

    private void lost(Side side, String why) {
        var link = links.remove(side);
        if (link != null) {
            link.close();
        }
        copies.lost(side);
        report(name(side), "not reached (" + why + "); what it has is kept, and it is tried again");
    }

    /** Says how a thing stands if it stood otherwise before. */
    private void report(String subject, String state) {
        if (!state.equals(said.put(subject, state))) {
            say.accept(subject + ": " + state);
        }
    }

    private final class Told implements NacosLink.Listener {
        private final Side side;

        Told(Side side) {
            this.side = side;
        }

        @Override
        public void shows(Service service, List<Instance> all) {
            execute(() -> {
                copies.shows(side, service, all);
                tell();
            });
        }

        @Override
        public void over(String why) {
            execute(() -> lost(side, why));
        }

        private void execute(Runnable work) {
            if (!thread.isShutdown()) {
                thread.execute(work);
            }
        }
    }

    /** Ends it: the copies go, at both. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        links.values().forEach(NacosLink::close);
    }
}

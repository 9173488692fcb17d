package dev.plinth.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The registrations of one server's sessions: this server's own, or a copy of another one's. */
final class Held {
    /*
     * Nearly all of them hold, and are in the directory, with those of the others; only what another server's claim beats is kept here.
     * Which is which, Claims decides.
     */
    private final long server;
    private final Directory directory;
    private final RegistrationTable beaten = new RegistrationTable();
    private int size;
    private final Digests digests = Digests.none();

    /** How many registrations that are not kept have which lease, so that the end of the first is known without looking at them all. */
    private final TreeMap<Duration, Integer> leases = new TreeMap<>();

    /** Copies that were there when their buckets began to be told anew, and were not told so far. */
    private NameSorted<EndpointName> unconfirmed = new NameSorted<>(name -> name);

    /*
     * A lost server's registrations hold for their lease since the server was last known to have them, and not since somebody noticed
     * that it is lost: an endpoint that was dead by then had at most its lease left at that server, and has it once more here.
     */

    /** When the other server is known to have had what the copy says. */
    private Instant heardAt;

    /** A lost server's registrations whose lease is over, and that are kept all the same: see {@link Vanishing}. */
    private NameSorted<EndpointName> kept = new NameSorted<>(name -> name);

    private Instant keptUntil = Instant.MAX;

    private boolean lost;

    /** Whether the copy comes from the other server itself. */
    private boolean direct;

    Held(long server, Directory directory, Instant heardAt) {
        this.server = server;
        this.directory = directory;
        this.heardAt = heardAt;
    }

    Optional<Registration> find(EndpointName name) {
        return find(name, directory.find(name));
    }

    /** The same, where it is known which registration holds. */
    Optional<Registration> find(EndpointName name, Optional<Registration> holding) {
        if (isOf(holding)) {
            return holding;
        }
        return beaten.isEmpty() ? Optional.empty() : beaten.find(name);
    }

    Optional<Registration> find(String key) {
        var holding = directory.find(key);
        return isOf(holding) ? holding : beaten.find(key);
    }

    private boolean isOf(Optional<Registration> registration) {
        return registration.isPresent() && registration.get().session().server() == server;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** The keys that start with {@code prefix} after {@code after}. */
    List<String> keys(String prefix, String after, int limit) {
        List<String> keys = new ArrayList<>();
        int most = Math.min(limit, size - beaten.size());
        if (most > 0) {
            directory.visit(prefix, after, registration -> {
                if (registration.session().server() == server) {
                    keys.add(registration.endpoint().name().key());
                }
                return keys.size() < most;
            });
        }
        if (beaten.isEmpty()) {
            return keys;
        }
        keys.addAll(beaten.keys(prefix, after, limit));
        Collections.sort(keys);
        return keys.subList(0, Math.min(limit, keys.size()));
    }

    /** Those that hold in the order of their names, and then the others. */
    private void visit(Consumer<Registration> visitor) {
        if (isEmpty()) {
            return;
        }
        Predicate<Registration> each = registration -> {
            if (registration.session().server() == server) {
                visitor.accept(registration);
            }
            return true;
        };
        directory.visit("", "", each);
        beaten.visit("", "", each);
    }

    /**
     * Its sessions say so now.
     *
     * @param key of the registration's endpoint
     * @param before what they said before
     */
    void said(String key, Optional<Registration> before, Registration registration) {
        size++;
        if (before.isPresent()) {
            forget(key, before.get());
        }
        digests.add(key, registration.version());
        leases.merge(registration.claim().lease(), 1, Integer::sum);
    }

    /**
     * They say no more what they said.
     *
     * @param key of the registration's endpoint
     */
    void unsaid(String key, Registration before) {
        forget(key, before);
        unconfirmed.remove(before.endpoint().name());
    }

    private void forget(String key, Registration before) {
        size--;
        digests.subtract(key, before.version());
        if (kept.isEmpty() || kept.remove(before.endpoint().name()) == null) {
            uncount(before);
        }
    }

    /** Another server's claim beats this one, which is not in the directory. */
    void beaten(Registration registration) {
        beaten.put(registration);
    }

    /** What they say of it, if anything, holds. */
    void unbeaten(EndpointName name) {
        if (!beaten.isEmpty()) {
            beaten.remove(name);
        }
    }

    private void uncount(Registration registration) {
        leases.computeIfPresent(registration.claim().lease(), (_, count) -> count > 1 ? count - 1 : null);
    }

    Digests digests() {
        return digests.copy();
    }

    void confirm(EndpointName name) {
        unconfirmed.remove(name);
    }

    /** The server is heard, and about to tell what it has in these buckets. */
    void followed(boolean directly, List<Integer> buckets) {
        lost = false;
        direct = directly;
        for (var name : kept.list()) {
            find(name)
                    .ifPresent(registration -> leases.merge(registration.claim().lease(), 1, Integer::sum));
        }
        kept = new NameSorted<>(name -> name);
        unconfirmed = new NameSorted<>(name -> name);
        if (buckets.isEmpty()) {
            return;
        }
        Set<Integer> wanted = new HashSet<>(buckets);
        visit(registration -> {
            var name = registration.endpoint().name();
            if (wanted.contains(Digests.bucket(name.key()))) {
                unconfirmed.put(name);
            }
        });
    }

    /** All was told: what is returned was not, and is to go. */
    List<EndpointName> complete() {
        var gone = unconfirmed.list();
        unconfirmed = new NameSorted<>(name -> name);
        return gone;
    }

    void heard(Instant at) {
        if (at.isAfter(heardAt)) {
            heardAt = at;
        }
    }

    Instant heardAt() {
        return heardAt;
    }

    void lost() {
        lost = true;
    }

    boolean isLost() {
        return lost;
    }

    /** Whether the other server itself is heard. */
    boolean isDirect() {
        return direct && !lost;
    }

    /** Keeps one whose lease is over; until then, or until the server is heard again. */
    void keep(EndpointName name, Instant until) {
        find(name).ifPresent(registration -> {
            uncount(registration);
            kept.put(name);
            keptUntil = until;
        });
    }

    boolean keeps(EndpointName name) {
        return kept.contains(name);
    }

    int kept() {
        return kept.size();
    }

    /** When the first of a lost server's registrations goes. */
    Optional<Instant> nextEnd() {
        if (!lost) {
            return Optional.empty();
        }
        Optional<Instant> lease = leases.isEmpty() ? Optional.empty() : Optional.of(heardAt.plus(leases.firstKey()));
        return kept.isEmpty() || lease.filter(keptUntil::isAfter).isPresent() ? lease : Optional.of(keptUntil);
    }

    /** A lost server's registrations whose lease is over, in order; of those that are kept, when that is over too. */
    List<EndpointName> ended(Instant now) {
        List<EndpointName> ended = new ArrayList<>();
        if (nextEnd().filter(end -> !end.isAfter(now)).isPresent()) {
            visit(registration -> {
                var name = registration.endpoint().name();
                var end = keeps(name)
                        ? keptUntil
                        : heardAt.plus(registration.claim().lease());
                if (!end.isAfter(now)) {
                    ended.add(name);
                }
            });
            Collections.sort(ended);
        }
        return ended;
    }
}

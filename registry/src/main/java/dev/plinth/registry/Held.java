package dev.plinth.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The registrations of one server's sessions: this server's own, or a copy of another one's. */
final class Held {
    private final RegistrationTable registrations = new RegistrationTable();
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

    Held(Instant heardAt) {
        this.heardAt = heardAt;
    }

    Optional<Registration> find(EndpointName name) {
        return registrations.find(name);
    }

    Optional<Registration> find(String key) {
        return registrations.find(key);
    }

    boolean isEmpty() {
        return registrations.isEmpty();
    }

    int size() {
        return registrations.size();
    }

    /** The keys that start with {@code prefix} after {@code after}. */
    List<String> keys(String prefix, String after, int limit) {
        return registrations.keys(prefix, after, limit);
    }

    /** @param key of the registration's endpoint */
    void put(String key, Registration registration) {
        registrations.put(registration).ifPresent(before -> forget(key, before));
        digests.add(key, registration.version());
        leases.merge(registration.claim().lease(), 1, Integer::sum);
    }

    /** @param key of the name */
    boolean remove(EndpointName name, String key) {
        var before = registrations.remove(name);
        before.ifPresent(registration -> {
            forget(key, registration);
            unconfirmed.remove(name);
        });
        return before.isPresent();
    }

    private void forget(String key, Registration before) {
        digests.subtract(key, before.version());
        if (kept.remove(before.endpoint().name()) == null) {
            uncount(before);
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
        registrations.visit("", "", registration -> {
            var name = registration.endpoint().name();
            if (wanted.contains(Digests.bucket(name.key()))) {
                unconfirmed.put(name);
            }
            return true;
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

    /** A lost server's registrations whose lease is over; of those that are kept, when that is over too. */
    List<EndpointName> ended(Instant now) {
        List<EndpointName> ended = new ArrayList<>();
        if (nextEnd().filter(end -> !end.isAfter(now)).isPresent()) {
            registrations.visit("", "", registration -> {
                var name = registration.endpoint().name();
                var end = keeps(name)
                        ? keptUntil
                        : heardAt.plus(registration.claim().lease());
                if (!end.isAfter(now)) {
                    ended.add(name);
                }
                return true;
            });
        }
        return ended;
    }
}

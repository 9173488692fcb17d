package dev.plinth.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The registrations of one server's sessions: this server's own, or a copy of another one's. */
final class Held {
    private final TreeMap<String, Registration> byKey = new TreeMap<>();
    private final Digests digests = Digests.none();

    /** How many registrations have which lease, so that the end of the first is known without looking at them all. */
    private final TreeMap<Duration, Integer> leases = new TreeMap<>();

    /** Copies that were there when their buckets began to be told anew, and were not told so far. */
    private final TreeSet<String> unconfirmed = new TreeSet<>();

    /** Since when nothing is heard of the server; null while it is followed. */
    private @Nullable Instant lostAt;

    Optional<Registration> find(String key) {
        return Optional.ofNullable(byKey.get(key));
    }

    boolean isEmpty() {
        return byKey.isEmpty();
    }

    int size() {
        return byKey.size();
    }

    NavigableSet<String> keys() {
        return byKey.navigableKeySet();
    }

    void put(String key, Registration registration) {
        var before = byKey.put(key, registration);
        if (before != null) {
            forget(key, before.claim());
        }
        digests.add(key, registration.claim().version());
        leases.merge(registration.claim().lease(), 1, Integer::sum);
    }

    boolean remove(String key) {
        var before = byKey.remove(key);
        if (before == null) {
            return false;
        }
        forget(key, before.claim());
        unconfirmed.remove(key);
        return true;
    }

    private void forget(String key, Claim claim) {
        digests.subtract(key, claim.version());
        leases.computeIfPresent(claim.lease(), (_, count) -> count > 1 ? count - 1 : null);
    }

    Digests digests() {
        return digests.copy();
    }

    void confirm(String key) {
        unconfirmed.remove(key);
    }

    /** The server is heard, and about to tell what it has in these buckets. */
    void followed(List<Integer> buckets) {
        lostAt = null;
        unconfirmed.clear();
        if (buckets.isEmpty()) {
            return;
        }
        Set<Integer> wanted = new HashSet<>(buckets);
        for (var key : byKey.keySet()) {
            if (wanted.contains(Digests.bucket(key))) {
                unconfirmed.add(key);
            }
        }
    }

    /** All was told: what is returned was not, and is to go. */
    List<String> complete() {
        var gone = List.copyOf(unconfirmed);
        unconfirmed.clear();
        return gone;
    }

    void lost(Instant now) {
        if (lostAt == null) {
            lostAt = now;
        }
    }

    boolean isLost() {
        return lostAt != null;
    }

    /** When the first of a lost server's registrations goes. */
    Optional<Instant> nextEnd() {
        return lostAt == null || leases.isEmpty() ? Optional.empty() : Optional.of(lostAt.plus(leases.firstKey()));
    }

    /** A lost server's registrations whose lease is over. */
    List<String> ended(Instant now) {
        List<String> ended = new ArrayList<>();
        if (lostAt != null) {
            for (var entry : byKey.entrySet()) {
                if (!lostAt.plus(entry.getValue().claim().lease()).isAfter(now)) {
                    ended.add(entry.getKey());
                }
            }
        }
        return ended;
    }
}

package dev.plinth.trust;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A bounded memory of facts that can be found out again: when it is full it is emptied. */
final class Remembered<K, V> {
    // An order of use would cost a lock at each look; being emptied costs a few verifications, once in `max` new
    // authorities.
    private final int max;
    private final ConcurrentHashMap<K, V> facts = new ConcurrentHashMap<>();

    Remembered(int max) {
        this.max = max;
    }

    @Nullable
    V get(K key) {
        return facts.get(key);
    }

    void put(K key, V value) {
        if (facts.size() >= max) {
            facts.clear();
        }
        facts.put(key, value);
    }
}

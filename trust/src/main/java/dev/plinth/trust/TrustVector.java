package dev.plinth.trust;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The AR4SI trustworthiness vector (draft-ietf-rats-ar4si): how far each aspect of an attester can be trusted. */
public record TrustVector(Map<Aspect, Integer> values) {
    /** The vector's components, in the draft's order. */
    public enum Aspect {
        INSTANCE_IDENTITY("instance-identity"),
        CONFIGURATION("configuration"),
        EXECUTABLES("executables"),
        FILE_SYSTEM("file-system"),
        HARDWARE("hardware"),
        RUNTIME_OPAQUE("runtime-opaque"),
        STORAGE_OPAQUE("storage-opaque"),
        SOURCED_DATA("sourced-data");

        private final String label;

        Aspect(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    /** The draft's tiers, and the numbers it gives them. */
    public enum Tier {
        NONE,
        AFFIRMING,
        WARNING,
        CONTRAINDICATED;

        public static Tier of(int value) {
            if ((value >= 2 && value <= 31) || (value <= -2 && value >= -32)) {
                return AFFIRMING;
            }
            if ((value >= 32 && value <= 95) || (value <= -33 && value >= -96)) {
                return WARNING;
            }
            return value >= 96 || value <= -97 ? CONTRAINDICATED : NONE;
        }

        public String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** The values of the draft that are used here. */
    static final int NO_CLAIM = 0;

    static final int AFFIRMED = 2;
    static final int NO_KNOWN_VULNERABILITY = 3;
    static final int UNSAFE = 32;
    static final int UNRECOGNIZED_EXECUTABLES = 33;
    static final int CONTRAINDICATED = 96;
    static final int UNRECOGNIZED = 97;
    static final int CRYPTO_FAILED = 99;

    public TrustVector {
        values = Map.copyOf(values);
        values.forEach((aspect, value) -> {
            if (value < -128 || value > 127) {
                throw new IllegalArgumentException(aspect.label + ": expected -128..127, found " + value);
            }
        });
    }

    public int value(Aspect aspect) {
        return values.getOrDefault(aspect, NO_CLAIM);
    }

    /** The worst tier of all aspects that say anything; {@link Tier#NONE} if none does. */
    public Tier tier() {
        return values.values().stream().map(Tier::of).max(Tier::compareTo).orElse(Tier.NONE);
    }

    TrustVector with(Aspect aspect, int value) {
        var changed = new EnumMap<Aspect, Integer>(Aspect.class);
        changed.putAll(values);
        changed.put(aspect, value);
        return new TrustVector(changed);
    }

    /** As EAR writes it: every component by its label. */
    Map<String, Integer> labelled() {
        var labelled = new LinkedHashMap<String, Integer>();
        for (var aspect : Aspect.values()) {
            labelled.put(aspect.label, value(aspect));
        }
        return labelled;
    }
}

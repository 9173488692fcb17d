package dev.plinth.registry;

import org.jspecify.annotations.Nullable;

/** Makes equal things one thing, so that what a million endpoints say alike is held once. */
final class Sharing {
    /*
     * A table of what was seen lately, with one place for each hash: what comes to a place takes it. So it needs no counts of who
     * still uses what, and holds no more than its places, whatever comes and goes; what it forgets is held twice, and nothing else
     * follows. A table that knew all that is in use would weigh as much as it saves where every endpoint says something else.
     */
    private static final int TEXTS = 1 << 15;
    private static final int METADATA = 1 << 13;
    private static final int OTHERS = 1 << 12;
    private static final int TEXT_CHARS_MAX = 64;
    private static final int METADATA_BYTES_MAX = 1 << 10;

    private final SharedTexts texts = new SharedTexts(TEXTS, TEXT_CHARS_MAX);
    private final @Nullable Object[] metadata = new Object[METADATA];
    private final @Nullable Object[] others = new Object[OTHERS];

    String text(String text) {
        return texts.one(text);
    }

    Metadata metadata(Metadata given) {
        if (given.bytes() > METADATA_BYTES_MAX) {
            return given.with(this::text);
        }
        int place = place(given, METADATA);
        if (given.equals(metadata[place])) {
            return one(metadata, given);
        }
        var shared = given.with(this::text);
        metadata[place] = shared;
        return shared;
    }

    /** For small things without parts that could be large. */
    <T> T one(T small) {
        return one(others, small);
    }

    @SuppressWarnings("unchecked") // what equals it and lies in its place is of its class
    private static <T> T one(@Nullable Object[] places, T thing) {
        int place = place(thing, places.length);
        var there = places[place];
        if (there != null && there.getClass() == thing.getClass() && there.equals(thing)) {
            return (T) there;
        }
        places[place] = thing;
        return thing;
    }

    private static int place(Object thing, int places) {
        return SharedTexts.place(thing.hashCode(), places);
    }
}

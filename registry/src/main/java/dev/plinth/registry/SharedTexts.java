package dev.plinth.registry;

import org.jspecify.annotations.Nullable;

/** Makes equal texts one text, as far as it remembers; for any thread. */
public final class SharedTexts {
    /*
     * One place for each hash: what comes to a place takes it. So it needs no counts of who still uses what, and holds no more than
     * its places; what it forgets is held twice, and nothing else follows. Two threads that meet at a place take one another's text
     * out, which is no more than that: texts are whole for whoever sees them. The hashes lie beside the texts, for a text that is another
     * one is seldom at hand.
     */
    private final @Nullable String[] places;
    private final int[] hashes;
    private final int charsMax;

    /**
     * @param places a power of two
     * @param charsMax longer ones are not shared
     */
    public SharedTexts(int places, int charsMax) {
        this.places = new String[places];
        this.hashes = new int[places];
        this.charsMax = charsMax;
    }

    public String one(String text) {
        if (text.length() > charsMax) {
            return text;
        }
        int hash = text.hashCode();
        int place = place(hash, places.length);
        if (hashes[place] == hash) {
            var there = places[place];
            if (text.equals(there)) {
                return there;
            }
        }
        hashes[place] = hash;
        places[place] = text;
        return text;
    }

    /** The place of a hash in a table of so many, a power of two. */
    static int place(int hash, int places) {
        int spread = hash * 0x9E3779B9;
        return ((spread >>> 8) ^ (spread >>> 20)) & (places - 1);
    }
}

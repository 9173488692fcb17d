package dev.plinth.sdk.at;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

/**
 * What a person has decided about rows that somebody else changed.
 *
 * @param kind to do what
 * @param seen the fingerprint of the rows as that person saw them
 */
record Decision(Kind kind, String seen) {

    enum Kind {
        /** Nothing is decided. */
        NONE,
        /** They stay as they are. */
        KEEP,
        /** They become what they were before the branch. */
        RESTORE
    }

    static final Decision NONE = new Decision(Kind.NONE, "");

    private static final String DECISION = "plinth.decision";
    private static final String SEEN = "plinth.seen";

    /** From the application data that the coordinator sends along with a rollback. */
    static Decision of(String applicationData) {
        if (!applicationData.contains(DECISION)) {
            return NONE;
        }
        try {
            JsonObject json = JsonParser.parseString(applicationData).getAsJsonObject();
            return new Decision(
                    switch (json.get(DECISION).getAsString()) {
                        case "keep" -> Kind.KEEP;
                        case "restore" -> Kind.RESTORE;
                        default -> Kind.NONE;
                    },
                    json.has(SEEN) ? json.get(SEEN).getAsString() : "");
        } catch (JsonParseException | IllegalStateException e) {
            throw new IllegalArgumentException("this is no decision about rows: " + applicationData, e);
        }
    }

    /** A decision is about what was seen: a row that has changed once more since waits for the next one. */
    private boolean covers(DirtyRow row) {
        return seen.contains(DirtyReport.fingerprint(row));
    }

    boolean keeps(DirtyRow row) {
        return kind == Kind.KEEP && covers(row);
    }

    boolean restores(DirtyRow row) {
        return kind == Kind.RESTORE && covers(row);
    }
}

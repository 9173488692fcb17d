package dev.plinth.server.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The one thing that the console may change: what a person decides about a transaction. */
final class Decisions {
    private static final int BODY_BYTES_MAX = 8 * 1_024;
    private static final Set<String> FIELDS = Set.of("deed", "seen", "operator", "reason");

    private Decisions() {}

    static HttpService door(ConsoleSource source) {
        return Posted.door(
                BODY_BYTES_MAX,
                FIELDS,
                "deed, operator and reason",
                (ctx, fields) -> decide(ctx, source, read(fields)));
    }

    private static TransactionDetail decide(ServiceRequestContext ctx, ConsoleSource source, Decision decision) {
        var xid = ConsoleDoor.xid(ctx);
        return switch (source.decide(xid, decision)) {
            case DONE -> ConsoleDoor.transaction(source, xid);
            case UNKNOWN_TRANSACTION -> throw ConsoleDoor.unknown(xid).exception();
            case NO_ROWS ->
                throw Problem.conflict(
                                "the participants of " + xid + " reported no rows: there is nothing to restore from")
                        .exception();
            case GOES_OTHER_WAY ->
                throw Problem.conflict("transaction " + xid + " is "
                                + ConsoleDoor.transaction(source, xid)
                                        .transaction()
                                        .status() + ": " + decision.deed() + " is not possible any more")
                        .exception();
        };
    }

    private static Decision read(JsonNode fields) {
        return new Decision(
                deed(fields.path("deed").asText()),
                seen(fields.path("seen")),
                text(fields, "operator", Decision.OPERATOR_CHARS_MAX),
                text(fields, "reason", Decision.REASON_CHARS_MAX));
    }

    private static Decision.Deed deed(String text) {
        return List.of(Decision.Deed.values()).stream()
                .filter(deed -> deed.name().equals(text))
                .findFirst()
                .orElseThrow(() -> Problem.badField("deed", text, "COMMIT, ROLLBACK, KEEP, RESTORE or SETTLE")
                        .exception());
    }

    private static List<String> seen(JsonNode of) {
        List<String> seen = new ArrayList<>();
        of.forEach(fingerprint -> seen.add(fingerprint.asText()));
        boolean sound = (of.isMissingNode() || of.isArray())
                && seen.size() <= Decision.SEEN_MAX
                && seen.stream().allMatch(fingerprint -> fingerprint.matches("[0-9a-f]{8}"));
        if (!sound) {
            throw Problem.badField("seen", of.toString(), "at most " + Decision.SEEN_MAX + " fingerprints of rows")
                    .exception();
        }
        return seen;
    }

    private static String text(JsonNode fields, String name, int charsMax) {
        var text = fields.path(name).asText().strip();
        if (text.isEmpty() || text.length() > charsMax) {
            throw Problem.badField(name, text, "1 to " + charsMax + " characters")
                    .exception();
        }
        return text;
    }
}

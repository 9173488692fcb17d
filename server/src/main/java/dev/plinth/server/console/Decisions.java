package dev.plinth.server.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The one thing that the console may change: what a person decides about a transaction. */
final class Decisions {
    /*
     * A page of another site can make a visitor's browser send a request here. It can send no JSON without asking first (CORS), and
     * nobody is ever allowed to; and a browser says where a request comes from (Fetch Metadata), so what says "cross-site" is
     * refused besides.
     */
    private static final int BODY_BYTES_MAX = 8 * 1_024;
    private static final Set<String> FIELDS = Set.of("deed", "seen", "operator", "reason");
    private static final Set<String> OWN_PAGES = Set.of("same-origin", "none");
    private static final ObjectMapper JSON = new ObjectMapper();

    private Decisions() {}

    static HttpService door(ConsoleSource source) {
        return (ctx, request) -> {
            if (request.method() != HttpMethod.POST) {
                return Problem.method(request.method().name(), "POST").response();
            }
            var from = request.headers().get("sec-fetch-site", "none");
            if (!OWN_PAGES.contains(from)) {
                return Problem.foreignPage("Sec-Fetch-Site", from, "a request of the console's own page")
                        .response();
            }
            var type = request.contentType();
            if (type == null || !type.is(MediaType.JSON)) {
                return Problem.foreignPage("Content-Type", String.valueOf(type), "application/json")
                        .response();
            }
            ctx.setMaxRequestLength(BODY_BYTES_MAX);
            return HttpResponse.of(request.aggregate()
                    .thenApply(whole -> ConsoleDoor.answer(ctx, () -> decide(ctx, source, whole.contentUtf8()))));
        };
    }

    private static TransactionDetail decide(ServiceRequestContext ctx, ConsoleSource source, String body) {
        var xid = ConsoleDoor.xid(ctx);
        var decision = read(body);
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

    private static Decision read(String body) {
        JsonNode fields;
        try {
            fields = JSON.readTree(body);
        } catch (IOException e) {
            throw Problem.badField("body", body, "a JSON object with deed, operator and reason")
                    .exception();
        }
        if (fields == null || !fields.isObject()) {
            throw Problem.badField("body", body, "a JSON object with deed, operator and reason")
                    .exception();
        }
        fields.fieldNames().forEachRemaining(name -> {
            if (!FIELDS.contains(name)) {
                throw Problem.badField("body", name, "deed, operator and reason")
                        .exception();
            }
        });
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

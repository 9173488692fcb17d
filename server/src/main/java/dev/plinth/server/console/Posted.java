package dev.plinth.server.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.io.IOException;
import java.util.Set;
import java.util.function.BiFunction;

/** A JSON object that the console's own page posts. */
final class Posted {
    /*
     * A page of another site can make a visitor's browser send a request here. It can send no JSON without asking first (CORS), and
     * nobody is ever allowed to; and a browser says where a request comes from (Fetch Metadata), so what says "cross-site" is
     * refused besides.
     */
    private static final Set<String> OWN_PAGES = Set.of("same-origin", "none");
    private static final ObjectMapper JSON = new ObjectMapper();

    private Posted() {}

    /**
     * A door that answers what is posted.
     *
     * @param fields the members that the object may have; others are refused
     */
    static HttpService door(
            int bytesMax,
            Set<String> fields,
            String expected,
            BiFunction<ServiceRequestContext, JsonNode, Object> answer) {
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
            ctx.setMaxRequestLength(bytesMax);
            return HttpResponse.of(request.aggregate()
                    .thenApply(whole -> ConsoleDoor.answer(
                            ctx, () -> answer.apply(ctx, read(whole.contentUtf8(), fields, expected)))));
        };
    }

    private static JsonNode read(String body, Set<String> known, String expected) {
        JsonNode fields;
        try {
            fields = JSON.readTree(body);
        } catch (IOException e) {
            throw Problem.badField("body", body, "a JSON object with " + expected)
                    .exception();
        }
        if (fields == null || !fields.isObject()) {
            throw Problem.badField("body", body, "a JSON object with " + expected)
                    .exception();
        }
        fields.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw Problem.badField("body", name, expected).exception();
            }
        });
        return fields;
    }
}

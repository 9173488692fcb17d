package dev.plinth.server.console;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import dev.plinth.kernel.Refused;
import java.util.Optional;

/**
 * An error as the API answers it: problem JSON (RFC 9457).
 *
 * @param field what was wrong in the request, if anything was: a query parameter, a part of the path or a header
 * @param expected what was expected there
 * @param retryAfterSeconds when to try again, if that may help
 */
record Problem(
        int status,
        String title,
        String detail,
        Optional<String> field,
        Optional<String> expected,
        Optional<Long> retryAfterSeconds) {

    static Problem badField(String field, String found, String expected) {
        return new Problem(
                400,
                "Bad request",
                "%s: expected %s, not '%s'".formatted(field, expected, shortened(found)),
                Optional.of(field),
                Optional.of(expected),
                Optional.empty());
    }

    /** As {@link #badField}, for what only another part of the house understands: its word says what was found. */
    static Problem wrong(String field, String expected, String detail) {
        return new Problem(
                400, "Bad request", field + ": " + detail, Optional.of(field), Optional.of(expected), Optional.empty());
    }

    static Problem notFound(String field, String found, String expected) {
        return new Problem(
                404,
                "Not found",
                "%s: nothing is known of '%s'; expected %s".formatted(field, shortened(found), expected),
                Optional.of(field),
                Optional.of(expected),
                Optional.empty());
    }

    static Problem method(String found, String allowed) {
        return new Problem(
                405,
                "Method not allowed",
                "method: expected %s, not '%s'".formatted(allowed, shortened(found)),
                Optional.of("method"),
                Optional.of(allowed),
                Optional.empty());
    }

    static Problem conflict(String detail) {
        return new Problem(409, "Conflict", detail, Optional.empty(), Optional.empty(), Optional.empty());
    }

    static Problem foreignPage(String field, String found, String expected) {
        return new Problem(
                403,
                "Forbidden",
                "%s: expected %s, not '%s'".formatted(field, expected, shortened(found)),
                Optional.of(field),
                Optional.of(expected),
                Optional.empty());
    }

    static Problem overloaded(String detail, long retryAfterSeconds) {
        return new Problem(
                503, "OVERLOADED", detail, Optional.empty(), Optional.empty(), Optional.of(retryAfterSeconds));
    }

    static Problem of(Refused refused) {
        return new Problem(
                503,
                refused.code().name(),
                String.valueOf(refused.getMessage()),
                Optional.empty(),
                Optional.empty(),
                refused.retryAfter().map(delay -> Math.max(1, delay.toSeconds())));
    }

    static Problem internal() {
        return new Problem(
                500,
                "Internal error",
                "the server could not answer; its log says why",
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    HttpResponse response() {
        ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.valueOf(status))
                .contentType(MediaType.parse("application/problem+json"))
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        retryAfterSeconds.ifPresent(seconds -> headers.setLong(HttpHeaderNames.RETRY_AFTER, seconds));
        if (status == 405) {
            headers.set(HttpHeaderNames.ALLOW, expected.filter("POST"::equals).orElse("GET, HEAD"));
        }
        return HttpResponse.of(headers.build(), HttpData.wrap(Json.bytes(this)));
    }

    Asked exception() {
        return new Asked(this);
    }

    /** Ends the work on a request that has this problem; an answer, so without a stack trace. */
    static final class Asked extends RuntimeException {
        private final transient Problem problem;

        private Asked(Problem problem) {
            super(problem.detail, null, false, false);
            this.problem = problem;
        }

        Problem problem() {
            return problem;
        }
    }

    private static String shortened(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}

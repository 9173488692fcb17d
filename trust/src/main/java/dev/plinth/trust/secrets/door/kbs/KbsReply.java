package dev.plinth.trust.secrets.door.kbs;

import java.util.Optional;

/**
 * What a client of KBS is answered.
 *
 * @param cookie the value of {@code Set-Cookie}
 */
record KbsReply(int status, String contentType, Optional<String> cookie, String body) {
    static final String JSON = "application/json";

    static KbsReply json(String body, Optional<String> cookie) {
        return new KbsReply(200, JSON, cookie, body);
    }

    /** As Trustee answers an administrator: with nothing, as {@code text/xml} for a resource. */
    static KbsReply done(String contentType) {
        return new KbsReply(200, contentType, Optional.empty(), "");
    }
}

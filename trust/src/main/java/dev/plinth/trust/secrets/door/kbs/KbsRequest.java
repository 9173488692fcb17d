package dev.plinth.trust.secrets.door.kbs;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a client of KBS asks.
 *
 * @param path after {@code /kbs/v0/}
 * @param version of a resource, an addition to the protocol; 0 for the newest
 * @param session what its cookie says
 * @param bearer what it shows as {@code Authorization: Bearer}
 */
@SuppressWarnings("ArrayRecordComponent") // it is handed on, never compared
record KbsRequest(
        String method, String path, long version, Optional<String> session, Optional<String> bearer, byte[] body) {
    List<String> parts() {
        return Arrays.asList(path.split("/", -1));
    }

    boolean isPost() {
        return method.equals("POST");
    }

    boolean isGet() {
        return method.equals("GET");
    }
}

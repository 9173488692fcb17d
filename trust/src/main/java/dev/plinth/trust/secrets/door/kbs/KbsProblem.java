package dev.plinth.trust.secrets.door.kbs;

import dev.plinth.trust.CanonicalJson;
import java.util.Optional;
import java.util.TreeMap;

/** Why a client of KBS does not get what it asks for; answered as the protocol's ErrorInformation. No stack trace: it is an answer. */
final class KbsProblem extends RuntimeException {
    private static final String TYPES = "https://github.com/confidential-containers/kbs/errors/";

    /** The names of errors are Trustee's own where it has one. */
    enum Kind {
        /** The handshake cannot be done, or the evidence is not good enough. */
        ATTESTATION(401, "AttestationError"),
        /** Neither a session that is attested nor a token that is good. */
        TOKEN_NOT_FOUND(401, "TokenNotFound"),
        ADMIN(401, "AdminAuth"),
        POLICY_DENY(403, "PolicyDeny"),
        PATH(404, "InvalidRequestPath"),
        PLUGIN_NOT_FOUND(404, "PluginNotFound"),
        RESOURCE_NOT_FOUND(404, "ReadSecretFailed"),
        /** What an administrator sends is not of the form that was expected. */
        INVALID(400, "InvalidRequest"),
        CONFLICT(409, "Conflict"),
        SEALED(503, "Sealed"),
        UNAVAILABLE(503, "Unavailable");

        private final int status;
        private final String type;

        Kind(int status, String type) {
            this.status = status;
            this.type = type;
        }
    }

    private final Kind kind;

    KbsProblem(Kind kind, String detail) {
        super(detail, null, false, false);
        this.kind = kind;
    }

    KbsReply reply() {
        var members = new TreeMap<String, String>();
        members.put("type", TYPES + kind.type);
        members.put("detail", String.valueOf(getMessage()));
        // serde writes type first, and no client minds; so does this.
        var body = CanonicalJson.write(members.tailMap("type"));
        var detail = CanonicalJson.write(members.headMap("type"));
        return new KbsReply(
                kind.status,
                KbsReply.JSON,
                Optional.empty(),
                body.substring(0, body.length() - 1) + "," + detail.substring(1));
    }
}

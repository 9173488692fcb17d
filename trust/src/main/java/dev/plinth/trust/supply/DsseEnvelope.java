package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A payload with its type and the signatures over both (DSSE 1.0). */
record DsseEnvelope(Bytes payload, String payloadType, List<Bytes> signatures) {
    static final String IN_TOTO = "application/vnd.in-toto+json";
    private static final int SIGNATURES_MAX = 16;

    DsseEnvelope {
        signatures = List.copyOf(signatures);
    }

    static DsseEnvelope read(Json envelope) {
        var signatures = envelope.at("signatures").list();
        if (signatures.isEmpty() || signatures.size() > SIGNATURES_MAX) {
            throw new Malformed(
                    envelope.at("signatures").where(),
                    "1 to " + SIGNATURES_MAX + " signatures",
                    signatures.size() + "");
        }
        return new DsseEnvelope(
                envelope.at("payload").base64(),
                envelope.at("payloadType").text(),
                signatures.stream().map(one -> one.at("sig").base64()).toList());
    }

    /** What is signed (the pre-authentication encoding, PAE): lengths stand before what they are of, so that nothing can be moved. */
    Bytes signed() {
        var type = payloadType.getBytes(StandardCharsets.UTF_8);
        var head = ("DSSEv1 " + type.length + " " + payloadType + " " + payload.length() + " ")
                .getBytes(StandardCharsets.UTF_8);
        var all = new byte[head.length + payload.length()];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(payload.copy(), 0, all, head.length, payload.length());
        return Bytes.of(payload.source(), all);
    }
}

package dev.plinth.trust.secrets.door.kbs;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Makes evidence, as the attester of guest-components does. */
public interface Attester {
    /** Of its attestation key, for whoever vouches for it. */
    String fingerprint();

    /** The evidence's JSON, with this report data in it. */
    String evidence(byte[] reportData);

    static String json(byte[] message, byte[] signature, byte[][] registers, byte[] key) {
        return "{\"tpm_quote\":{\"signature\":\"" + ImitatedTpm.base64(signature) + "\",\"message\":\""
                + ImitatedTpm.base64(message) + "\",\"pcrs\":["
                + Arrays.stream(registers)
                        .map(register -> "\"" + ImitatedTpm.hex(register) + "\"")
                        .collect(Collectors.joining(","))
                + "]},\"ak_public\":\"" + ImitatedTpm.base64(key) + "\"}";
    }
}

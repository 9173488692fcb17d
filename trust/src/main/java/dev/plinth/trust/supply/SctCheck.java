package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Der;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Signatures;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Whether a certificate log that is trusted has seen a certificate: by a timestamp that it signed and that the certificate carries (RFC 6962, 3.2 and 3.3). */
final class SctCheck {
    /*
     * The log signed what was to become the certificate, which is the certificate without these timestamps. So the extension is cut out of
     * its DER, and the lengths around it are written anew.
     */
    private static final String TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.2";
    private static final int EXTENSIONS = 0xa3;
    private static final int TIMESTAMPS_MAX = 16;
    private static final byte PRECERTIFICATE = 1;
    private static final int SHA256 = 4;

    private SctCheck() {}

    /** @param log the name of its key */
    private record Sct(Bytes log, long millis, Bytes extensions, int hash, Bytes signature) {
        Instant at() {
            return Instant.ofEpochMilli(millis);
        }
    }

    static boolean check(Findings findings, TrustedRoot root, SignerCertificate signer, X509Certificate issuer) {
        var where = signer.der().where();
        try {
            var scts = read(signer);
            var precertificate = precertificate(signer.der());
            var seen = scts.stream()
                    .filter(sct -> root.certificateLogs().stream()
                            .filter(log -> log.id().same(sct.log()))
                            .filter(log -> log.validity().covers(sct.at()))
                            .anyMatch(log -> sct.hash() == SHA256
                                    && PublicKeys.verifies(
                                            log.key(), sct.signature().copy(), signed(sct, precertificate, issuer))))
                    .findFirst();
            return findings.verified(
                    seen.isPresent(), "certificate.sct", "a timestamp of a certificate log of the trusted root", where);
        } catch (Malformed e) {
            findings.malformed("certificate.sct", e);
            return false;
        }
    }

    private static List<Sct> read(SignerCertificate signer) {
        var extension = signer.certificate().getExtensionValue(TIMESTAMPS);
        if (extension == null) {
            throw new Malformed(signer.der().where(), "signed certificate timestamps, " + TIMESTAMPS, "none");
        }
        var source = signer.der().source() + " timestamps";
        var list = new Der(new Der(Bytes.of(source, extension)).next(Der.OCTET_STRING)).next(Der.OCTET_STRING);
        if (list.u16be(0) != list.length() - 2) {
            throw new Malformed(list.where(), "a list as long as it says", list.length() - 2 + " bytes");
        }
        var scts = new ArrayList<Sct>();
        for (int at = 2; at < list.length(); at += 2 + list.u16be(at)) {
            if (scts.size() == TIMESTAMPS_MAX) {
                throw new Malformed(list.where(), "at most " + TIMESTAMPS_MAX + " timestamps", "more");
            }
            scts.add(sct(list.slice(at + 2, list.u16be(at))));
        }
        return scts;
    }

    private static Sct sct(Bytes sct) {
        if (sct.u8(0) != 0) {
            throw new Malformed(sct.where(), "a timestamp of version 1", sct.u8(0) + 1 + "");
        }
        int extensions = sct.u16be(41);
        int at = 43 + extensions;
        int length = sct.u16be(at + 2);
        if (sct.length() != at + 4 + length) {
            throw new Malformed(sct.where(), at + 4 + length + " bytes", sct.length() + " bytes");
        }
        long millis = sct.u64be(33);
        if (millis < 0 || millis > 253_402_300_799_999L) {
            throw new Malformed(sct.where(33, 8), "a time of our era", Long.toString(millis));
        }
        return new Sct(sct.slice(1, 32), millis, sct.slice(43, extensions), sct.u8(at), sct.slice(at + 4, length));
    }

    private static Bytes signed(Sct sct, byte[] precertificate, X509Certificate issuer) {
        var out = ByteBuffer.allocate(1
                + 1
                + 8
                + 2
                + 32
                + 3
                + precertificate.length
                + 2
                + sct.extensions().length());
        out.put((byte) 0).put((byte) 0).putLong(sct.millis()).put((byte) 0).put(PRECERTIFICATE);
        out.put(Signatures.digest("SHA-256", issuer.getPublicKey().getEncoded()));
        out.put((byte) (precertificate.length >>> 16))
                .putShort((short) precertificate.length)
                .put(precertificate);
        out.putShort((short) sct.extensions().length()).put(sct.extensions().copy());
        return Bytes.of("timestamp", out.array());
    }

    /** The part that is signed, without the timestamps. */
    static byte[] precertificate(Bytes certificate) {
        var parts = new Der(certificate).sequence().sequence();
        var kept = new ByteArrayOutputStream();
        while (parts.hasNext()) {
            if (parts.tag() == EXTENSIONS) {
                kept.writeBytes(wrapped(EXTENSIONS, wrapped(Der.SEQUENCE, others(new Der(parts.next()).sequence()))));
            } else {
                kept.writeBytes(parts.element().copy());
            }
        }
        return wrapped(Der.SEQUENCE, kept.toByteArray());
    }

    private static byte[] others(Der extensions) {
        var kept = new ByteArrayOutputStream();
        while (extensions.hasNext()) {
            var extension = extensions.element();
            if (!new Der(extension).sequence().oid().equals(TIMESTAMPS)) {
                kept.writeBytes(extension.copy());
            }
        }
        return kept.toByteArray();
    }

    private static byte[] wrapped(int tag, byte[] content) {
        var out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else if (content.length < 0x100) {
            out.write(0x81);
            out.write(content.length);
        } else {
            out.write(0x82);
            out.write(content.length >>> 8);
            out.write(content.length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }
}

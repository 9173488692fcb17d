package dev.plinth.trust;

import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Reads X.509 certificates and revocation lists, in DER and in the strict form of PEM. */
public final class Certificates {
    /*
     * PEM is read strictly: lines of 64 characters that end with \n, the canonical Base64 of the bytes, nothing between certificates,
     * and after the last at most what `trailer` allows. A lenient reader would take a quote whose certificate text was changed for
     * the same quote.
     */
    static final int CERTIFICATE_BYTES_MAX = 16 * 1024;
    static final int CERTIFICATES_MAX = 10;
    static final int CRL_BYTES_MAX = 4 * 1024 * 1024;

    private static final String BEGIN = "-----BEGIN CERTIFICATE-----\n";
    private static final String END = "-----END CERTIFICATE-----";

    private Certificates() {}

    public static X509Certificate parse(Bytes der) {
        if (der.length() > CERTIFICATE_BYTES_MAX) {
            throw new Malformed(
                    der.where(),
                    "a certificate of at most " + CERTIFICATE_BYTES_MAX + " bytes",
                    der.length() + " bytes");
        }
        strict(der);
        try {
            var certificate = (X509Certificate) factory().generateCertificate(der.stream());
            if (!der.same(certificate.getEncoded())) {
                throw new Malformed(der.where(), "one DER certificate and nothing else", der.length() + " bytes");
            }
            // Decoded on first use: a key that cannot be is found here, and not in the middle of a check.
            certificate.getPublicKey();
            return certificate;
        } catch (CertificateException e) {
            throw new Malformed(der.where(), "an X.509 certificate", Bytes.shorten(String.valueOf(e.getMessage())));
        }
    }

    /** The certificates of a file, in any form of PEM: collateral is kept by people, and its text is not what is signed. */
    public static List<X509Certificate> parseFile(Bytes file) {
        if (file.length() > 2 * CERTIFICATES_MAX * CERTIFICATE_BYTES_MAX) {
            throw new Malformed(
                    file.where(),
                    "a file of at most " + 2 * CERTIFICATES_MAX * CERTIFICATE_BYTES_MAX + " bytes",
                    file.length() + " bytes");
        }
        try {
            var certificates = new ArrayList<X509Certificate>();
            for (var certificate : factory().generateCertificates(file.stream())) {
                certificates.add(parse(Bytes.of(file.source(), certificate.getEncoded())));
            }
            if (certificates.isEmpty()) {
                throw new Malformed(file.where(), "at least one certificate", "none");
            }
            return certificates;
        } catch (CertificateException e) {
            throw new Malformed(file.where(), "certificates", Bytes.shorten(String.valueOf(e.getMessage())));
        }
    }

    static X509CRL parseCrl(Bytes der) {
        if (der.length() > CRL_BYTES_MAX) {
            throw new Malformed(
                    der.where(), "a revocation list of at most " + CRL_BYTES_MAX + " bytes", der.length() + " bytes");
        }
        strict(der);
        try {
            var crl = (X509CRL) factory().generateCRL(der.stream());
            if (!der.same(crl.getEncoded())) {
                throw new Malformed(der.where(), "one DER revocation list and nothing else", der.length() + " bytes");
            }
            return crl;
        } catch (CRLException e) {
            throw new Malformed(der.where(), "an X.509 revocation list", Bytes.shorten(String.valueOf(e.getMessage())));
        }
    }

    /**
     * The outermost structure, which is not signed: what is signed, the algorithm, and a signature of whole bytes. The JDK takes a
     * signature for the same when the count of its unused bits is changed from 0, as long as those bits are 0.
     */
    private static void strict(Bytes der) {
        var outer = new Der(der);
        var parts = outer.sequence();
        outer.end();
        parts.next(Der.SEQUENCE);
        parts.next(Der.SEQUENCE);
        var signature = parts.next(Der.BIT_STRING);
        if (signature.u8(0) != 0) {
            throw new Malformed(signature.where(), "a signature of whole bytes", signature.u8(0) + " unused bits");
        }
        parts.end();
    }

    /** The DER of each certificate in the text, in its order. A single NUL may follow, as Intel's libraries write it. */
    static List<Bytes> pem(Bytes text) {
        var certificates = new ArrayList<Bytes>();
        var at = 0;
        while (at < text.length() && text.u8(at) != 0) {
            if (certificates.size() == CERTIFICATES_MAX) {
                throw new Malformed(text.from(at).where(), "at most " + CERTIFICATES_MAX + " certificates", "more");
            }
            at = expect(text, at, BEGIN);
            var start = at;
            while (text.u8(at) != '-') {
                if (++at - start > 2 * CERTIFICATE_BYTES_MAX) {
                    throw new Malformed(
                            text.slice(start, 0).where(),
                            "a certificate of at most " + CERTIFICATE_BYTES_MAX + " bytes",
                            "more");
                }
            }
            certificates.add(base64(text.slice(start, at - start)));
            at = expect(text, at, END);
            if (at < text.length() && text.u8(at) == '\n') {
                at++;
            }
        }
        if (at < text.length() - 1 || certificates.isEmpty()) {
            throw new Malformed(
                    text.from(at).where(), "PEM certificates and at most one NUL", text.length() - at + " more bytes");
        }
        return certificates;
    }

    private static int expect(Bytes text, int at, String literal) {
        var found = text.slice(at, Math.min(literal.length(), text.length() - at));
        if (!found.same(literal.getBytes(java.nio.charset.StandardCharsets.US_ASCII))) {
            throw new Malformed(found.where(), literal.strip(), "something else");
        }
        return at + literal.length();
    }

    private static Bytes base64(Bytes lines) {
        var digits = new byte[lines.length()];
        var count = 0;
        var column = 0;
        for (var i = 0; i < lines.length(); i++) {
            var character = lines.u8(i);
            var last = i == lines.length() - 1;
            if (character == '\n') {
                if (column == 0 || (column != 64 && !last)) {
                    throw new Malformed(lines.where(i, 1), "lines of 64 characters", column + " characters");
                }
                column = 0;
            } else {
                digits[count++] = (byte) character;
                if (++column > 64 || last) {
                    throw new Malformed(lines.where(i, 1), "the end of the line", "a longer line");
                }
            }
        }
        var canonical = java.util.Arrays.copyOf(digits, count);
        try {
            var der = Base64.getDecoder().decode(canonical);
            if (java.util.Arrays.equals(Base64.getEncoder().encode(der), canonical)) {
                return Bytes.of(lines.source(), der);
            }
        } catch (IllegalArgumentException e) {
            throw new Malformed(lines.where(), "Base64", Bytes.shorten(String.valueOf(e.getMessage())));
        }
        throw new Malformed(lines.where(), "canonical Base64", "another encoding of the same bytes");
    }

    private static CertificateFactory factory() {
        try {
            return CertificateFactory.getInstance("X.509");
        } catch (CertificateException e) {
            throw new IllegalStateException("this JDK has no X.509", e);
        }
    }
}

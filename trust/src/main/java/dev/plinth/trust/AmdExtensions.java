package dev.plinth.trust;

import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Optional;

/** What AMD writes into the certificates of chip and loaded keys (VCEK and VLEK Certificate Specification, 57230). */
record AmdExtensions(X509Certificate certificate) {
    private static final String BASE = "1.3.6.1.4.1.3704.1.";

    /** {@code Milan-B0} and such. */
    String productName() {
        var value = new Der(value("2"));
        var name = value.next(Der.IA5_STRING);
        value.end();
        return name.text(StandardCharsets.US_ASCII);
    }

    /** The TCB that the key was derived at, in the layout of the report's TCB versions. */
    Bytes tcb(SnpReport.Product product) {
        var tcb = new byte[8];
        if (product == SnpReport.Product.TURIN) {
            tcb[0] = number("3.9");
            tcb[1] = number("3.1");
            tcb[2] = number("3.2");
            tcb[3] = number("3.3");
            tcb[4] = number("3.4");
            tcb[5] = number("3.5");
            tcb[6] = number("3.6");
        } else {
            tcb[0] = number("3.1");
            tcb[1] = number("3.2");
            tcb[2] = number("3.4");
            tcb[3] = number("3.5");
            tcb[4] = number("3.6");
            tcb[5] = number("3.7");
            tcb[6] = number("3.3");
        }
        tcb[7] = number("3.8");
        return Bytes.of("certificate TCB", tcb);
    }

    /** The chip's id; VLEK certificates have none. */
    Optional<Bytes> hardwareId() {
        return certificate.getExtensionValue(BASE + "4") == null ? Optional.empty() : Optional.of(value("4"));
    }

    /** The cloud provider that a VLEK was made for. */
    Optional<String> provider() {
        if (certificate.getExtensionValue(BASE + "5") == null) {
            return Optional.empty();
        }
        var value = new Der(value("5"));
        return Optional.of(value.next(Der.IA5_STRING).text(StandardCharsets.US_ASCII));
    }

    private byte number(String oid) {
        var value = new Der(value(oid));
        var number = value.integer(255);
        value.end();
        return (byte) number;
    }

    private Bytes value(String oid) {
        var encoded = certificate.getExtensionValue(BASE + oid);
        if (encoded == null) {
            throw new Malformed(
                    Where.field("AMD certificate", BASE + oid),
                    "AMD's extension " + BASE + oid,
                    "a certificate without it");
        }
        return new Der(Bytes.of("AMD certificate#" + BASE + oid, encoded)).next(Der.OCTET_STRING);
    }
}

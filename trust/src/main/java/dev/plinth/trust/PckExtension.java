package dev.plinth.trust;

import java.security.cert.X509Certificate;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What Intel writes into a PCK certificate (extension 1.2.840.113741.1.13.1): the platform and the level that its key was derived at. */
record PckExtension(Bytes components, int pceSvn, Bytes cpuSvn, String pceId, String fmspc, Bytes ppid) {
    static final String OID = "1.2.840.113741.1.13.1";

    static PckExtension read(X509Certificate certificate) {
        var where = Where.field("PCK certificate", OID);
        var value = certificate.getExtensionValue(OID);
        if (value == null) {
            throw new Malformed(where, "Intel's SGX extension", "none");
        }
        var outer = new Der(Bytes.of("PCK certificate extension", value));
        var fields = new Der(outer.next(Der.OCTET_STRING)).sequence();
        byte @Nullable [] components = null;
        var pceSvn = 0;
        @Nullable Bytes cpuSvn = null;
        @Nullable Bytes pceId = null;
        @Nullable Bytes fmspc = null;
        @Nullable Bytes ppid = null;
        while (fields.hasNext()) {
            var field = fields.sequence();
            switch (field.oid()) {
                case OID + ".1" -> ppid = field.next(Der.OCTET_STRING);
                case OID + ".2" -> {
                    components = new byte[16];
                    var tcb = field.sequence();
                    for (var i = 0; i < 18; i++) {
                        var item = tcb.sequence();
                        var oid = item.oid();
                        if (!oid.equals(OID + ".2." + (i + 1))) {
                            throw new Malformed(where, OID + ".2." + (i + 1), oid);
                        }
                        if (i < 16) {
                            components[i] = (byte) item.integer(255);
                        } else if (i == 16) {
                            pceSvn = item.integer(0xffff);
                        } else {
                            cpuSvn = item.next(Der.OCTET_STRING);
                        }
                    }
                }
                case OID + ".3" -> pceId = field.next(Der.OCTET_STRING);
                case OID + ".4" -> fmspc = field.next(Der.OCTET_STRING);
                default -> field.next();
            }
        }
        if (components == null || cpuSvn == null || pceId == null || fmspc == null || ppid == null) {
            throw new Malformed(where, "PPID, TCB, PCE id and FMSPC", "an extension without all of them");
        }
        return new PckExtension(
                Bytes.of("PCK certificate TCB", components),
                pceSvn,
                cpuSvn,
                pceId.hex().toUpperCase(Locale.ROOT),
                fmspc.hex().toUpperCase(Locale.ROOT),
                ppid);
    }
}

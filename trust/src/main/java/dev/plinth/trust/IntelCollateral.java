package dev.plinth.trust;

import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** Reads Intel's collateral as its provisioning service answers it, and as quote libraries bundle it. */
public final class IntelCollateral {
    private IntelCollateral() {}

    /** TCB info: {@code body} is exactly what is signed, {@code signature} its r and s in hexadecimal, {@code chain} PEM, leaf first. */
    public static Endorsement.IntelTcbInfo tcbInfo(byte[] body, String signature, String chain) {
        var document = Bytes.of("tcb-info", body);
        return new Endorsement.IntelTcbInfo(TcbInfo.read(document), signed(document, signature, chain));
    }

    public static Endorsement.IntelQeIdentity qeIdentity(byte[] body, String signature, String chain) {
        var document = Bytes.of("qe-identity", body);
        return new Endorsement.IntelQeIdentity(QeIdentity.read(document), signed(document, signature, chain));
    }

    public static Endorsement.RevocationList revocationList(byte[] der) {
        return new Endorsement.RevocationList(Certificates.parseCrl(Bytes.of("crl", der)));
    }

    /**
     * The whole of what a quote needs, as one JSON object with {@code tcb_info}, {@code tcb_info_signature},
     * {@code tcb_info_issuer_chain}, the same for {@code qe_identity}, {@code root_ca_crl} and {@code pck_crl} in hexadecimal, and
     * {@code pck_crl_issuer_chain}.
     */
    public static List<Endorsement> bundle(byte[] json) {
        var bundle = Json.parse(Bytes.of("collateral", json));
        var endorsements = new ArrayList<Endorsement>();
        endorsements.add(tcbInfo(
                utf8(bundle, "tcb_info"),
                bundle.at("tcb_info_signature").text(),
                bundle.at("tcb_info_issuer_chain").text()));
        endorsements.add(qeIdentity(
                utf8(bundle, "qe_identity"),
                bundle.at("qe_identity_signature").text(),
                bundle.at("qe_identity_issuer_chain").text()));
        endorsements.add(revocationList(bundle.at("root_ca_crl").hex().copy()));
        endorsements.add(revocationList(bundle.at("pck_crl").hex().copy()));
        for (var certificate : chain(bundle.at("pck_crl_issuer_chain").text())) {
            endorsements.add(new Endorsement.Authority(Vendor.INTEL, certificate));
        }
        return List.copyOf(endorsements);
    }

    private static byte[] utf8(Json bundle, String name) {
        return bundle.at(name).text().getBytes(StandardCharsets.UTF_8);
    }

    private static SignedDocument signed(Bytes document, String signature, String chain) {
        return new SignedDocument(document, Bytes.ofHex(document.source() + " signature", signature), chain(chain));
    }

    private static List<X509Certificate> chain(String pem) {
        return Certificates.pem(Bytes.of("issuer chain", pem.getBytes(StandardCharsets.US_ASCII))).stream()
                .map(Certificates::parse)
                .toList();
    }
}

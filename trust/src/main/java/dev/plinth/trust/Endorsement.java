package dev.plinth.trust;

import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;

/** What somebody else says about an attester's hardware (RFC 9334): collateral, as vendors publish it, and keys that an owner vouches for. */
public sealed interface Endorsement {
    /** Intel's TCB info for one platform family. */
    record IntelTcbInfo(TcbInfo info, SignedDocument signed) implements Endorsement {}

    /** Intel's identity of a quoting enclave. */
    record IntelQeIdentity(QeIdentity identity, SignedDocument signed) implements Endorsement {}

    /** A vendor's root or intermediate, or a certificate of one chip. */
    record Authority(Vendor vendor, X509Certificate certificate) implements Endorsement {
        /** Every certificate of a file in PEM, as vendors publish their chains. */
        public static List<Authority> readAll(Vendor vendor, byte[] pem) {
            return Certificates.parseFile(Bytes.of("certificates of " + vendor, pem)).stream()
                    .map(certificate -> new Authority(vendor, certificate))
                    .toList();
        }
    }

    /** The certificate of one AMD chip's key at one TCB; found by what its own extensions say. */
    record AmdChip(X509Certificate certificate) implements Endorsement {}

    /**
     * The lowest TCB that an owner accepts of a family of AMD's processors, for AMD signs no such statement.
     *
     * @param product {@code Milan}, {@code Genoa} or {@code Turin}
     * @param tcb 8 bytes, in the layout of that family's reports
     */
    record AmdMinimumTcb(String product, Bytes tcb, String owner) implements Endorsement {
        public AmdMinimumTcb {
            if (tcb.length() != 8) {
                throw new IllegalArgumentException("TCB: expected 8 bytes, found " + tcb.length());
            }
        }
    }

    /** Which certificates of one issuer are no longer good. */
    record RevocationList(X509CRL crl) implements Endorsement {}

    /**
     * An owner vouches for a key that comes without a certificate chain: a TPM's attestation key after enrolment, a chip's PEK, a CCA
     * platform's key.
     *
     * @param fingerprint SHA-256 of the key's SubjectPublicKeyInfo, or SM3 of the coordinates of an SM2 key, in hexadecimal
     * @param owner who vouches
     */
    record VouchedKey(Vendor vendor, String fingerprint, String owner) implements Endorsement {
        public VouchedKey {
            if (!fingerprint.matches("[0-9a-f]{64}")) {
                throw new IllegalArgumentException(
                        "fingerprint: expected 64 hexadecimal digits, found " + Bytes.shorten(fingerprint));
            }
        }

        static String fingerprint(PublicKey key) {
            return HexFormat.of().formatHex(Signatures.digest("SHA-256", key.getEncoded()));
        }

        public static VouchedKey of(Vendor vendor, PublicKey key, String owner) {
            return new VouchedKey(vendor, fingerprint(key), owner);
        }
    }

    /** A platform key that the evidence names by an id and does not carry (Arm CCA). */
    record PlatformKey(Vendor vendor, String id, PublicKey key, String owner) implements Endorsement {}

    /** Hygon's chain above a chip's PEK: root (HRK), HSK and CEK in Hygon's own form, one after another; 832, 832 and 2084 bytes. */
    record HygonAuthorities(String chipId, Bytes rootHskAndCek) implements Endorsement {
        public HygonAuthorities {
            if (rootHskAndCek.length() != 2 * CsvCertificate.ROOT_LENGTH + CsvCertificate.LENGTH) {
                throw new Malformed(
                        rootHskAndCek.where(),
                        2 * CsvCertificate.ROOT_LENGTH + CsvCertificate.LENGTH + " bytes",
                        rootHskAndCek.length() + " bytes");
            }
        }
    }
}

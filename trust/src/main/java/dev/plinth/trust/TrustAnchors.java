package dev.plinth.trust;

import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The roots that are trusted for each vendor, by the SHA-256 fingerprint of the certificate; for Hygon, whose roots are no X.509, by the SM3 of the key's coordinates. */
public final class TrustAnchors {
    /*
     * Fingerprints rather than certificates: the roots themselves come with the evidence or the collateral, and a line of text can be
     * compared with what the vendor publishes. A vendor without an anchor is not trusted at all. Simulation never has one by default.
     */
    private static final Map<Vendor, Set<String>> PINNED = Map.of(
            // CN=Intel SGX Root CA, valid until 2049.
            Vendor.INTEL,
            Set.of("44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3"),
            Vendor.AMD,
            Set.of(
                    // CN=ARK-Milan, CN=ARK-Genoa, CN=ARK-Turin.
                    "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
                    "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
                    "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a"),
            // CN=aws.nitro-enclaves, valid until 2049; AWS publishes this fingerprint.
            Vendor.AWS,
            Set.of("641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"),
            // CN=NVIDIA Device Identity CA, which does not expire.
            Vendor.NVIDIA,
            Set.of("102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48"));

    private final Map<Vendor, Set<String>> fingerprints;

    private TrustAnchors(Map<Vendor, Set<String>> fingerprints) {
        this.fingerprints = fingerprints;
    }

    /** The roots that vendors publish, as far as they are pinned here. */
    public static TrustAnchors ofVendors() {
        return new TrustAnchors(PINNED);
    }

    /** Nobody is trusted. */
    public static TrustAnchors none() {
        return new TrustAnchors(Map.of());
    }

    /** These anchors and one more. */
    public TrustAnchors with(Vendor vendor, String sha256Hex) {
        var normal = sha256Hex.replace(":", "").toLowerCase(Locale.ROOT);
        if (!normal.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("fingerprint of a root of " + vendor
                    + ": expected 64 hexadecimal digits, found " + Bytes.shorten(sha256Hex));
        }
        var more = new EnumMap<Vendor, Set<String>>(Vendor.class);
        more.putAll(fingerprints);
        var set = new TreeSet<>(fingerprints.getOrDefault(vendor, Set.of()));
        set.add(normal);
        more.put(vendor, Set.copyOf(set));
        return new TrustAnchors(more);
    }

    public TrustAnchors with(Vendor vendor, X509Certificate root) {
        return with(vendor, fingerprint(root));
    }

    public Set<String> fingerprints(Vendor vendor) {
        return fingerprints.getOrDefault(vendor, Set.of());
    }

    boolean trusts(Vendor vendor, String fingerprint) {
        return fingerprints(vendor).contains(fingerprint);
    }

    static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(Signatures.digest("SHA-256", certificate.getEncoded()));
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was decoded cannot be encoded", e);
        }
    }
}

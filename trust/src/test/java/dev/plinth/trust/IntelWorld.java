package dev.plinth.trust;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;

/** An Intel of its own: a root, a platform, a quoting enclave and a provisioning service, in which a test changes one thing. */
final class IntelWorld {
    static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    private static final TestAuthority ROOT = TestAuthority.root("CN=Intel SGX Root CA,O=Imitation", "secp256r1");
    private static final TestAuthority PLATFORM_CA =
            ROOT.authority("CN=Intel SGX PCK Platform CA,O=Imitation", "secp256r1");
    private static final KeyPair TCB_SIGNING = TestAuthority.ec("secp256r1");
    private static final X509Certificate TCB_SIGNER =
            ROOT.leaf("CN=Intel SGX TCB Signing,O=Imitation", TCB_SIGNING.getPublic(), Map.of());
    private static final KeyPair PCK = TestAuthority.ec("secp256r1");
    private static final KeyPair ATTESTATION = TestAuthority.ec("secp256r1");

    int version = 4;
    boolean tdx = true;
    boolean td15 = false;
    String fmspc = "00906ED50000";
    String pceId = "0000";
    byte[] components = {5, 5, 2, 2, 3, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0};
    int pceSvn = 13;
    byte[] teeTcbSvn = {6, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    byte[] teeTcbSvnNow = teeTcbSvn.clone();
    byte[] challenge = "a nonce of this one time".getBytes(StandardCharsets.US_ASCII);
    int qeSvn = 8;
    java.util.Optional<Bytes> eventLog = java.util.Optional.empty();
    /** Changes to the report before it is signed. */
    Consumer<byte[]> report = bytes -> {};

    Consumer<byte[]> qeReport = bytes -> {};
    /** Changes to the finished quote. */
    java.util.function.UnaryOperator<byte[]> quote = bytes -> bytes;

    String infoFmspc = fmspc;
    String infoPceId = pceId;
    Instant issued = NOW.minusSeconds(86_400);
    Instant nextUpdate = NOW.plusSeconds(30 * 86_400);
    /** SGX components' first, TDX components' third, PCESVN, status. */
    List<Object[]> levels = new ArrayList<>(List.of(
            new Object[] {5, 4, 13, "UpToDate"},
            new Object[] {4, 3, 13, "ConfigurationNeeded"},
            new Object[] {3, 2, 11, "OutOfDate"},
            new Object[] {1, 1, 5, "Revoked"}));

    String moduleLevels = svnLevels(6, "UpToDate", 4, "OutOfDate", 2, "Revoked");
    String moduleId = "TDX_01";
    String moduleSigner = "00".repeat(48);
    String qeLevels = svnLevels(8, "UpToDate", 6, "OutOfDate", 5, "Revoked");
    String qeSigner = "ab".repeat(32);
    String qeProdId = "2";
    java.util.function.UnaryOperator<String> tcbInfoText = text -> text;
    java.util.function.UnaryOperator<String> qeIdentityText = text -> text;
    boolean flipTcbInfoSignature;
    boolean flipQeIdentitySignature;
    X509Certificate collateralSigner = TCB_SIGNER;
    KeyPair collateralKeys = TCB_SIGNING;
    List<X509Certificate> revokedByRoot = List.of();
    boolean revokePck;
    boolean withRootCrl = true;
    boolean withPckCrl = true;
    boolean withTcbInfo = true;
    boolean withQeIdentity = true;
    Instant crlUntil = NOW.plusSeconds(30 * 86_400);
    Instant pckFrom = TestAuthority.FROM;
    Instant pckTo = TestAuthority.TO;
    KeyPair pckInCertificate = PCK;
    TestAuthority pckIssuer = PLATFORM_CA;
    List<X509Certificate> chainAbove = List.of(PLATFORM_CA.certificate(), ROOT.certificate());

    static X509Certificate platformCa() {
        return PLATFORM_CA.certificate();
    }

    static X509Certificate tcbSigner() {
        return TCB_SIGNER;
    }

    static TestAuthority root() {
        return ROOT;
    }

    static IntelWorld tdx() {
        return new IntelWorld();
    }

    static IntelWorld sgx() {
        var world = new IntelWorld();
        world.version = 3;
        world.tdx = false;
        world.qeProdId = "1";
        return world;
    }

    static TrustAnchors anchors() {
        return TrustAnchors.none().with(Vendor.INTEL, ROOT.certificate());
    }

    /** A boot log of a domain, in the bank of its registers, and the registers it leaves. */
    static IntelWorld booted(byte[]... extra) {
        var world = tdx();
        var out = new Out().u32(1).u32(3).zeros(20).u32(33);
        out.put("Spec ID Event03\0".getBytes(StandardCharsets.US_ASCII))
                .u32(0)
                .u8(0)
                .u8(2)
                .u8(0)
                .u8(2);
        out.u32(1).u16(0x0c).u16(48).u8(0);
        out.put(event384(1, "firmware")).put(event384(2, "kernel"));
        var log = Bytes.of("ccel", out.bytes());
        var registers = EventLog.parse(log).replay(TpmAlgorithm.SHA384);
        world.report = body -> {
            System.arraycopy(registers.get(1).copy(), 0, body, 328, 48);
            System.arraycopy(registers.get(2).copy(), 0, body, 376, 48);
        };
        for (var more : extra) {
            out.put(more);
        }
        world.eventLog = java.util.Optional.of(Bytes.of("ccel", out.bytes()));
        return world;
    }

    static byte[] event384(int register, String data) {
        var bytes = data.getBytes(StandardCharsets.US_ASCII);
        return new Out()
                .u32(register)
                .u32(13)
                .u32(1)
                .u16(0x0c)
                .put(Signatures.digest("SHA-384", bytes))
                .u32(bytes.length)
                .put(bytes)
                .bytes();
    }

    static String svnLevels(Object... svnAndStatus) {
        var text = new StringBuilder("[");
        for (var i = 0; i < svnAndStatus.length; i += 2) {
            text.append(i == 0 ? "" : ",")
                    .append("{\"tcb\":{\"isvsvn\":")
                    .append(svnAndStatus[i])
                    .append("},\"tcbDate\":\"2025-01-01T00:00:00Z\",\"tcbStatus\":\"")
                    .append(svnAndStatus[i + 1])
                    .append("\"}");
        }
        return text.append("]").toString();
    }

    AttestationResult appraise() {
        return appraise(NOW);
    }

    AttestationResult appraise(Instant at) {
        return appraise(quote(), Challenge.of(challenge), at);
    }

    AttestationResult appraise(byte[] quoteBytes, Challenge expected, Instant at) {
        return new Appraiser(anchors(), collateral()).appraise(evidence(quoteBytes), expected, at);
    }

    Evidence evidence(byte[] quoteBytes) {
        var bytes = Bytes.of("quote", quoteBytes);
        return tdx ? new Evidence.TdxQuote(bytes, eventLog) : new Evidence.SgxQuote(bytes);
    }

    byte[] quote() {
        var bodySize = !tdx ? 384 : td15 ? 648 : 584;
        var report = tdx ? domainReport(bodySize) : enclaveReport();
        this.report.accept(report);
        var signed = new Out().u16(version).u16(2).u32(tdx ? 0x81 : 0).u32(0);
        signed.put(HexFormat.of().parseHex("939a7233f79c4ca9940a0db3957f0607")).zeros(20);
        if (version == 5) {
            signed.u16(!tdx ? 1 : td15 ? 3 : 2).u32(bodySize);
        }
        signed.put(report);
        var signedBytes = signed.bytes();

        var key = point(ATTESTATION);
        var authentication = new byte[32];
        var qe = enclaveReport();
        Arrays.fill(qe, 128, 160, (byte) 0xab);
        qe[256] = (byte) (tdx ? 2 : 1);
        qe[258] = (byte) qeSvn;
        qe[48] = 0x11;
        Arrays.fill(qe, 320, 384, (byte) 0);
        System.arraycopy(Signatures.digest("SHA-256", key, authentication), 0, qe, 320, 32);
        qeReport.accept(qe);

        var pem = (TestAuthority.pem(pck()) + TestAuthority.pem(chainAbove.toArray(new X509Certificate[0])))
                .getBytes(StandardCharsets.US_ASCII);
        var enclave = new Out()
                .put(qe)
                .put(TestAuthority.sign(Signatures.ES256, PCK, qe))
                .u16(authentication.length)
                .put(authentication)
                .u16(5)
                .u32(pem.length)
                .put(pem)
                .bytes();

        var data = new Out()
                .put(TestAuthority.sign(Signatures.ES256, ATTESTATION, signedBytes))
                .put(key);
        if (version > 3) {
            data.u16(6).u32(enclave.length);
        }
        data.put(enclave);
        return quote.apply(
                new Out().put(signedBytes).u32(data.size()).put(data.bytes()).bytes());
    }

    private byte[] enclaveReport() {
        var body = new byte[384];
        body[48] = 5;
        Arrays.fill(body, 64, 96, (byte) 0x11);
        Arrays.fill(body, 128, 160, (byte) 0x22);
        System.arraycopy(challenge, 0, body, 320, challenge.length);
        return body;
    }

    private byte[] domainReport(int size) {
        var body = new byte[size];
        System.arraycopy(teeTcbSvn, 0, body, 0, 16);
        body[123] = 0x10;
        Arrays.fill(body, 136, 184, (byte) 0x33);
        System.arraycopy(challenge, 0, body, 520, challenge.length);
        if (td15) {
            System.arraycopy(teeTcbSvnNow, 0, body, 584, 16);
        }
        return body;
    }

    private X509Certificate pck;

    X509Certificate pck() {
        if (pck == null) {
            pck = pckIssuer.leaf(
                    "CN=Intel SGX PCK Certificate,O=Imitation",
                    pckInCertificate.getPublic(),
                    Map.of(PckExtension.OID, sgxExtension()),
                    pckFrom,
                    pckTo);
        }
        return pck;
    }

    private byte[] sgxExtension() {
        var tcb = new ASN1EncodableVector();
        for (var i = 0; i < 16; i++) {
            tcb.add(entry(".2." + (i + 1), new ASN1Integer(components[i] & 0xff)));
        }
        tcb.add(entry(".2.17", new ASN1Integer(pceSvn)));
        tcb.add(entry(".2.18", new DEROctetString(components)));
        var fields = new ASN1EncodableVector();
        fields.add(entry(".1", new DEROctetString(new byte[16])));
        fields.add(entry(".2", new DERSequence(tcb)));
        fields.add(entry(".3", new DEROctetString(HexFormat.of().parseHex(pceId))));
        fields.add(entry(".4", new DEROctetString(HexFormat.of().parseHex(fmspc))));
        try {
            return new DERSequence(fields).getEncoded();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static DERSequence entry(String oid, org.bouncycastle.asn1.ASN1Encodable value) {
        var pair = new ASN1EncodableVector();
        pair.add(new ASN1ObjectIdentifier(PckExtension.OID + oid));
        pair.add(value);
        return new DERSequence(pair);
    }

    CollateralStore collateral() {
        return new CollateralStore().putAll(endorsements());
    }

    List<Endorsement> endorsements() {
        var all = new ArrayList<Endorsement>();
        var chain = TestAuthority.pem(collateralSigner, ROOT.certificate());
        if (withTcbInfo) {
            var info = tcbInfoText.apply(tcbInfo()).getBytes(StandardCharsets.UTF_8);
            all.add(IntelCollateral.tcbInfo(info, signature(info, flipTcbInfoSignature), chain));
        }
        if (withQeIdentity) {
            var identity = qeIdentityText.apply(qeIdentity()).getBytes(StandardCharsets.UTF_8);
            all.add(IntelCollateral.qeIdentity(identity, signature(identity, flipQeIdentitySignature), chain));
        }
        if (withRootCrl) {
            all.add(new Endorsement.RevocationList(ROOT.crl(issued, crlUntil, revokedByRoot)));
        }
        if (withPckCrl) {
            all.add(new Endorsement.RevocationList(
                    PLATFORM_CA.crl(issued, crlUntil, revokePck ? List.of(pck()) : List.of())));
        }
        return all;
    }

    private String signature(byte[] body, boolean flip) {
        var signature = TestAuthority.sign(Signatures.ES256, collateralKeys, body);
        signature[40] ^= (byte) (flip ? 1 : 0);
        return HexFormat.of().formatHex(signature);
    }

    private String tcbInfo() {
        var text = new StringBuilder("""
                {"id":"%s","version":3,"issueDate":"%s","nextUpdate":"%s","fmspc":"%s","pceId":"%s","tcbType":0,\
                "tcbEvaluationDataNumber":17,""".formatted(tdx ? "TDX" : "SGX", issued, nextUpdate, infoFmspc, infoPceId));
        if (tdx) {
            text.append("""
                    "tdxModule":{"mrsigner":"%s","attributes":"0000000000000000","attributesMask":"FFFFFFFFFFFFFFFF"},\
                    "tdxModuleIdentities":[{"id":"%s","mrsigner":"%s","attributes":"0000000000000000",\
                    "attributesMask":"FFFFFFFFFFFFFFFF","tcbLevels":%s}],""".formatted(moduleSigner, moduleId, moduleSigner, moduleLevels));
        }
        text.append("\"tcbLevels\":[");
        for (var i = 0; i < levels.size(); i++) {
            var level = levels.get(i);
            text.append(i == 0 ? "" : ",").append("{\"tcb\":{\"sgxtcbcomponents\":");
            text.append(components((int) level[0], 0)).append(",\"pcesvn\":").append(level[2]);
            if (tdx) {
                text.append(",\"tdxtcbcomponents\":").append(components((int) level[1], 2));
            }
            text.append("},\"tcbDate\":\"2025-01-01T00:00:00Z\",\"tcbStatus\":\"")
                    .append(level[3])
                    .append("\",\"advisoryIDs\":[\"INTEL-SA-0000" + i + "\"]}");
        }
        return text.append("]}").toString();
    }

    private static String components(int svn, int at) {
        var text = new StringBuilder("[");
        for (var i = 0; i < 16; i++) {
            text.append(i == 0 ? "" : ",")
                    .append("{\"svn\":")
                    .append(i == at ? svn : 0)
                    .append("}");
        }
        return text.append("]").toString();
    }

    private String qeIdentity() {
        return """
                {"id":"%s","version":2,"issueDate":"%s","nextUpdate":"%s","tcbEvaluationDataNumber":17,\
                "miscselect":"00000000","miscselectMask":"FFFFFFFF","attributes":"11000000000000000000000000000000",\
                "attributesMask":"FBFFFFFFFFFFFFFF0000000000000000","mrsigner":"%s","isvprodid":%s,"tcbLevels":%s}""".formatted(tdx ? "TD_QE" : "QE", issued, nextUpdate, qeSigner, qeProdId, qeLevels);
    }

    static byte[] point(KeyPair keys) {
        return point(keys, 32);
    }

    static byte[] point(KeyPair keys, int size) {
        var w = ((ECPublicKey) keys.getPublic()).getW();
        var out = new byte[2 * size];
        fixed(w.getAffineX().toByteArray(), out, 0, size);
        fixed(w.getAffineY().toByteArray(), out, size, size);
        return out;
    }

    private static void fixed(byte[] number, byte[] out, int at, int size) {
        var skip = Math.max(0, number.length - size);
        System.arraycopy(number, skip, out, at + size - (number.length - skip), number.length - skip);
    }
}

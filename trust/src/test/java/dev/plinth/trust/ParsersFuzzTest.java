package dev.plinth.trust;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Any bytes at all: appraisal never throws, and a parser throws Malformed or nothing. In a build these run over their saved inputs;
 * with {@code JAZZER_FUZZ=1} they search for new ones.
 */
class ParsersFuzzTest {
    private static final Instant AT = Instant.parse("2026-06-01T00:00:00Z");
    private static final Appraiser APPRAISER = new Appraiser(TrustAnchors.ofVendors(), new CollateralStore());

    private static void appraise(Evidence evidence) {
        if (APPRAISER.appraise(evidence, Challenge.unknown(), AT).holds()) {
            throw new AssertionError("believed");
        }
    }

    private static Bytes bytes(byte[] data) {
        return Bytes.of("input", data.clone());
    }

    private static void parse(Runnable parser) {
        try {
            parser.run();
        } catch (Malformed e) {
            // The one that parsers may throw.
            if (e.getMessage() == null) {
                throw new AssertionError("a Malformed that says nothing", e);
            }
        }
    }

    @FuzzTest
    void sgx(byte[] data) {
        appraise(new Evidence.SgxQuote(bytes(data)));
    }

    @FuzzTest
    void tdx(byte[] data) {
        appraise(new Evidence.TdxQuote(bytes(data), Optional.of(bytes(data))));
    }

    @FuzzTest
    void snp(byte[] data) {
        appraise(new Evidence.SnpReport(bytes(data), List.of(bytes(data))));
    }

    @FuzzTest
    void nitro(byte[] data) {
        appraise(new Evidence.NitroDocument(bytes(data)));
    }

    @FuzzTest
    void tpm(byte[] data) {
        appraise(new Evidence.TpmQuote(
                bytes(data),
                bytes(data),
                bytes(data),
                List.of(),
                Map.of(),
                Optional.of(bytes(data)),
                Optional.of(bytes(data))));
    }

    @FuzzTest
    void azure(byte[] data) {
        appraise(new Evidence.AzureVtpm(bytes(data), bytes(data), bytes(data), Map.of(), List.of(), Optional.empty()));
    }

    @FuzzTest
    void csv(byte[] data) {
        appraise(new Evidence.CsvReport(bytes(data)));
    }

    @FuzzTest
    void gpu(byte[] data) {
        appraise(new Evidence.GpuReport(bytes(data), bytes(data)));
    }

    @FuzzTest
    void cca(byte[] data) {
        appraise(new Evidence.CcaToken(bytes(data)));
    }

    @FuzzTest
    void cbor(byte[] data) {
        parse(() -> Cbor.parse(bytes(data)));
    }

    @FuzzTest
    void certificates(byte[] data) {
        parse(() -> Certificates.parse(bytes(data)));
        parse(() -> Certificates.parseCrl(bytes(data)));
        parse(() -> Certificates.pem(bytes(data)));
        parse(() -> Certificates.parseFile(bytes(data)));
    }

    @FuzzTest
    void collateral(byte[] data) {
        parse(() -> TcbInfo.read(bytes(data)));
        parse(() -> QeIdentity.read(bytes(data)));
        parse(() -> IntelCollateral.bundle(data.clone()));
    }

    @FuzzTest
    void logs(byte[] data) {
        parse(() -> EventLog.parse(bytes(data)).replay(TpmAlgorithm.SHA256));
        parse(() -> ImaLog.parse(bytes(data)).entries().forEach(ImaLog.Entry::file));
    }
}

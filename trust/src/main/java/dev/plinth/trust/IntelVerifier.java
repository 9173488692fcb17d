package dev.plinth.trust;

import dev.plinth.trust.Chains.Revocation;
import dev.plinth.trust.IntelQuote.Enclave;
import dev.plinth.trust.TrustVector.Aspect;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Verifies SGX and TDX quotes as Intel's quote verification library does. */
final class IntelVerifier {
    /*
     * Four links, each checked by itself: Intel's root signs the platform's PCK certificate; the PCK signs the report of the quoting
     * enclave; that report contains the digest of the attestation key; the attestation key signs the quote. Then what Intel says of
     * the platform's level (TCB info) and of the quoting enclave (QE identity), both signed by a certificate under the same root. The
     * level's conclusions follow "SGX-TDX-DCAP-QuoteVerificationLibrary", TcbLevelCheck and TDRelaunchCheck.
     */
    private static final String SIGNER = "CN=Intel SGX TCB Signing";

    private final Chains chains;
    private final CollateralStore collateral;

    IntelVerifier(Chains chains, CollateralStore collateral) {
        this.chains = chains;
        this.collateral = collateral;
    }

    void verify(Checks checks, Bytes bytes, boolean tdx, Challenge challenge) {
        var quote = IntelQuote.parse(bytes);
        if (quote.tdx() != tdx) {
            throw new Malformed(
                    quote.header().where(4, 4), tdx ? "a TDX quote" : "an SGX quote", quote.tdx() ? "TDX" : "SGX");
        }
        checks.claim("quote.version", (long) quote.version());
        var chain = chains.parseAll(Certificates.pem(quote.pckChain()));
        var pck = chain.getFirst();
        chains.check(checks, "intel.pck", Vendor.INTEL, "PCK chain", chain, Revocation.REQUIRED);
        signatures(checks, quote, pck);

        var platform = PckExtension.read(pck);
        checks.claim("platform.fmspc", platform.fmspc());
        checks.claim("platform.ppid", platform.ppid());
        if (tdx) {
            domain(checks, quote);
        } else {
            enclave(checks, new Enclave(quote.report()));
        }
        checks.challenge("intel.challenge", challenge, quote.reportData());

        var identity = qeIdentity(checks, tdx ? "TD_QE" : "QE");
        var enclave = identity.flatMap(known -> quotingEnclave(checks, known, new Enclave(quote.qeReport())));
        var info = tcbInfo(checks, tdx ? "TDX" : "SGX", platform);
        if (enclave.isPresent() && info.isPresent()) {
            level(checks, quote, platform, info.get(), enclave.get());
        }
    }

    /** The log's registers 1 to 4 are the quote's runtime registers 0 to 3; register 0, the domain's own measurement, is no log's to extend. */
    static void eventLog(Checks checks, Bytes bytes, Bytes logBytes) {
        var quote = IntelQuote.parse(bytes);
        var log = EventLog.parse(logBytes);
        var replayed = log.replay(TpmAlgorithm.SHA384);
        var holds = true;
        for (var register : replayed.keySet()) {
            if (register < 1 || register > 4) {
                checks.fail(
                        "tdx.event-log",
                        "registers 1 to 4, which are RTMR 0 to 3",
                        Integer.toString(register),
                        logBytes.where());
                holds = false;
            }
        }
        for (var i = 0; i < 4; i++) {
            var quoted = quote.report().slice(328 + 48 * i, 48);
            var found = replayed.getOrDefault(i + 1, Bytes.of("", new byte[48]));
            holds &= checks.that(
                    found.same(quoted),
                    "tdx.event-log",
                    "RTMR " + i + " = " + quoted.shown(),
                    "the log replays to " + found.shown(),
                    quoted.where());
        }
        if (holds) {
            checks.claim("boot.events", (long) log.events().size());
            log.secureBoot(TpmAlgorithm.SHA384, 1).ifPresent(on -> checks.claim("boot.secure-boot", on));
        }
    }

    private static void signatures(Checks checks, IntelQuote quote, X509Certificate pck) {
        var key = Signatures.point(Signatures.P256, quote.attestationKey());
        checks.verified(
                Signatures.verifies(Signatures.ES256, key, quote.signature().copy(), quote.signed()),
                "intel.quote.signature",
                "a signature of the attestation key over header and body",
                quote.signed().where());
        checks.verified(
                Signatures.isOn(Signatures.P256, pck.getPublicKey())
                        && Signatures.verifies(
                                Signatures.ES256,
                                pck.getPublicKey(),
                                quote.qeReportSignature().copy(),
                                quote.qeReport()),
                "intel.qe-report.signature",
                "a signature of the PCK over the quoting enclave's report",
                quote.qeReport().where());
        var binding = new Enclave(quote.qeReport()).reportData();
        checks.equal(
                "intel.qe-report.binding",
                binding.slice(0, 32),
                Signatures.digest("SHA-256", quote.attestationKey(), quote.qeAuthenticationData()));
        checks.zero("intel.qe-report.binding-rest", binding.from(32));
    }

    private static void enclave(Checks checks, Enclave report) {
        checks.that(
                report.initialized(),
                "intel.enclave.initialized",
                "the INIT attribute",
                report.initialized() ? "set" : "not set",
                report.attributes().where());
        debug(checks, report.debug(), report.attributes());
        checks.claim("measurement", report.mrEnclave());
        checks.claim("sgx.mrenclave", report.mrEnclave());
        checks.claim("sgx.mrsigner", report.mrSigner());
        checks.claim("sgx.isv-prod-id", (long) report.isvProdId());
        checks.claim("sgx.isv-svn", (long) report.isvSvn());
        checks.claim("sgx.config-id", report.configId());
        checks.claim("sgx.config-svn", (long) report.configSvn());
        checks.claim("sgx.attributes", report.attributes());
        checks.claim("sgx.misc-select", report.miscSelect());
        checks.claim("report-data", report.reportData());
    }

    private static void domain(Checks checks, IntelQuote quote) {
        var report = quote.report();
        var attributes = report.slice(120, 8);
        // The first byte, "TD under debug": any of its bits gives the host a way in.
        debug(checks, attributes.u8(0) != 0, attributes);
        checks.claim("measurement", report.slice(136, 48));
        checks.claim("tdx.mrtd", report.slice(136, 48));
        checks.claim("tdx.mrseam", report.slice(16, 48));
        checks.claim("tdx.mrsigner-seam", report.slice(64, 48));
        checks.claim("tdx.tee-tcb-svn", quote.teeTcbSvn());
        checks.claim("tdx.attributes", attributes);
        checks.claim("tdx.xfam", report.slice(128, 8));
        checks.claim("tdx.mrconfigid", report.slice(184, 48));
        checks.claim("tdx.mrowner", report.slice(232, 48));
        checks.claim("tdx.mrownerconfig", report.slice(280, 48));
        for (var i = 0; i < 4; i++) {
            checks.claim("tdx.rtmr" + i, report.slice(328 + 48 * i, 48));
        }
        checks.claim("report-data", quote.reportData());
        if (report.length() == IntelQuote.TD_REPORT_15) {
            checks.claim("tdx.mrservicetd", report.slice(600, 48));
        }
    }

    private static void debug(Checks checks, boolean debug, Bytes attributes) {
        checks.unless(!debug, "debug", "intel.debug", "no debug attribute", attributes.hex(), attributes.where());
        checks.claim("debug", debug);
        checks.rate(Aspect.CONFIGURATION, debug ? TrustVector.CONTRAINDICATED : TrustVector.NO_KNOWN_VULNERABILITY);
        checks.rate(Aspect.RUNTIME_OPAQUE, debug ? TrustVector.CONTRAINDICATED : TrustVector.AFFIRMED);
    }

    private Optional<QeIdentity> qeIdentity(Checks checks, String id) {
        var known = collateral.qeIdentity(id);
        if (known.isEmpty()) {
            checks.fail(
                    "intel.qe-identity",
                    "an identity of " + id,
                    "none in the collateral",
                    Where.field("collateral", id));
            return Optional.empty();
        }
        var identity = known.get().identity();
        document(checks, "intel.qe-identity", known.get().signed(), identity.issueDate(), identity.nextUpdate());
        return Optional.of(identity);
    }

    private Optional<TcbInfo> tcbInfo(Checks checks, String id, PckExtension platform) {
        var known = collateral.tcbInfo(id, platform.fmspc());
        if (known.isEmpty()) {
            checks.fail(
                    "intel.tcb-info",
                    id + " TCB info for FMSPC " + platform.fmspc(),
                    "none in the collateral",
                    Where.field("collateral", TcbInfo.key(id, platform.fmspc())));
            return Optional.empty();
        }
        var info = known.get().info();
        document(checks, "intel.tcb-info", known.get().signed(), info.issueDate(), info.nextUpdate());
        checks.that(
                info.pceId().equals(platform.pceId()),
                "intel.tcb-info.pce-id",
                platform.pceId(),
                info.pceId(),
                Where.field("tcb-info", "pceId"));
        checks.claim("tcb.evaluation-number", (long) info.evaluationNumber());
        return Optional.of(info);
    }

    private void document(Checks checks, String check, SignedDocument document, Instant from, Instant to) {
        var signer = document.chain().getFirst();
        chains.check(
                checks,
                check,
                Vendor.INTEL,
                document.body().source() + " chain",
                document.chain(),
                Revocation.REQUIRED);
        checks.that(
                Chains.name(signer).contains(SIGNER),
                check + ".signer",
                SIGNER,
                Chains.name(signer),
                Where.field(document.body().source(), "issuer chain"));
        checks.verified(
                Signatures.isOn(Signatures.P256, signer.getPublicKey())
                        && chains.signedCollateral(
                                Signatures.ES256,
                                signer.getPublicKey(),
                                document.body(),
                                document.signature().copy()),
                check + ".document-signature",
                "a signature of " + Chains.name(signer),
                document.body().where());
        checks.validUntil(to);
        checks.that(
                !checks.at().isBefore(from) && !checks.at().isAfter(to),
                check + ".document-validity",
                "a time from " + from + " to " + to,
                checks.at().toString(),
                Where.field(document.body().source(), "nextUpdate"));
    }

    /** The level of the quoting enclave, if it is Intel's at all. */
    private static Optional<TcbInfo.SvnLevel> quotingEnclave(Checks checks, QeIdentity identity, Enclave report) {
        masked(checks, "intel.qe.miscselect", report.miscSelect(), identity.miscSelectMask(), identity.miscSelect());
        masked(checks, "intel.qe.attributes", report.attributes(), identity.attributesMask(), identity.attributes());
        checks.equal("intel.qe.mrsigner", report.mrSigner(), identity.mrSigner());
        checks.that(
                report.isvProdId() == identity.isvProdId(),
                "intel.qe.isv-prod-id",
                Integer.toString(identity.isvProdId()),
                Integer.toString(report.isvProdId()),
                report.report().where(256, 2));
        return svnLevel(
                checks,
                "intel.qe.isv-svn",
                identity.levels(),
                report.isvSvn(),
                report.report().where(258, 2));
    }

    private static void masked(Checks checks, String check, Bytes found, Bytes mask, Bytes expected) {
        var holds = true;
        for (var i = 0; i < found.length(); i++) {
            holds &= (found.u8(i) & mask.u8(i)) == (expected.u8(i) & mask.u8(i));
        }
        checks.that(holds, check, expected.hex() + " under mask " + mask.hex(), found.hex(), found.where());
    }

    private static Optional<TcbInfo.SvnLevel> svnLevel(
            Checks checks, String check, List<TcbInfo.SvnLevel> levels, int svn, Where where) {
        var level = levels.stream().filter(each -> each.isvSvn() <= svn).findFirst();
        checks.that(
                level.isPresent(),
                check,
                "a security version that Intel knows",
                level.map(known -> svn + ", at the level of " + known.isvSvn() + ": "
                                + known.status().label())
                        .orElse(Integer.toString(svn)),
                where);
        return level;
    }

    /** What a level came to. */
    private record Conclusion(TcbStatus status, Instant date, TreeSet<String> advisories) {}

    private static void level(
            Checks checks, IntelQuote quote, PckExtension platform, TcbInfo info, TcbInfo.SvnLevel enclave) {
        var launch = evaluate(
                checks, "intel.tcb.level", quote, platform, info, enclave, quote.tdx() ? quote.teeTcbSvn() : null);
        if (launch.isEmpty()) {
            return;
        }
        var status = launch.get().status();
        var now = quote.tdx() ? quote.teeTcbSvnNow() : null;
        if (now != null) {
            var current = evaluate(checks, "intel.tcb.level-now", quote, platform, info, enclave, now);
            if (current.isEmpty()) {
                return;
            }
            status = status.launchedBefore(current.get().status());
            checks.claim("tcb.status-now", current.get().status().label());
        }
        conclude(checks, status, launch.get());
    }

    private static void conclude(Checks checks, TcbStatus status, Conclusion level) {
        checks.claim("tcb.status", status.label());
        checks.claim("tcb.date", level.date().toString());
        checks.claim("tcb.advisories", List.copyOf(level.advisories()));
        var where = Where.field("tcb-info", "tcbLevels");
        var found = status.label() + (level.advisories().isEmpty() ? "" : " " + level.advisories());
        var expected = TcbStatus.UP_TO_DATE.label();
        switch (status) {
            case UP_TO_DATE -> {
                checks.that(true, "intel.tcb.status", expected, found, where);
                checks.rate(Aspect.HARDWARE, TrustVector.AFFIRMED);
            }
            case SW_HARDENING_NEEDED,
                    CONFIGURATION_NEEDED,
                    CONFIGURATION_AND_SW_HARDENING_NEEDED,
                    TD_RELAUNCH_ADVISED,
                    TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED -> {
                checks.warn("intel.tcb.status", expected, found, where);
                checks.rate(Aspect.HARDWARE, TrustVector.UNSAFE);
            }
            case OUT_OF_DATE, OUT_OF_DATE_CONFIGURATION_NEEDED -> {
                checks.unless(false, "tcb:" + status.label(), "intel.tcb.status", expected, found, where);
                checks.rate(Aspect.HARDWARE, TrustVector.CONTRAINDICATED);
            }
            case REVOKED -> {
                checks.fail("intel.tcb.status", expected, found, where);
                checks.rate(Aspect.HARDWARE, TrustVector.CONTRAINDICATED);
            }
        }
    }

    private static Optional<Conclusion> evaluate(
            Checks checks,
            String check,
            IntelQuote quote,
            PckExtension platform,
            TcbInfo info,
            TcbInfo.SvnLevel enclave,
            @Nullable Bytes teeTcbSvn) {
        var level = info.levels().stream()
                .filter(each -> reaches(platform, each) && (teeTcbSvn == null || reaches(teeTcbSvn, each)))
                .findFirst();
        var where = Where.field("tcb-info", "tcbLevels");
        checks.that(
                level.isPresent(),
                check,
                "a level that Intel knows",
                level.map(found -> found.status().label() + ", of " + found.date())
                        .orElse("below the lowest one: TCB components "
                                + platform.components().hex()
                                + ", PCESVN " + platform.pceSvn()
                                + (teeTcbSvn == null ? "" : ", TEE TCB SVN " + teeTcbSvn.hex())),
                where);
        if (level.isEmpty()) {
            return Optional.empty();
        }
        var status = level.get().status();
        var date = level.get().date();
        var advisories = new TreeSet<>(level.get().advisories());
        var parts = new ArrayList<TcbInfo.SvnLevel>();
        if (teeTcbSvn != null) {
            var module = module(checks, quote, info, teeTcbSvn);
            if (module.isEmpty()) {
                return Optional.empty();
            }
            if (teeTcbSvn.u8(1) != 0) {
                var moduleLevel = svnLevel(
                        checks,
                        "intel.tdx-module.isv-svn",
                        module.get().levels(),
                        teeTcbSvn.u8(0),
                        teeTcbSvn.where(0, 1));
                if (moduleLevel.isEmpty()) {
                    return Optional.empty();
                }
                parts.add(moduleLevel.get());
            }
        }
        parts.add(enclave);
        for (var part : parts) {
            status = status.with(part.status());
            date = part.date().isBefore(date) ? part.date() : date;
            advisories.addAll(part.advisories());
        }
        return Optional.of(new Conclusion(status, date, advisories));
    }

    private static boolean reaches(PckExtension platform, TcbInfo.Level level) {
        for (var i = 0; i < 16; i++) {
            if (platform.components().u8(i) < level.sgx().u8(i)) {
                return false;
            }
        }
        return platform.pceSvn() >= level.pceSvn();
    }

    private static boolean reaches(Bytes teeTcbSvn, TcbInfo.Level level) {
        // The first two are the module's own version and security version, and judged by the module's identity if it
        // has a version.
        for (var i = teeTcbSvn.u8(1) > 0 ? 2 : 0; i < 16; i++) {
            if (teeTcbSvn.u8(i) < level.tdx().u8(i)) {
                return false;
            }
        }
        return true;
    }

    private static Optional<TcbInfo.ModuleIdentity> module(
            Checks checks, IntelQuote quote, TcbInfo info, Bytes teeTcbSvn) {
        var version = teeTcbSvn.u8(1);
        var id = version == 0 ? "tdxModule" : "TDX_%02X".formatted(version);
        var module = version == 0
                ? info.module()
                : info.moduleIdentities().stream()
                        .filter(each -> each.id().equals(id))
                        .findFirst();
        checks.that(
                module.isPresent(),
                "intel.tdx-module",
                "an identity of " + id,
                module.isPresent() ? "one" : "none in the TCB info",
                teeTcbSvn.where(1, 1));
        module.ifPresent(known -> {
            checks.equal("intel.tdx-module.mrsigner", quote.report().slice(64, 48), known.mrSigner());
            masked(
                    checks,
                    "intel.tdx-module.attributes",
                    quote.report().slice(112, 8),
                    known.mask(),
                    known.attributes());
        });
        return module;
    }
}

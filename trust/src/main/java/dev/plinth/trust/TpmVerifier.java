package dev.plinth.trust;

import dev.plinth.trust.Chains.Revocation;
import dev.plinth.trust.TrustVector.Aspect;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;

/** Verifies TPM 2.0 quotes, and replays the logs that explain the quoted registers. */
final class TpmVerifier {
    /*
     * A quote is worth as much as the attestation key is known to be a TPM's. Either a certificate says so, up to an anchor of
     * Vendor.TPM, or an owner vouches for the key because he enrolled it. A bare key proves nothing, however well it signs.
     */
    private static final int PCRS = 24;
    private static final int IMA_REGISTER = 10;
    private static final int SECURE_BOOT_REGISTER = 7;

    private final Chains chains;
    private final CollateralStore collateral;

    TpmVerifier(Chains chains, CollateralStore collateral) {
        this.chains = chains;
        this.collateral = collateral;
    }

    void verify(Checks checks, Evidence.TpmQuote evidence, Challenge challenge) {
        var key = key(checks, evidence);
        var signature = TpmSignature.parse(evidence.signature());
        var quote = quote(checks, evidence.message(), signature, key, evidence.banks(), challenge);
        if (quote.isEmpty()) {
            return;
        }
        evidence.eventLog().ifPresent(log -> eventLog(checks, log, quote.get(), evidence.banks()));
        evidence.imaLog().ifPresent(log -> imaLog(checks, log, quote.get(), evidence.banks()));
    }

    private PublicKey key(Checks checks, Evidence.TpmQuote evidence) {
        if (!evidence.certificates().isEmpty()) {
            if (evidence.certificates().size() > Certificates.CERTIFICATES_MAX) {
                throw new Malformed(
                        evidence.certificates().getFirst().where(),
                        "at most " + Certificates.CERTIFICATES_MAX + " certificates",
                        Integer.toString(evidence.certificates().size()));
            }
            var chain = chains.parseAll(evidence.certificates());
            chains.check(
                    checks, "tpm.key", Vendor.TPM, "certificates of the attestation key", chain, Revocation.IF_KNOWN);
            var certified = chain.getFirst().getPublicKey();
            checks.that(
                    evidence.key().same(certified.getEncoded()),
                    "tpm.key.certified",
                    "the key in the certificate",
                    evidence.key().shown(),
                    evidence.key().where());
            return certified;
        }
        var key = publicKey(evidence.key());
        var vouched = collateral.vouched(Vendor.TPM, key);
        checks.that(
                vouched.isPresent(),
                "tpm.key.vouched",
                "a certificate, or an owner who vouches for the attestation key",
                vouched.map(found -> "vouched for by " + found.owner())
                        .orElse("neither, for " + Endorsement.VouchedKey.fingerprint(key)),
                evidence.key().where());
        vouched.ifPresent(found -> checks.claim("tpm.key.owner", found.owner()));
        return key;
    }

    private static PublicKey publicKey(Bytes spki) {
        for (var algorithm : new String[] {"RSA", "EC"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(spki.copy()));
            } catch (InvalidKeySpecException e) {
                // Not of this kind: the next, or none.
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("this JDK has no " + algorithm, e);
            }
        }
        throw new Malformed(spki.where(), "an RSA or EC key as SubjectPublicKeyInfo", spki.shown());
    }

    /** Checks signature, challenge and registers; empty if the registers are not those quoted. */
    static Optional<TpmQuote> quote(
            Checks checks,
            Bytes message,
            TpmSignature signature,
            PublicKey key,
            Map<TpmAlgorithm, Map<Integer, Bytes>> banks,
            Challenge challenge) {
        var quote = TpmQuote.parse(message);
        checks.verified(
                signature.verifies(key, message),
                "tpm.quote.signature",
                "a signature of the attestation key, " + signature.scheme() + " with "
                        + signature.hash().digest(),
                message.where());
        checks.challengeExactly("tpm.challenge", challenge, quote.extraData());
        checks.claim("tpm.qualified-signer", quote.qualifiedSigner());
        checks.claim("tpm.extra-data", quote.extraData());
        checks.claim("tpm.clock-millis", quote.clockMillis());
        checks.claim("tpm.reset-count", quote.resetCount());
        checks.claim("tpm.restart-count", quote.restartCount());
        checks.claim("tpm.firmware-version", quote.firmwareVersion());
        checks.rate(Aspect.HARDWARE, TrustVector.AFFIRMED);
        return registers(checks, quote, signature.hash(), banks) ? Optional.of(quote) : Optional.empty();
    }

    private static boolean registers(
            Checks checks, TpmQuote quote, TpmAlgorithm hash, Map<TpmAlgorithm, Map<Integer, Bytes>> banks) {
        var values = new ArrayList<Bytes>();
        var claims = new java.util.TreeMap<String, String>();
        for (var selection : quote.selections()) {
            var bank =
                    TpmAlgorithm.strong(selection.algorithm(), quote.message().where());
            for (var pcr : selection.pcrs()) {
                if (pcr >= PCRS) {
                    throw new Malformed(quote.message().where(), "registers below " + PCRS, Integer.toString(pcr));
                }
                var value = banks.getOrDefault(bank, Map.of()).get(pcr);
                if (value == null || value.length() != bank.size()) {
                    checks.fail(
                            "tpm.registers",
                            "a value of " + bank.size() + " bytes for PCR " + pcr + " of " + bank.label(),
                            value == null ? "none" : value.length() + " bytes",
                            Where.field("registers", bank.label() + "." + pcr));
                    return false;
                }
                values.add(value);
                claims.put("tpm." + bank.label() + "." + pcr, value.hex());
            }
        }
        if (!checks.that(
                !values.isEmpty(),
                "tpm.registers",
                "registers",
                values.isEmpty() ? "none" : "some",
                quote.message().where())) {
            return false;
        }
        var holds = checks.equal(
                "tpm.registers.digest",
                quote.pcrDigest(),
                Signatures.digest(hash.digest(), values.toArray(new Bytes[0])));
        if (holds) {
            claims.forEach(checks::claim);
        }
        return holds;
    }

    private static boolean quotes(TpmQuote quote, TpmAlgorithm bank, int pcr) {
        return quote.selections().stream()
                .anyMatch(selection ->
                        selection.algorithm() == bank.id() && selection.pcrs().contains(pcr));
    }

    /** A register that is quoted, and so known to have a value. */
    private static Bytes quoted(Map<TpmAlgorithm, Map<Integer, Bytes>> banks, TpmAlgorithm bank, int pcr) {
        return Optional.ofNullable(banks.getOrDefault(bank, Map.of()).get(pcr)).orElseThrow();
    }

    /** The strongest quoted bank. */
    private static Optional<TpmAlgorithm> bank(TpmQuote quote) {
        return quote.selections().stream()
                .filter(selection -> !selection.pcrs().isEmpty())
                .flatMap(selection -> TpmAlgorithm.of(selection.algorithm()).stream())
                .max(java.util.Comparator.naturalOrder());
    }

    private static void eventLog(
            Checks checks, Bytes bytes, TpmQuote quote, Map<TpmAlgorithm, Map<Integer, Bytes>> banks) {
        var log = EventLog.parse(bytes);
        var bank = bank(quote).orElseThrow();
        checks.claim("boot.events", (long) log.events().size());
        var replayed = log.replay(bank);
        var holds = true;
        for (var register : replayed.entrySet()) {
            var pcr = register.getKey();
            // IMA goes on where the firmware's log ends.
            if (pcr == IMA_REGISTER) {
                continue;
            }
            if (!quotes(quote, bank, pcr)) {
                holds &= checks.that(
                        false,
                        "tpm.event-log",
                        "a quote of every register in the log",
                        "PCR " + pcr + " is not quoted",
                        bytes.where());
                continue;
            }
            var quoted = quoted(banks, bank, pcr);
            holds &= checks.that(
                    register.getValue().same(quoted),
                    "tpm.event-log",
                    "PCR " + pcr + " = " + quoted.shown(),
                    "the log replays to " + register.getValue().shown(),
                    Where.field(bytes.source(), "PCR " + pcr));
        }
        if (holds) {
            log.secureBoot(bank, SECURE_BOOT_REGISTER).ifPresent(on -> checks.claim("boot.secure-boot", on));
        }
    }

    private static void imaLog(
            Checks checks, Bytes bytes, TpmQuote quote, Map<TpmAlgorithm, Map<Integer, Bytes>> banks) {
        var log = ImaLog.parse(bytes);
        var bank = bank(quote).orElseThrow();
        if (!checks.that(
                quotes(quote, bank, IMA_REGISTER),
                "tpm.ima",
                "a quote of PCR " + IMA_REGISTER,
                quotes(quote, bank, IMA_REGISTER) ? "one" : "none",
                bytes.where())) {
            return;
        }
        var strays = log.entries().stream()
                .filter(entry -> entry.register() != IMA_REGISTER)
                .count();
        var whole = checks.that(
                strays == 0,
                "tpm.ima.register",
                "entries of PCR " + IMA_REGISTER + " alone",
                strays == 0 ? "no others" : strays + " of others",
                bytes.where());
        var quoted = quoted(banks, bank, IMA_REGISTER);
        var replayed = log.replay(bank, IMA_REGISTER);
        var holds = checks.that(
                replayed.same(quoted),
                "tpm.ima",
                "PCR " + IMA_REGISTER + " = " + quoted.shown(),
                "the list replays to " + replayed.shown(),
                bytes.where());
        var violations = log.entries().stream().filter(ImaLog.Entry::violation).count();
        checks.unless(
                violations == 0,
                "ima-violations",
                "tpm.ima.violations",
                "none",
                Long.toString(violations),
                bytes.where());
        if (holds && whole) {
            checks.claim("ima.entries", (long) log.entries().size());
            checks.claim(
                    "ima.files",
                    log.entries().stream()
                            .filter(entry -> !entry.violation())
                            .map(ImaLog.Entry::file)
                            .toList());
        }
    }
}

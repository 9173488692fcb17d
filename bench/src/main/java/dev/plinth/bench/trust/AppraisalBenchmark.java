package dev.plinth.bench.trust;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.trust.Appraiser;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.Evidence;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * How many quotes one thread appraises a second, beside how many P-256 signatures it verifies: 1,000 SGX quotes, each of a platform
 * with a PCK certificate and an attestation key of its own, with one set of collateral.
 */
final class AppraisalBenchmark {
    /*
     * Of each quote three signatures have to be verified, whatever is remembered: the platform authority's of the PCK certificate, the
     * PCK's of the quoting enclave's report, the attestation key's of the quote. All else (two authorities, two revocation lists, two
     * documents) is the same for all, and its signatures are verified once. The JDK remembers 750 parsed certificates; a thousand in
     * turn are never among them.
     */
    private static final int QUOTES = 1_000;
    private static final int VERIFICATIONS = 3;
    private static final int MESSAGE_BYTES = 432;
    private static final double SHARE_TARGET = 0.8;
    private static final double GROWTH_TARGET_MIB = 1;
    private static final byte[] CHALLENGE = "a nonce of this one time".getBytes(StandardCharsets.US_ASCII);

    private AppraisalBenchmark() {}

    private record Signed(PublicKey key, ByteBuffer message, ByteBuffer signature) {}

    static List<Promise> run(boolean quick) throws GeneralSecurityException, IOException {
        int rounds = quick ? 5 : 15;
        int warmUps = quick ? 4 : 8;
        var intel = new ImitatedIntel();
        var quotes = new ArrayList<Evidence>(QUOTES);
        var signatures = new ArrayList<Signed>(QUOTES);
        for (int i = 0; i < QUOTES; i++) {
            quotes.add(new Evidence.SgxQuote(Bytes.of("quote", intel.quote(CHALLENGE))));
            var keys = ImitatedIntel.keys();
            var message = new byte[MESSAGE_BYTES];
            message[0] = (byte) i;
            signatures.add(new Signed(
                    keys.getPublic(), ByteBuffer.wrap(message), ByteBuffer.wrap(ImitatedIntel.sign(keys, message))));
        }
        var appraiser = new Appraiser(intel.anchors(), intel.collateral());

        System.out.printf(
                Locale.ROOT,
                "appraisal: %,d SGX quotes of as many platforms, one thread; %d rounds in turns after %d that do not count%n",
                QUOTES,
                rounds,
                warmUps);
        double[] verified = new double[rounds];
        double[] appraised = new double[rounds];
        long before = 0;
        for (int i = -warmUps; i < rounds; i++) {
            if (i == 0) {
                before = liveBytes();
            }
            double verifications = verify(signatures);
            double appraisals = appraise(appraiser, quotes);
            if (i >= 0) {
                verified[i] = verifications;
                appraised[i] = appraisals;
            }
        }
        double grownMib = Math.max(0, liveBytes() - before) / (double) (1 << 20);
        var share = Figures.ratio(appraised, verified);
        System.out.println("  P-256 verifications/s     " + Figures.of(verified).whole());
        System.out.println("  appraisals/s              "
                + Figures.of(appraised).whole() + ", " + VERIFICATIONS + " verifications in each");
        System.out.printf(Locale.ROOT, "  live heap grew by         %.2f MiB%n", grownMib);
        return List.of(
                new Promise("trust.appraisal", VERIFICATIONS * share.median(), "of-the-verifications", SHARE_TARGET),
                Promise.atMost("trust.appraisal-memory", grownMib, "MiB", GROWTH_TARGET_MIB));
    }

    private static double verify(List<Signed> signatures) throws GeneralSecurityException {
        long start = System.nanoTime();
        for (var signed : signatures) {
            var verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
            verifier.initVerify(signed.key());
            verifier.update(signed.message().array());
            if (!verifier.verify(signed.signature().array())) {
                throw new GeneralSecurityException("a signature does not verify");
            }
        }
        return rate(signatures.size(), start);
    }

    private static double appraise(Appraiser appraiser, List<Evidence> quotes) throws IOException {
        var challenge = Challenge.of(CHALLENGE);
        long start = System.nanoTime();
        for (var quote : quotes) {
            var result = appraiser.appraise(quote, challenge, ImitatedIntel.NOW);
            if (!result.holds()) {
                throw new IOException("a quote was refused: " + result.objections());
            }
        }
        return rate(quotes.size(), start);
    }

    private static double rate(int count, long start) {
        return count * (double) TimeUnit.SECONDS.toNanos(1) / (System.nanoTime() - start);
    }

    private static long liveBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}

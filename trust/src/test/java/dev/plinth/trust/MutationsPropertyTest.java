package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Good evidence with a few bytes changed, taken out, put in or cut off: never believed, and never anything but a result. */
class MutationsPropertyTest {
    private record Sample(Bytes original, Function<byte[], AttestationResult> appraisal) {
        Sample(byte[] original, Function<byte[], AttestationResult> appraisal) {
            this(Bytes.of("sample", original), appraisal);
        }

        byte[] bytes() {
            return original.copy();
        }
    }

    private static final List<Sample> SAMPLES = samples();

    private static List<Sample> samples() {
        var samples = new ArrayList<Sample>();
        for (var world : List.of(IntelWorld.sgx(), IntelWorld.tdx())) {
            var appraiser = new Appraiser(IntelWorld.anchors(), world.collateral());
            samples.add(new Sample(
                    world.quote(),
                    bytes -> appraiser.appraise(world.evidence(bytes), Challenge.of(world.challenge), IntelWorld.NOW)));
        }
        var amd = new AmdWorld();
        samples.add(new Sample(amd.report(), bytes -> amd.appraise(bytes, AmdWorld.NOW)));
        var nitro = new NitroWorld();
        samples.add(new Sample(nitro.document(), bytes -> nitro.appraise(bytes, NitroWorld.NOW)));
        var tpm = TpmWorld.booted();
        var message = tpm.message();
        var signature = tpm.signature(message);
        samples.add(new Sample(message, bytes -> tpm.appraise(bytes, signature)));
        samples.add(new Sample(tpm.eventLog.orElseThrow().copy(), bytes -> {
            var changed = TpmWorld.booted();
            changed.eventLog = Optional.of(Bytes.of("log", bytes));
            return changed.appraise(message, signature);
        }));
        samples.add(new Sample(tpm.imaLog.orElseThrow().copy(), bytes -> {
            var changed = TpmWorld.booted();
            changed.imaLog = Optional.of(Bytes.of("ima", bytes));
            return changed.appraise(message, signature);
        }));
        return samples;
    }

    @Property(tries = 1_500)
    void changed_evidence_gets_a_result_that_does_not_hold_unless_nothing_was_changed_that_counts(
            @ForAll @IntRange(max = 6) int sample, @ForAll long seed) {
        var original = SAMPLES.get(sample);
        var changed = changed(original.bytes(), new Random(seed));

        var result = original.appraisal().apply(changed);

        if (!Arrays.equals(changed, original.bytes()) && !isPadded(original.bytes(), changed) && !isLog(sample)) {
            assertThat(result.holds()).isFalse();
        }
    }

    /** Zeros after a quote, and what a log says of itself beside its digests, are nothing that anybody signs. */
    private static boolean isPadded(byte[] original, byte[] changed) {
        return changed.length > original.length
                && Arrays.equals(original, Arrays.copyOf(changed, original.length))
                && Bytes.of("", changed).from(original.length).isZero();
    }

    private static boolean isLog(int sample) {
        return sample >= 5;
    }

    private static byte[] changed(byte[] original, Random random) {
        var bytes = original.clone();
        for (var i = random.nextInt(4); i >= 0; i--) {
            if (bytes.length < 2) {
                return bytes;
            }
            var at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = Arrays.copyOf(bytes, at);
                case 3 -> {
                    var longer = new byte[bytes.length + 1 + random.nextInt(8)];
                    System.arraycopy(bytes, 0, longer, 0, at);
                    System.arraycopy(bytes, at, longer, at + longer.length - bytes.length, bytes.length - at);
                    bytes = longer;
                }
                default -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), (byte) 0xff);
            }
        }
        return bytes;
    }

    @Property(tries = 500)
    void any_bytes_at_all_are_refused_as_every_kind_of_evidence(@ForAll byte[] bytes) {
        var appraiser = new Appraiser(TrustAnchors.ofVendors(), new CollateralStore());
        var input = Bytes.of("input", bytes);
        for (var evidence : List.of(
                new Evidence.SgxQuote(input),
                new Evidence.TdxQuote(input),
                new Evidence.SnpReport(input, List.of(input)),
                new Evidence.NitroDocument(input),
                new Evidence.TpmQuote(input, input, input, List.of(), Map.of(), Optional.empty(), Optional.empty()),
                new Evidence.AzureVtpm(input, input, input, Map.of(), List.of(), Optional.empty()),
                new Evidence.CsvReport(input),
                new Evidence.GpuReport(input, input),
                new Evidence.CcaToken(input),
                new Evidence.Simulated(input))) {
            assertThat(appraiser
                            .appraise(evidence, Challenge.unknown(), AmdWorld.NOW)
                            .holds())
                    .isFalse();
        }
    }
}

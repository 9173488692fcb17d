package dev.plinth.trust;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The layout of a TPM 2.0 quote: TPMS_ATTEST with TPMS_QUOTE_INFO (TCG TPM 2.0 Library, part 2, 10.12).
 *
 * @param extraData what the quoter was asked to repeat
 * @param selections PCRs of each bank, in the order in which their values are digested
 */
record TpmQuote(
        Bytes message,
        Bytes qualifiedSigner,
        Bytes extraData,
        long clockMillis,
        long resetCount,
        long restartCount,
        boolean safe,
        Bytes firmwareVersion,
        List<Selection> selections,
        Bytes pcrDigest) {
    private static final long MAGIC = 0xff54_4347L;
    private static final int ATTEST_QUOTE = 0x8018;
    private static final int MESSAGE_BYTES_MAX = 4 * 1024;
    private static final int BANKS_MAX = 16;

    /** Which PCRs of a bank; {@code algorithm} is the bank's TPM_ALG_ID. */
    record Selection(int algorithm, List<Integer> pcrs) {}

    static TpmQuote parse(Bytes message) {
        if (message.length() > MESSAGE_BYTES_MAX) {
            throw new Malformed(
                    message.where(), "a quote of at most " + MESSAGE_BYTES_MAX + " bytes", message.length() + " bytes");
        }
        if (message.u32be(0) != MAGIC) {
            throw new Malformed(
                    message.where(0, 4),
                    "TPM_GENERATED (ff544347)",
                    message.slice(0, 4).hex());
        }
        if (message.u16be(4) != ATTEST_QUOTE) {
            throw new Malformed(
                    message.where(4, 2),
                    "TPM_ST_ATTEST_QUOTE (8018)",
                    message.slice(4, 2).hex());
        }
        var at = 6;
        var signer = sized(message, at);
        at += 2 + signer.length();
        var extra = sized(message, at);
        at += 2 + extra.length();
        var clock = message.u64be(at);
        var resets = message.u32be(at + 8);
        var restarts = message.u32be(at + 12);
        var safe = message.u8(at + 16);
        if (safe > 1) {
            throw new Malformed(message.where(at + 16, 1), "0 or 1", Integer.toString(safe));
        }
        var firmware = message.slice(at + 17, 8);
        at += 25;
        var banks = message.u32be(at);
        if (banks > BANKS_MAX) {
            throw new Malformed(message.where(at, 4), "at most " + BANKS_MAX + " banks", Long.toString(banks));
        }
        at += 4;
        var selections = new ArrayList<Selection>();
        for (var i = 0; i < banks; i++) {
            var size = message.u8(at + 2);
            var bits = BitSet.valueOf(message.slice(at + 3, size).copy());
            selections.add(
                    new Selection(message.u16be(at), bits.stream().boxed().toList()));
            at += 3 + size;
        }
        var digest = sized(message, at);
        at += 2 + digest.length();
        if (at != message.length()) {
            throw new Malformed(message.from(at).where(), "the end", message.length() - at + " more bytes");
        }
        return new TpmQuote(
                message, signer, extra, clock, resets, restarts, safe == 1, firmware, List.copyOf(selections), digest);
    }

    /** A TPM2B: its length in two bytes, and then its bytes. */
    static Bytes sized(Bytes bytes, int at) {
        return bytes.slice(at + 2, bytes.u16be(at));
    }
}

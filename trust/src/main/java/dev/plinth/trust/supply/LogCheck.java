package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Where;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Whether a transparency log that is trusted holds an entry, and since when. */
final class LogCheck {
    /*
     * Two things a log can sign. Its promise (SignedEntryTimestamp) vouches for the time; its checkpoint, with a proof that leads from the
     * entry to it, for the entry being in the tree that everybody sees, and for no time at all. What is there has to hold; which has to be
     * there is the bundle format's rule.
     */
    private LogCheck() {}

    /**
     * Since when; empty if the log vouches for no time, or something does not hold.
     *
     * @param stamped times that others vouch for; without a promise they have to be the log's, too
     */
    static Optional<Instant> check(
            Findings findings,
            TrustedRoot root,
            SigstoreBundle.Version version,
            SigstoreBundle.LogEntry entry,
            List<Instant> stamped,
            Instant at) {
        var where = entry.where();
        var log =
                root.logs().stream().filter(one -> one.id().same(entry.logId())).findFirst();
        if (!findings.that(
                log.isPresent(),
                "log.known",
                "a log of the trusted root",
                log.map(TrustedRoot.Log::host).orElse("log " + entry.logId().shown()),
                where)) {
            return Optional.empty();
        }
        if (version != SigstoreBundle.Version.V0_1 || entry.proof().isPresent()) {
            included(findings, log.get(), entry, where);
        }
        if (entry.promise().isEmpty()) {
            if (version == SigstoreBundle.Version.V0_1) {
                findings.fail("log.promise", "a SignedEntryTimestamp", "none", where);
            }
            stamped.forEach(time -> valid(findings, log.get(), time, where));
            return Optional.empty();
        }
        boolean promised = findings.verified(
                PublicKeys.verifies(log.get().key(), entry.promise().get().copy(), promised(entry)),
                "log.promise",
                "a SignedEntryTimestamp of " + log.get().host(),
                where);
        promised &= valid(findings, log.get(), entry.at(), where);
        promised &= findings.that(
                !entry.at().isAfter(at.plus(Examination.CLOCKS_APART_MAX)),
                "log.time",
                "a time before " + at,
                entry.at().toString(),
                where);
        return promised ? Optional.of(entry.at()) : Optional.empty();
    }

    private static boolean valid(Findings findings, TrustedRoot.Log log, Instant time, Where where) {
        return findings.that(
                log.validity().covers(time),
                "log.validity",
                "a time of the log, " + log.validity(),
                time.toString(),
                where);
    }

    /** What the promise is over: the entry as canonical JSON (RFC 8785), whose members are in this order. */
    private static Bytes promised(SigstoreBundle.LogEntry entry) {
        return Bytes.of(
                "promise",
                ("{\"body\":\""
                                + Base64.getEncoder()
                                        .encodeToString(entry.body().copy()) + "\",\"integratedTime\":"
                                + entry.at().getEpochSecond() + ",\"logID\":\""
                                + entry.logId().hex() + "\",\"logIndex\":" + entry.index() + "}")
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static void included(Findings findings, TrustedRoot.Log log, SigstoreBundle.LogEntry entry, Where where) {
        if (entry.proof().isEmpty()) {
            findings.fail("log.inclusion", "a proof that the log holds it", "none", where);
            return;
        }
        var proof = entry.proof().get();
        findings.verified(
                MerkleTree.includes(entry.body(), proof.index(), proof.size(), proof.hashes(), proof.root()),
                "log.inclusion",
                "a path from the entry to the root of a tree of " + proof.size(),
                where);
        try {
            var checkpoint = Checkpoint.parse(proof.checkpoint());
            findings.verified(
                    checkpoint.isSignedBy(log),
                    "log.checkpoint",
                    "a checkpoint of " + log.host(),
                    proof.checkpoint().where());
            findings.that(
                    checkpoint.size() == proof.size() && checkpoint.root().same(proof.root()),
                    "log.checkpoint.root",
                    "size " + proof.size() + " and root " + proof.root().shown(),
                    "size " + checkpoint.size() + " and root "
                            + checkpoint.root().shown(),
                    proof.checkpoint().where());
        } catch (Malformed e) {
            findings.malformed("log.checkpoint", e);
        }
    }
}

package dev.plinth.trust.control;

import dev.plinth.trust.control.Attestors.JoinToken;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeMap;

/** What becomes of {@link Attestors} by a command: either the next state, or why not. */
final class AttestorRules {
    private AttestorRules() {}

    /** An answer, and the state after it; that is empty if nothing has changed. */
    record Ruling(TrustOutcome outcome, Optional<Attestors> after) {
        private static Ruling done(Attestors before, Attestors after) {
            return new Ruling(new TrustOutcome.Done(0), before.equals(after) ? Optional.empty() : Optional.of(after));
        }

        private static Ruling denied(TrustOutcome.Reason reason, String message) {
            return new Ruling(new TrustOutcome.Denied(reason, message), Optional.empty());
        }

        private static Ruling full(String what, int most) {
            return denied(TrustOutcome.Reason.OVERLOADED, most + " " + what + " are there");
        }
    }

    static Ruling apply(TrustCommand.OfAttestors command, Attestors before, Instant now) {
        return switch (command) {
            case TrustCommand.PutToken put -> putToken(put, before, now);
            case TrustCommand.RemoveToken remove -> {
                var tokens = new TreeMap<>(before.tokens());
                var _ = tokens.remove(remove.name());
                yield Ruling.done(before, before.withTokens(tokens));
            }
            case TrustCommand.Join join -> join(join, before, now);
            case TrustCommand.Rejoin rejoin -> rejoin(rejoin, before);
            case TrustCommand.PutRoot put -> {
                var roots = new TreeMap<>(before.roots());
                var _ = roots.putIfAbsent(put.root(), put.owner());
                yield roots.size() > TrustLimits.ROOTS_MAX
                        ? Ruling.full("roots", TrustLimits.ROOTS_MAX)
                        : Ruling.done(before, before.withRoots(roots));
            }
            case TrustCommand.RemoveRoot remove -> {
                var roots = new TreeMap<>(before.roots());
                var _ = roots.remove(remove.root());
                yield Ruling.done(before, before.withRoots(roots));
            }
            case TrustCommand.Enrol enrol -> {
                var keys = new TreeMap<>(before.keys());
                var _ = keys.put(enrol.endorsement(), enrol.attestation());
                yield keys.size() > TrustLimits.ENROLLED_MAX
                        ? Ruling.full("TPMs", TrustLimits.ENROLLED_MAX)
                        : Ruling.done(before, before.withKeys(keys));
            }
            case TrustCommand.Expel expel -> {
                var keys = new TreeMap<>(before.keys());
                var _ = keys.remove(expel.endorsement());
                yield Ruling.done(before, before.withKeys(keys));
            }
            case TrustCommand.PutCluster put -> {
                var clusters = new TreeMap<>(before.clusters());
                var _ = clusters.put(put.cluster().name(), put.cluster());
                yield clusters.size() > TrustLimits.CLUSTERS_MAX
                        ? Ruling.full("clusters", TrustLimits.CLUSTERS_MAX)
                        : Ruling.done(before, before.withClusters(clusters));
            }
            case TrustCommand.RemoveCluster remove -> {
                var clusters = new TreeMap<>(before.clusters());
                var _ = clusters.remove(remove.name());
                yield Ruling.done(before, before.withClusters(clusters));
            }
        };
    }

    private static Ruling putToken(TrustCommand.PutToken put, Attestors before, Instant now) {
        var tokens = new TreeMap<>(before.tokens());
        var there = tokens.get(put.name());
        if (there != null && there.hash().equals(put.hash())) {
            return Ruling.done(before, before);
        }
        tokens.put(put.name(), new JoinToken(put.name(), put.hash(), now.plus(put.life()), "", ""));
        return tokens.size() > TrustLimits.TOKENS_MAX
                ? Ruling.full("join tokens", TrustLimits.TOKENS_MAX)
                : Ruling.done(before, before.withTokens(tokens));
    }

    /*
     * A token lets one key in. The same key that asks again has lost its answer, and is told the same. So whoever steals a token that was
     * used has nothing, and whoever steals one before shuts its owner out, who notices.
     */
    private static Ruling join(TrustCommand.Join join, Attestors before, Instant now) {
        var found = before.tokens().values().stream()
                .filter(token -> token.hash().equals(join.hash()))
                .findFirst();
        if (found.isEmpty()) {
            return Ruling.denied(
                    TrustOutcome.Reason.NOT_FOUND, "join token: there is none like the one that was shown");
        }
        var token = found.get();
        if (token.holder().equals(join.key())) {
            return new Ruling(new TrustOutcome.Joined(token.name()), Optional.empty());
        }
        if (!token.holder().isEmpty()) {
            return Ruling.denied(
                    TrustOutcome.Reason.CONFLICT,
                    "join token " + token.name() + ": it was used already, by another key");
        }
        if (!now.isBefore(token.until())) {
            return Ruling.denied(
                    TrustOutcome.Reason.CONFLICT,
                    "join token " + token.name() + ": it was good until " + token.until() + ", and it is " + now);
        }
        return new Ruling(new TrustOutcome.Joined(token.name()), Optional.of(held(before, token, join.key())));
    }

    /*
     * Of one token there is one line of keys. Two who go on from the same key are told apart by the second one's refusal: one of them has
     * stolen it.
     */
    private static Ruling rejoin(TrustCommand.Rejoin rejoin, Attestors before) {
        for (var token : before.tokens().values()) {
            if (token.holder().equals(rejoin.to()) && token.former().equals(rejoin.from())) {
                return new Ruling(new TrustOutcome.Joined(token.name()), Optional.empty());
            }
            if (token.holder().equals(rejoin.from())) {
                return new Ruling(new TrustOutcome.Joined(token.name()), Optional.of(held(before, token, rejoin.to())));
            }
            if (token.former().equals(rejoin.from())) {
                return Ruling.denied(
                        TrustOutcome.Reason.CONFLICT,
                        "join token " + token.name()
                                + ": this identity was renewed already, for another key; if it was not its owner who did that,"
                                + " remove the token");
            }
        }
        return Ruling.denied(
                TrustOutcome.Reason.NOT_FOUND,
                "identity: expected one that came by a join token and was not renewed since, found another");
    }

    private static Attestors held(Attestors before, JoinToken token, String key) {
        var tokens = new TreeMap<>(before.tokens());
        tokens.put(token.name(), token.heldBy(key));
        return before.withTokens(tokens);
    }
}

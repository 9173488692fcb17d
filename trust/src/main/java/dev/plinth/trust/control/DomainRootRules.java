package dev.plinth.trust.control;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.EffectId;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Decides which root key of the trust domain is in force, and how another one takes its place. */
final class DomainRootRules {
    /*
     * There are a few authorities at a time, so all their keys are sealed anew at once, and one entry of the journal puts them and the next
     * root key in force. Before that every server has to have it: for from then on nothing can be opened without it. The next root key does
     * not travel from server to server; see RootRules of secrets for why.
     */
    private DomainRootRules() {}

    /** @param after what holds then; empty: as before */
    record Ruling(Optional<Identities> after, TrustOutcome outcome) {}

    static Ruling apply(TrustCommand.OfRoots command, Identities before, Context<TrustEffect> context) {
        return switch (command) {
            case TrustCommand.BeginRoot begin -> begin(begin, before);
            case TrustCommand.HoldRoot hold -> hold(hold, before, context);
            case TrustCommand.Resealed result -> resealed(result, before, context);
            case TrustCommand.EndRoot end -> end(end.finish(), before, context);
        };
    }

    private static Ruling begin(TrustCommand.BeginRoot begin, Identities before) {
        var roots = before.roots();
        if (before.domain().isEmpty()) {
            return denied("there is no trust domain yet");
        }
        if (roots.next().filter(next -> !next.holders().isEmpty()).isPresent()) {
            return denied("a rotation to root key " + roots.next().get().number()
                    + " is under way; finish or abandon that one");
        }
        if (begin.number() != roots.last() + 1) {
            return denied("expected root key " + (roots.last() + 1) + ", found " + begin.number()
                    + ": another rotation was first");
        }
        var next =
                new DomainRoots.Next(begin.number(), begin.check(), new TreeSet<>(begin.servers()), new TreeSet<>(), 0);
        return changed(before.with(roots.with(next)), begin.number());
    }

    private static Ruling hold(TrustCommand.HoldRoot hold, Identities before, Context<TrustEffect> context) {
        var next = before.roots().next().filter(one -> one.number() == hold.number());
        if (next.isEmpty()) {
            return denied("no rotation to root key " + hold.number() + " is under way");
        }
        if (next.get().holders().contains(hold.server())) {
            return new Ruling(Optional.empty(), new TrustOutcome.Done(hold.number()));
        }
        return goOn(before, next.get().heldBy(hold.server()), context);
    }

    /** When all have it, the keys are sealed under it. */
    private static Ruling goOn(Identities before, DomainRoots.Next next, Context<TrustEffect> context) {
        var after = next;
        if (next.effect() == 0 && next.holders().containsAll(next.servers())) {
            after = next.waitingFor(
                    context.open(new Reseal(next.number(), keys(before))).value());
        }
        return changed(before.with(before.roots().with(after)), next.number());
    }

    private static List<Authority.Keys> keys(Identities of) {
        return of.authorities().stream().map(Authority::keys).toList();
    }

    private static Ruling resealed(TrustCommand.Resealed result, Identities before, Context<TrustEffect> context) {
        var next = before.roots().next().filter(one -> one.effect() == result.effect());
        if (next.isEmpty()) {
            return denied("nobody asked for these keys");
        }
        context.close(new EffectId(result.effect()));
        var byCertificate = result.keys().stream().collect(Collectors.toMap(Authority.Keys::certificate, one -> one));
        boolean isWhole = before.authorities().stream()
                .allMatch(
                        authority -> byCertificate.containsKey(authority.keys().certificate()));
        if (!isWhole) {
            // An authority was made meanwhile.
            return goOn(before, next.get().waitingFor(0), context);
        }
        var authorities = before.authorities().stream()
                .map(authority -> authority.with(Objects.requireNonNull(
                        byCertificate.get(authority.keys().certificate()))))
                .toList();
        return changed(
                before.withAuthorities(authorities).with(before.roots().finished()),
                next.get().number());
    }

    private static Ruling end(boolean finish, Identities before, Context<TrustEffect> context) {
        if (before.roots().next().isEmpty()) {
            return denied("no rotation of the root key is under way");
        }
        var next = before.roots().next().get();
        if (finish) {
            return next.holders().isEmpty()
                    ? denied("no server has root key " + next.number() + " yet")
                    : goOn(before, next.needing(next.holders()), context);
        }
        if (next.effect() != 0) {
            context.close(new EffectId(next.effect()));
        }
        return changed(before.with(before.roots().abandoned()), before.roots().number());
    }

    private static Ruling changed(Identities after, long number) {
        return new Ruling(Optional.of(after), new TrustOutcome.Done(number));
    }

    private static Ruling denied(String message) {
        return new Ruling(Optional.empty(), new TrustOutcome.Denied(TrustOutcome.Reason.CONFLICT, message));
    }
}

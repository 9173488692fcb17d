package dev.plinth.transactions;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Arbitrary records of the coordinator. */
final class Commands {
    private Commands() {}

    static Arbitrary<TransactionId> ids() {
        return Arbitraries.longs().between(1, Long.MAX_VALUE).map(TransactionId::new);
    }

    private static Arbitrary<Long> branches() {
        return Arbitraries.longs().between(-1, Long.MAX_VALUE);
    }

    private static Arbitrary<String> texts() {
        return Arbitraries.strings().ofMaxLength(20);
    }

    private static Arbitrary<LockKey> keys() {
        var part = Arbitraries.strings().alpha().numeric().ofMinLength(1).ofMaxLength(8);
        return Combinators.combine(part, part).as(LockKey::new);
    }

    private static Arbitrary<Instant> instants() {
        return Arbitraries.longs()
                .between(0, 4_000_000_000_000_000_000L)
                .map(nanos -> Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000));
    }

    private static Arbitrary<Command.Begin> begins() {
        var timeouts = Arbitraries.longs().between(1, 30L * 24 * 3_600 * 1_000).map(Duration::ofMillis);
        return Combinators.combine(texts(), timeouts, texts(), texts(), texts()).as(Command.Begin::new);
    }

    private static Arbitrary<Command.RegisterBranch> registrations() {
        return Combinators.combine(
                        ids(),
                        Arbitraries.of(BranchType.class),
                        texts(),
                        texts(),
                        texts(),
                        keys().list().ofMaxSize(6),
                        texts(),
                        Arbitraries.of(true, false))
                .as(Command.RegisterBranch::new);
    }

    static Arbitrary<Command> commands() {
        return Arbitraries.oneOf(
                begins(),
                registrations(),
                Combinators.combine(ids(), branches(), Arbitraries.of(BranchStatus.class), texts())
                        .as(Command.ReportBranch::new),
                ids().map(Command.Commit::new),
                ids().map(Command.Rollback::new),
                Combinators.combine(ids(), Arbitraries.of(GlobalStatus.class)).as(Command.ReportGlobal::new),
                Combinators.combine(ids(), branches(), Arbitraries.of(BranchStatus.class), texts().optional())
                        .as(Command.PhaseTwoResult::new),
                Combinators.combine(ids(), audits()).as(Command.Settle::new),
                Combinators.combine(ids(), Arbitraries.of(PhaseTwo.Direction.class), audits())
                        .as(Command.Force::new),
                Combinators.combine(
                                ids(),
                                Arbitraries.of(Command.RowDecision.class),
                                Arbitraries.strings()
                                        .withChars("0123456789abcdef,")
                                        .ofMaxLength(40),
                                audits())
                        .as(Command.DecideRows::new),
                ids().list().ofMaxSize(5).map(Command.Forget::new),
                Combinators.combine(texts(), partitions()).as(Command.ClaimHome::new),
                Combinators.combine(registrations(), partitions(), Arbitraries.longs())
                        .as(Command.RegisterAway::new),
                Combinators.combine(
                                ids(),
                                branches(),
                                Arbitraries.oneOf(Arbitraries.just(new Outcome.Taken()), conflicts()))
                        .as(Command.LocksAnswered::new),
                Combinators.combine(ids(), branches()).as(Command.LocksFreed::new),
                takings().map(Command.TakeLocks::new),
                Combinators.combine(ids(), branches()).as(Command.FreeLocks::new),
                Combinators.combine(ids(), branches(), Arbitraries.of(Command.Standing.class))
                        .as(Command.HolderTold::new));
    }

    private static Arbitrary<Command.Audit> audits() {
        return Combinators.combine(texts(), texts())
                .as((operator, reason) -> new Command.Audit(cut(operator, 100), cut(reason, 500)));
    }

    private static String cut(String text, int chars) {
        return text.substring(0, Math.min(chars, text.length()));
    }

    static Arbitrary<Outcome> outcomes() {
        var statuses = Arbitraries.of(GlobalStatus.class);
        return Arbitraries.oneOf(
                ids().map(Outcome.Begun::new),
                branches().map(Outcome.Registered::new),
                conflicts(),
                branches().map(Outcome.Locking::new),
                Arbitraries.just(new Outcome.Taken()),
                partitions().map(Outcome.Claimed::new),
                Combinators.combine(ids(), statuses).as(Outcome.NotActive::new),
                Combinators.combine(ids(), statuses).as(Outcome.GoesOtherWay::new),
                ids().map(Outcome.NotFound::new),
                ids().map(Outcome.NoRows::new),
                Combinators.combine(ids(), branches()).as(Outcome.BranchNotFound::new),
                Arbitraries.just(new Outcome.Reported()),
                Combinators.combine(statuses, Arbitraries.of(true, false), instants())
                        .as(Outcome.Decided::new),
                Combinators.combine(
                                texts(), Arbitraries.longs().between(0, 100_000).map(Duration::ofMillis))
                        .as(Outcome.Overloaded::new),
                Arbitraries.just(new Outcome.Noted()));
    }

    static Arbitrary<Effect> effects() {
        return Arbitraries.oneOf(
                phaseTwos(),
                takings(),
                Combinators.combine(ids(), branches(), partitions()).as(Effect.FreeLocks::new),
                Combinators.combine(ids(), branches()).as(Effect.AskHolder::new));
    }

    private static Arbitrary<Integer> partitions() {
        return Arbitraries.integers().between(0, TransactionId.PARTITIONS_MAX - 1);
    }

    private static Arbitrary<Effect.TakeLocks> takings() {
        return Combinators.combine(
                        ids(),
                        branches(),
                        partitions(),
                        texts(),
                        keys().list().ofMaxSize(6),
                        Arbitraries.of(true, false))
                .as(Effect.TakeLocks::new);
    }

    private static Arbitrary<Outcome.LockConflict> conflicts() {
        return Combinators.combine(texts(), keys(), ids(), Arbitraries.of(true, false))
                .as(Outcome.LockConflict::new);
    }

    private static Arbitrary<PhaseTwo> phaseTwos() {
        return Combinators.combine(
                        ids(),
                        branches(),
                        Arbitraries.of(BranchType.class),
                        texts(),
                        texts(),
                        texts(),
                        texts(),
                        Arbitraries.of(PhaseTwo.Direction.class))
                .as(PhaseTwo::new);
    }

    private static Arbitrary<BranchView> branchViews() {
        return Combinators.combine(
                        branches(),
                        Arbitraries.of(BranchType.class),
                        texts(),
                        texts(),
                        Arbitraries.of(BranchStatus.class),
                        Arbitraries.integers().between(0, 100),
                        keys().list().ofMaxSize(4),
                        texts())
                .as((id, type, resource, client, status, attempts, keys, rows) -> new BranchView(
                        id,
                        type,
                        resource,
                        client,
                        status,
                        attempts,
                        keys,
                        rows,
                        type == BranchType.SAGA ? client : ""));
    }

    static Arbitrary<TransactionView> views() {
        Arbitrary<List<TimelineEvent>> timelines = Combinators.combine(
                        instants(), Arbitraries.of(TimelineEvent.Kind.class), branches(), texts())
                .as(TimelineEvent::new)
                .list()
                .ofMaxSize(5);
        return Combinators.combine(
                        ids(),
                        begins(),
                        Arbitraries.of(GlobalStatus.class),
                        instants(),
                        instants().optional(),
                        branchViews().list().ofMaxSize(4),
                        timelines)
                .as((id, asked, status, begun, ended, branches, timeline) -> new TransactionView(
                        id,
                        asked.name(),
                        asked.applicationId(),
                        asked.serviceGroup(),
                        status,
                        begun,
                        asked.timeout(),
                        ended,
                        branches,
                        timeline));
    }
}

package dev.plinth.transactions;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Codecs;
import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.transactions.disk.Disk;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Commands, outcomes and effects as bytes in the journal and its snapshots; {@code disk.proto} says which. */
final class DiskCodec {
    private DiskCodec() {}

    static final Codec<Command> COMMANDS = new Codec<>() {
        @Override
        public byte[] encode(Command value) {
            return record(value).toByteArray();
        }

        @Override
        public Command decode(ByteBuffer bytes) {
            try {
                return command(Disk.CommandRecord.parseFrom(bytes));
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalArgumentException(
                        "not a command of the transaction coordinator: " + e.getMessage(), e);
            }
        }
    };

    static final Codec<Outcome> OUTCOMES = new Codec<>() {
        @Override
        public byte[] encode(Outcome value) {
            return record(value).toByteArray();
        }

        @Override
        public Outcome decode(ByteBuffer bytes) {
            try {
                return outcome(Disk.OutcomeRecord.parseFrom(bytes));
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalArgumentException(
                        "not an outcome of the transaction coordinator: " + e.getMessage(), e);
            }
        }
    };

    static final Codec<Effect> EFFECTS = new Codec<>() {
        @Override
        public byte[] encode(Effect value) {
            return record(value).toByteArray();
        }

        @Override
        public Effect decode(ByteBuffer bytes) {
            try {
                return effect(Disk.EffectRecord.parseFrom(bytes));
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalArgumentException(
                        "not an effect of the transaction coordinator: " + e.getMessage(), e);
            }
        }
    };

    static final Codecs<Command, Outcome, Effect> ALL = new Codecs<>(COMMANDS, OUTCOMES, EFFECTS);

    // ---- commands

    private static Disk.CommandRecord record(Command command) {
        var record = Disk.CommandRecord.newBuilder();
        switch (command) {
            case Command.Begin begin -> record.setBegin(record(begin));
            case Command.RegisterBranch register -> record.setRegister(record(register));
            case Command.ReportBranch report ->
                record.setReport(Disk.ReportBranch.newBuilder()
                        .setTransaction(report.transaction().value())
                        .setBranch(report.branchId())
                        .setStatus(report.status().code())
                        .setApplicationData(report.applicationData()));
            case Command.Commit commit -> record.setCommit(target(commit.transaction()));
            case Command.Rollback rollback -> record.setRollback(target(rollback.transaction()));
            case Command.ReportGlobal report ->
                record.setReportGlobal(Disk.ReportGlobal.newBuilder()
                        .setTransaction(report.transaction().value())
                        .setStatus(report.status().code()));
            case Command.PhaseTwoResult result -> {
                var builder = Disk.PhaseTwoResult.newBuilder()
                        .setTransaction(result.transaction().value())
                        .setBranch(result.branchId())
                        .setStatus(result.status().code());
                result.reason().ifPresent(builder::setReason);
                record.setResult(builder);
            }
            case Command.Settle settle -> {
                var builder = Disk.Settle.newBuilder()
                        .setTransaction(settle.transaction().value());
                if (!settle.audit().note().isEmpty()) {
                    builder.setAudit(record(settle.audit()));
                }
                record.setSettle(builder);
            }
            case Command.Force force ->
                record.setForce(Disk.Force.newBuilder()
                        .setTransaction(force.transaction().value())
                        .setCommit(force.direction() == Direction.COMMIT)
                        .setAudit(record(force.audit())));
            case Command.DecideRows decide ->
                record.setDecideRows(Disk.DecideRows.newBuilder()
                        .setTransaction(decide.transaction().value())
                        .setRestore(decide.decision() == Command.RowDecision.RESTORE)
                        .setSeen(decide.seen())
                        .setAudit(record(decide.audit())));
            case Command.Forget forget -> {
                var builder = Disk.Forget.newBuilder();
                forget.transactions().forEach(id -> builder.addTransactions(id.value()));
                record.setForget(builder);
            }
            case Command.ClaimHome claim ->
                record.setClaimHome(Disk.ClaimHome.newBuilder()
                        .setResourceId(claim.resourceId())
                        .setWished(claim.wished()));
            case Command.RegisterAway away ->
                record.setRegisterAway(Disk.RegisterAway.newBuilder()
                        .setAsked(record(away.asked()))
                        .setHome(away.home())
                        .setTicket(away.ticket()));
            case Command.LocksAnswered answered ->
                record.setLocksAnswered(Disk.LocksAnswered.newBuilder()
                        .setTransaction(answered.transaction().value())
                        .setBranch(answered.branchId())
                        .setAnswer(record(answered.answer())));
            case Command.LocksFreed freed -> record.setLocksFreed(held(freed.transaction(), freed.branchId()));
            case Command.TakeLocks take -> record.setTakeLocks(record(take.wanted()));
            case Command.FreeLocks free -> record.setFreeLocks(held(free.transaction(), free.branchId()));
            case Command.HolderTold told ->
                record.setHolderTold(Disk.HolderTold.newBuilder()
                        .setTransaction(told.transaction().value())
                        .setBranch(told.branchId())
                        .setStanding(
                                Disk.HolderTold.Standing.valueOf(told.standing().name())));
        }
        return record.build();
    }

    private static Command command(Disk.CommandRecord record) {
        return switch (record.getCommandCase()) {
            case BEGIN -> begin(record.getBegin());
            case REGISTER -> register(new TransactionId(record.getRegister().getTransaction()), record.getRegister());
            case REPORT ->
                new Command.ReportBranch(
                        new TransactionId(record.getReport().getTransaction()),
                        record.getReport().getBranch(),
                        branchStatus(record.getReport().getStatus()),
                        record.getReport().getApplicationData());
            case COMMIT -> new Command.Commit(named(record.getCommit()));
            case ROLLBACK -> new Command.Rollback(named(record.getRollback()));
            case REPORT_GLOBAL ->
                new Command.ReportGlobal(
                        new TransactionId(record.getReportGlobal().getTransaction()),
                        globalStatus(record.getReportGlobal().getStatus()));
            case RESULT ->
                new Command.PhaseTwoResult(
                        new TransactionId(record.getResult().getTransaction()),
                        record.getResult().getBranch(),
                        branchStatus(record.getResult().getStatus()),
                        record.getResult().hasReason()
                                ? Optional.of(record.getResult().getReason())
                                : Optional.empty());
            case SETTLE ->
                new Command.Settle(
                        new TransactionId(record.getSettle().getTransaction()),
                        audit(record.getSettle().getAudit()));
            case FORCE ->
                new Command.Force(
                        new TransactionId(record.getForce().getTransaction()),
                        record.getForce().getCommit() ? Direction.COMMIT : Direction.ROLLBACK,
                        audit(record.getForce().getAudit()));
            case DECIDE_ROWS ->
                new Command.DecideRows(
                        new TransactionId(record.getDecideRows().getTransaction()),
                        record.getDecideRows().getRestore() ? Command.RowDecision.RESTORE : Command.RowDecision.KEEP,
                        record.getDecideRows().getSeen(),
                        audit(record.getDecideRows().getAudit()));
            case FORGET ->
                new Command.Forget(record.getForget().getTransactionsList().stream()
                        .map(TransactionId::new)
                        .toList());
            case CLAIM_HOME ->
                new Command.ClaimHome(
                        record.getClaimHome().getResourceId(),
                        record.getClaimHome().getWished());
            case REGISTER_AWAY -> {
                var asked = record.getRegisterAway().getAsked();
                yield new Command.RegisterAway(
                        register(new TransactionId(asked.getTransaction()), asked),
                        record.getRegisterAway().getHome(),
                        record.getRegisterAway().getTicket());
            }
            case LOCKS_ANSWERED ->
                new Command.LocksAnswered(
                        new TransactionId(record.getLocksAnswered().getTransaction()),
                        record.getLocksAnswered().getBranch(),
                        taking(record.getLocksAnswered().getAnswer()));
            case LOCKS_FREED ->
                new Command.LocksFreed(
                        new TransactionId(record.getLocksFreed().getTransaction()),
                        record.getLocksFreed().getBranch());
            case TAKE_LOCKS -> new Command.TakeLocks(takeLocks(record.getTakeLocks()));
            case FREE_LOCKS ->
                new Command.FreeLocks(
                        new TransactionId(record.getFreeLocks().getTransaction()),
                        record.getFreeLocks().getBranch());
            case HOLDER_TOLD ->
                new Command.HolderTold(
                        new TransactionId(record.getHolderTold().getTransaction()),
                        record.getHolderTold().getBranch(),
                        Command.Standing.valueOf(
                                record.getHolderTold().getStanding().name()));
            case COMMAND_NOT_SET -> throw new IllegalArgumentException("a command that this release does not know");
        };
    }

    private static Outcome.OfTaking taking(Disk.OutcomeRecord record) {
        if (outcome(record) instanceof Outcome.OfTaking answer) {
            return answer;
        }
        throw new IllegalArgumentException("no answer to who wants rows: " + record.getOutcomeCase());
    }

    private static Disk.HeldBranch held(TransactionId transaction, long branchId) {
        return Disk.HeldBranch.newBuilder()
                .setTransaction(transaction.value())
                .setBranch(branchId)
                .build();
    }

    static Disk.TakeLocks record(Effect.TakeLocks wanted) {
        return Disk.TakeLocks.newBuilder()
                .setTransaction(wanted.transaction().value())
                .setBranch(wanted.branchId())
                .setHome(wanted.home())
                .setResourceId(wanted.resourceId())
                .addAllRows(rows(wanted.lockKeys()))
                .setAutoCommit(wanted.autoCommit())
                .build();
    }

    static Effect.TakeLocks takeLocks(Disk.TakeLocks record) {
        return new Effect.TakeLocks(
                new TransactionId(record.getTransaction()),
                record.getBranch(),
                record.getHome(),
                record.getResourceId(),
                keys(record.getRowsList()),
                record.getAutoCommit());
    }

    private static Disk.Audit record(Command.Audit audit) {
        return Disk.Audit.newBuilder()
                .setOperator(audit.operator())
                .setReason(audit.reason())
                .build();
    }

    private static Command.Audit audit(Disk.Audit record) {
        return new Command.Audit(record.getOperator(), record.getReason());
    }

    private static Disk.Target target(TransactionId transaction) {
        return Disk.Target.newBuilder().setTransaction(transaction.value()).build();
    }

    private static TransactionId named(Disk.Target record) {
        return new TransactionId(record.getTransaction());
    }

    static Disk.Begin record(Command.Begin begin) {
        return Disk.Begin.newBuilder()
                .setName(begin.name())
                .setTimeoutMillis(begin.timeout().toMillis())
                .setApplicationId(begin.applicationId())
                .setServiceGroup(begin.serviceGroup())
                .setXidAddress(begin.xidAddress())
                .build();
    }

    static Command.Begin begin(Disk.Begin record) {
        return new Command.Begin(
                record.getName(),
                Duration.ofMillis(record.getTimeoutMillis()),
                record.getApplicationId(),
                record.getServiceGroup(),
                record.getXidAddress());
    }

    static Disk.RegisterBranch record(Command.RegisterBranch register) {
        return Disk.RegisterBranch.newBuilder()
                .setTransaction(register.transaction().value())
                .setType(register.type().code())
                .setResourceId(register.resourceId())
                .setClientId(register.clientId())
                .setApplicationData(register.applicationData())
                .addAllRows(rows(register.lockKeys()))
                .setXidAddress(register.xidAddress())
                .setAutoCommit(register.autoCommit())
                .build();
    }

    static Command.RegisterBranch register(TransactionId transaction, Disk.RegisterBranch record) {
        return new Command.RegisterBranch(
                transaction,
                branchType(record.getType()),
                record.getResourceId(),
                record.getClientId(),
                record.getApplicationData(),
                keys(record.getRowsList()),
                record.getXidAddress(),
                record.getAutoCommit());
    }

    static List<Disk.LockedRows> rows(List<LockKey> keys) {
        List<Disk.LockedRows> rows = new ArrayList<>();
        var run = Disk.LockedRows.newBuilder();
        for (LockKey key : keys) {
            if (run.getPrimaryKeysCount() > 0 && !run.getTable().equals(key.table())) {
                rows.add(run.build());
                run.clear();
            }
            run.setTable(key.table()).addPrimaryKeys(key.primaryKey());
        }
        if (run.getPrimaryKeysCount() > 0) {
            rows.add(run.build());
        }
        return rows;
    }

    static List<LockKey> keys(List<Disk.LockedRows> rows) {
        List<LockKey> keys = new ArrayList<>();
        for (Disk.LockedRows run : rows) {
            run.getPrimaryKeysList().forEach(key -> keys.add(new LockKey(run.getTable(), key)));
        }
        return keys;
    }

    // ---- outcomes

    private static Disk.OutcomeRecord record(Outcome outcome) {
        var record = Disk.OutcomeRecord.newBuilder();
        switch (outcome) {
            case Outcome.Begun begun -> record.setBegun(begun.transaction().value());
            case Outcome.Registered registered -> record.setRegistered(registered.branchId());
            case Outcome.LockConflict conflict ->
                record.setLockConflict(Disk.LockConflict.newBuilder()
                        .setResourceId(conflict.resourceId())
                        .setTable(conflict.key().table())
                        .setPrimaryKey(conflict.key().primaryKey())
                        .setHolder(conflict.holder().value())
                        .setFailFast(conflict.failFast()));
            case Outcome.NotActive notActive ->
                record.setNotActive(Disk.NotActive.newBuilder()
                        .setTransaction(notActive.transaction().value())
                        .setStatus(notActive.status().code()));
            case Outcome.NotFound notFound ->
                record.setNotFound(notFound.transaction().value());
            case Outcome.BranchNotFound notFound ->
                record.setBranchNotFound(Disk.BranchNotFound.newBuilder()
                        .setTransaction(notFound.transaction().value())
                        .setBranch(notFound.branchId()));
            case Outcome.Reported _ -> record.setReported(true);
            case Outcome.Decided decided ->
                record.setDecided(Disk.Decided.newBuilder()
                        .setStatus(decided.status().code())
                        .setFirst(decided.first())
                        .setBegun(nanos(decided.begun())));
            case Outcome.Overloaded overloaded ->
                record.setOverloaded(Disk.Overloaded.newBuilder()
                        .setWhat(overloaded.what())
                        .setRetryAfterMillis(overloaded.retryAfter().toMillis()));
            case Outcome.Noted _ -> record.setNoted(true);
            case Outcome.NoRows none -> record.setNoRows(none.transaction().value());
            case Outcome.Locking locking -> record.setLocking(locking.branchId());
            case Outcome.Taken _ -> record.setTaken(true);
            case Outcome.Claimed claimed -> record.setClaimed(claimed.home());
            case Outcome.GoesOtherWay other ->
                record.setGoesOtherWay(Disk.GoesOtherWay.newBuilder()
                        .setTransaction(other.transaction().value())
                        .setStatus(other.status().code()));
        }
        return record.build();
    }

    private static Outcome outcome(Disk.OutcomeRecord record) {
        return switch (record.getOutcomeCase()) {
            case BEGUN -> new Outcome.Begun(new TransactionId(record.getBegun()));
            case REGISTERED -> new Outcome.Registered(record.getRegistered());
            case LOCK_CONFLICT -> {
                var conflict = record.getLockConflict();
                yield new Outcome.LockConflict(
                        conflict.getResourceId(),
                        new LockKey(conflict.getTable(), conflict.getPrimaryKey()),
                        new TransactionId(conflict.getHolder()),
                        conflict.getFailFast());
            }
            case NOT_ACTIVE ->
                new Outcome.NotActive(
                        new TransactionId(record.getNotActive().getTransaction()),
                        globalStatus(record.getNotActive().getStatus()));
            case NOT_FOUND -> new Outcome.NotFound(new TransactionId(record.getNotFound()));
            case BRANCH_NOT_FOUND ->
                new Outcome.BranchNotFound(
                        new TransactionId(record.getBranchNotFound().getTransaction()),
                        record.getBranchNotFound().getBranch());
            case REPORTED -> new Outcome.Reported();
            case DECIDED ->
                new Outcome.Decided(
                        globalStatus(record.getDecided().getStatus()),
                        record.getDecided().getFirst(),
                        instant(record.getDecided().getBegun()));
            case OVERLOADED ->
                new Outcome.Overloaded(
                        record.getOverloaded().getWhat(),
                        Duration.ofMillis(record.getOverloaded().getRetryAfterMillis()));
            case NOTED -> new Outcome.Noted();
            case GOES_OTHER_WAY ->
                new Outcome.GoesOtherWay(
                        new TransactionId(record.getGoesOtherWay().getTransaction()),
                        globalStatus(record.getGoesOtherWay().getStatus()));
            case NO_ROWS -> new Outcome.NoRows(new TransactionId(record.getNoRows()));
            case LOCKING -> new Outcome.Locking(record.getLocking());
            case TAKEN -> new Outcome.Taken();
            case CLAIMED -> new Outcome.Claimed(record.getClaimed());
            case OUTCOME_NOT_SET -> throw new IllegalArgumentException("an outcome that this release does not know");
        };
    }

    // ---- effects

    private static Disk.EffectRecord record(Effect effect) {
        return switch (effect) {
            case PhaseTwo phaseTwo -> record(phaseTwo);
            case Effect.TakeLocks take ->
                Disk.EffectRecord.newBuilder().setTakeLocks(record(take)).build();
            case Effect.FreeLocks free ->
                Disk.EffectRecord.newBuilder()
                        .setFreeLocks(Disk.FreeLocks.newBuilder()
                                .setTransaction(free.transaction().value())
                                .setBranch(free.branchId())
                                .setHome(free.home()))
                        .build();
            case Effect.AskHolder ask ->
                Disk.EffectRecord.newBuilder()
                        .setAskHolder(held(ask.transaction(), ask.branchId()))
                        .build();
        };
    }

    private static Effect effect(Disk.EffectRecord record) {
        return switch (record.getOtherCase()) {
            case TAKE_LOCKS -> takeLocks(record.getTakeLocks());
            case FREE_LOCKS ->
                new Effect.FreeLocks(
                        new TransactionId(record.getFreeLocks().getTransaction()),
                        record.getFreeLocks().getBranch(),
                        record.getFreeLocks().getHome());
            case ASK_HOLDER ->
                new Effect.AskHolder(
                        new TransactionId(record.getAskHolder().getTransaction()),
                        record.getAskHolder().getBranch());
            case OTHER_NOT_SET -> phaseTwo(record);
        };
    }

    private static Disk.EffectRecord record(PhaseTwo effect) {
        return Disk.EffectRecord.newBuilder()
                .setTransaction(effect.transaction().value())
                .setBranch(effect.branchId())
                .setType(effect.type().code())
                .setResourceId(effect.resourceId())
                .setClientId(effect.clientId())
                .setXidAddress(effect.xidAddress())
                .setApplicationData(effect.applicationData())
                .setCommit(effect.direction() == Direction.COMMIT)
                .build();
    }

    private static PhaseTwo phaseTwo(Disk.EffectRecord record) {
        return new PhaseTwo(
                new TransactionId(record.getTransaction()),
                record.getBranch(),
                branchType(record.getType()),
                record.getResourceId(),
                record.getClientId(),
                record.getXidAddress(),
                record.getApplicationData(),
                record.getCommit() ? Direction.COMMIT : Direction.ROLLBACK);
    }

    // ---- codes and times

    static GlobalStatus globalStatus(int code) {
        return coded("global status", GlobalStatus.values(), code);
    }

    static BranchStatus branchStatus(int code) {
        return coded("branch status", BranchStatus.values(), code);
    }

    static BranchType branchType(int code) {
        return coded("branch type", BranchType.values(), code);
    }

    private static <T> T coded(String what, T[] values, int code) {
        if (code < 0 || code >= values.length) {
            throw new IllegalArgumentException(
                    "a " + what + "'s code is 0 to " + (values.length - 1) + ", not " + code);
        }
        return values[code];
    }

    static long nanos(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    }

    static Instant instant(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
    }
}

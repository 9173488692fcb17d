package dev.plinth.transactions;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.transactions.disk.Disk;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The engine's state as bytes: a head, then each transaction in the order of ids, each with its length before it; then, in format 2, each
 * guest in the same way.
 */
final class StateCodec {
    /*
     * Of a partition that is the only one the state is what it always was, so that members of two releases have the same. What came with
     * several of them is in the second format, which older releases refuse.
     */
    private static final int FORMAT_ALONE = 1;

    private static final int FORMAT = 2;

    /** Bytes of one transaction; more can only be damage. */
    private static final int RECORD_BYTES_MAX = 1 << 30;

    /** Lock keys of one transaction that the history keeps; they are for people to look at. */
    static final int HISTORY_LOCK_KEYS_MAX = 1_000;

    private StateCodec() {}

    /** What the state holds beside the transactions. */
    record Head(
            int partition,
            long lastId,
            Instant noTickBefore,
            SortedMap<String, Integer> homes,
            List<GuestLocks.Guest> guests) {

        /** Whether nothing says that there are other partitions: locks elsewhere, or of others, come after a home is settled. */
        private boolean alone() {
            return partition == 0 && homes.isEmpty() && guests.isEmpty();
        }
    }

    static void write(Head head, List<Transaction> transactions, OutputStream out) throws IOException {
        var data = new DataOutputStream(out);
        var homes = head.homes().entrySet().stream()
                .map(home -> Disk.Home.newBuilder()
                        .setResourceId(home.getKey())
                        .setPartition(home.getValue())
                        .build())
                .toList();
        write(
                Disk.StateHead.newBuilder()
                        .setFormat(head.alone() ? FORMAT_ALONE : FORMAT)
                        .setPartition(head.partition())
                        .setLastId(head.lastId())
                        .setNoTickBefore(DiskCodec.nanos(head.noTickBefore()))
                        .setTransactions(transactions.size())
                        .addAllHomes(homes)
                        .setGuests(head.guests().size())
                        .build()
                        .toByteArray(),
                data);
        for (Transaction transaction : transactions) {
            write(record(transaction).toByteArray(), data);
        }
        for (GuestLocks.Guest guest : head.guests()) {
            write(record(guest).toByteArray(), data);
        }
        data.flush();
    }

    /** Hands each transaction on as it is read. */
    static Head read(InputStream in, Consumer<Transaction> transactions) throws IOException {
        var data = new DataInputStream(in);
        try {
            var head = Disk.StateHead.parseFrom(read(data));
            if (head.getFormat() < FORMAT_ALONE || head.getFormat() > FORMAT) {
                throw new IOException("the transactions' state is in format " + head.getFormat()
                        + "; this release reads " + FORMAT_ALONE + " to " + FORMAT);
            }
            for (int i = 0; i < head.getTransactions(); i++) {
                transactions.accept(transaction(Disk.TransactionRecord.parseFrom(read(data))));
            }
            var homes = new TreeMap<String, Integer>();
            head.getHomesList().forEach(home -> homes.put(home.getResourceId(), home.getPartition()));
            List<GuestLocks.Guest> guests = new ArrayList<>();
            for (int i = 0; i < head.getGuests(); i++) {
                guests.add(guest(Disk.GuestRecord.parseFrom(read(data))));
            }
            return new Head(
                    head.getPartition(), head.getLastId(), DiskCodec.instant(head.getNoTickBefore()), homes, guests);
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new IOException("the transactions' state is damaged: " + e.getMessage(), e);
        }
    }

    private static void write(byte[] bytes, DataOutputStream out) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static byte[] read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > RECORD_BYTES_MAX) {
            throw new IOException("the transactions' state is damaged: a record of " + length + " bytes");
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the transactions' state ends inside a record of " + length + " bytes");
        }
        return bytes;
    }

    // ---- guests

    private static Disk.GuestRecord record(GuestLocks.Guest guest) {
        return Disk.GuestRecord.newBuilder()
                .setTaken(Disk.TakeLocks.newBuilder()
                        .setTransaction(guest.transaction().value())
                        .setBranch(guest.branchId())
                        .setResourceId(guest.resourceId())
                        .addAllRows(DiskCodec.rows(guest.lockKeys())))
                .setRollingBack(guest.rollingBack())
                .setAskedAt(DiskCodec.nanos(guest.askedAt()))
                .setCheckAt(DiskCodec.nanos(guest.checkAt()))
                .setEffect(guest.effect())
                .build();
    }

    private static GuestLocks.Guest guest(Disk.GuestRecord record) {
        var taken = record.getTaken();
        return new GuestLocks.Guest(
                new TransactionId(taken.getTransaction()),
                taken.getBranch(),
                taken.getResourceId(),
                DiskCodec.keys(taken.getRowsList()),
                record.getRollingBack(),
                DiskCodec.instant(record.getAskedAt()),
                DiskCodec.instant(record.getCheckAt()),
                record.getEffect());
    }

    // ---- transactions

    private static Disk.TransactionRecord record(Transaction transaction) {
        var record = Disk.TransactionRecord.newBuilder()
                .setId(transaction.id().value())
                .setAsked(DiskCodec.record(transaction.asked()))
                .setBegun(DiskCodec.nanos(transaction.begun()))
                .setStatus(transaction.status().code())
                .setSagaEffect(transaction.sagaEffect());
        transaction.ended().ifPresent(ended -> record.setEnded(DiskCodec.nanos(ended)));
        transaction.branches().forEach(branch -> record.addBranches(record(branch)));
        transaction.timeline().forEach(event -> record.addTimeline(record(event)));
        return record.build();
    }

    private static Transaction transaction(Disk.TransactionRecord record) {
        var id = new TransactionId(record.getId());
        return new Transaction(
                id,
                DiskCodec.begin(record.getAsked()),
                DiskCodec.instant(record.getBegun()),
                DiskCodec.globalStatus(record.getStatus()),
                record.hasEnded() ? Optional.of(DiskCodec.instant(record.getEnded())) : Optional.empty(),
                record.getBranchesList().stream()
                        .map(branch -> branch(id, branch))
                        .toList(),
                record.getSagaEffect(),
                record.getTimelineList().stream().map(StateCodec::event).toList());
    }

    private static Disk.BranchRecord record(Branch branch) {
        var record = Disk.BranchRecord.newBuilder()
                .setId(branch.id())
                .setAsked(DiskCodec.record(branch.asked()).toBuilder().clearTransaction())
                .setStatus(branch.status().code())
                .setLocked(branch.locked())
                .setAttempts(branch.attempts())
                .setEffect(branch.effect());
        if (!branch.applicationData().equals(branch.asked().applicationData())) {
            record.setApplicationData(branch.applicationData());
        }
        record.setRows(branch.rows());
        branch.away().ifPresent(away -> record.setAway(record(away)));
        return record.build();
    }

    private static Branch branch(TransactionId transaction, Disk.BranchRecord record) {
        var asked = DiskCodec.register(transaction, record.getAsked());
        return new Branch(
                record.getId(),
                asked,
                DiskCodec.branchStatus(record.getStatus()),
                record.hasApplicationData() ? record.getApplicationData() : asked.applicationData(),
                record.getLocked(),
                record.getAttempts(),
                record.getEffect(),
                record.getRows(),
                record.hasAway() ? Optional.of(away(record.getAway())) : Optional.empty());
    }

    private static Disk.AwayRecord record(AwayLocks away) {
        return Disk.AwayRecord.newBuilder()
                .setHome(away.home())
                .setStage(Disk.AwayRecord.Stage.valueOf(away.stage().name()))
                .setEffect(away.effect())
                .setTicket(away.ticket())
                .build();
    }

    private static AwayLocks away(Disk.AwayRecord record) {
        return new AwayLocks(
                record.getHome(),
                AwayLocks.Stage.valueOf(record.getStage().name()),
                record.getEffect(),
                record.getTicket());
    }

    private static Disk.Event record(TimelineEvent event) {
        return Disk.Event.newBuilder()
                .setAt(DiskCodec.nanos(event.at()))
                .setKind(Disk.Event.Kind.valueOf(event.kind().name()))
                .setBranch(event.branchId())
                .setNote(event.note())
                .build();
    }

    private static TimelineEvent event(Disk.Event record) {
        return new TimelineEvent(
                DiskCodec.instant(record.getAt()),
                TimelineEvent.Kind.valueOf(record.getKind().name()),
                record.getBranch(),
                record.getNote());
    }

    // ---- ended transactions, for the history

    /** The same record, without what only the engine needs, and with the first of its lock keys. */
    static ByteString encode(TransactionView view) {
        var record = Disk.TransactionRecord.newBuilder()
                .setId(view.id().value())
                .setAsked(Disk.Begin.newBuilder()
                        .setName(view.name())
                        .setTimeoutMillis(view.timeout().toMillis())
                        .setApplicationId(view.applicationId())
                        .setServiceGroup(view.serviceGroup()))
                .setBegun(DiskCodec.nanos(view.begun()))
                .setStatus(view.status().code());
        view.ended().ifPresent(ended -> record.setEnded(DiskCodec.nanos(ended)));
        int keys = 0;
        for (BranchView branch : view.branches()) {
            var kept = branch.lockKeys().stream()
                    .limit(HISTORY_LOCK_KEYS_MAX - keys)
                    .toList();
            keys += kept.size();
            var ended = record.addBranchesBuilder()
                    .setId(branch.id())
                    .setAsked(Disk.RegisterBranch.newBuilder()
                            .setType(branch.type().code())
                            .setResourceId(branch.resourceId())
                            .setClientId(branch.clientId())
                            .addAllRows(DiskCodec.rows(kept)))
                    .setStatus(branch.status().code())
                    .setAttempts(branch.attempts())
                    .setRows(branch.rows());
            if (!branch.applicationData().isEmpty()) {
                ended.setApplicationData(branch.applicationData());
            }
        }
        view.timeline().forEach(event -> record.addTimeline(record(event)));
        return record.build().toByteString();
    }

    /** @throws IllegalArgumentException if they are not such bytes */
    static TransactionView view(ByteString bytes) {
        try {
            return transaction(Disk.TransactionRecord.parseFrom(bytes)).view();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("not an ended transaction: " + e.getMessage(), e);
        }
    }
}

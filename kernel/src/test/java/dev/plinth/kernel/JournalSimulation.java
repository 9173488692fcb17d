package dev.plinth.kernel;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One life of a machine, drawn by lot from a seed: two ledgers and a log of bulk on one store, clients that repeat what was not
 * answered, a world that carries out payments, and power losses, kills, failing and full disks, and a wall clock that jumps.
 *
 * <p>Everything runs on the caller's thread, so a seed is a life, always the same. What must hold is checked after every entry, at
 * every start, and at the end, when the faults are over and all comes to rest.
 */
final class JournalSimulation {
    private static final SegmentOptions SMALL = SegmentOptions.defaults().withSegmentBytes(64 << 10);
    private static final List<String> ACCOUNTS = List.of("anna", "bela", "carl", "dora");
    private static final int CLIENTS = 3;

    private final Random random;
    private final SimulatedClock clock = new SimulatedClock();
    private final FaultyStorage segments = new FaultyStorage();
    private final FaultyStorage snapshots = new FaultyStorage();
    private final List<Book> books = List.of(new Book("alpha"), new Book("beta"));
    private final Bulk bulk = new Bulk();
    private SimulatedThreads threads;
    private @Nullable SegmentStore store;

    /** No new faults and no new work: time to come to rest. */
    private boolean calm;

    /** Unanswered attempts at payments. */
    private final List<Runnable> world = new ArrayList<>();

    private long numbers;
    private int starts;
    private @Nullable AssertionError violation;

    JournalSimulation(long seed) {
        this.random = new Random(seed);
        this.threads = new SimulatedThreads(random);
    }

    /** The disks, for a test that makes them lie. */
    FaultyStorage segments() {
        return segments;
    }

    FaultyStorage snapshots() {
        return snapshots;
    }

    /** What happened, for a test that wants to see that something did. */
    String summary() {
        return starts + " starts, " + books.stream().map(Book::summary).toList();
    }

    void run(int steps) throws IOException {
        start();
        for (int i = 0; i < steps; i++) {
            step();
        }
        calm = true;
        restartOn(false);
        for (int i = 0; i < 200_000 && !atRest(); i++) {
            step();
        }
        check(atRest(), "it does not come to rest");
        restartOn(random.nextBoolean());
        threads.settle();
        books.forEach(Book::checkEnd);
        throwViolation();
    }

    private boolean atRest() {
        return world.isEmpty() && books.stream().allMatch(Book::atRest);
    }

    private void step() throws IOException {
        int lot = random.nextInt(1_000);
        if (lot < 700) {
            if (!threads.step() && random.nextBoolean()) {
                clock.advance(clock.untilNextAlarm().orElse(Duration.ofMillis(1)));
            }
        } else if (lot < 880) {
            books.get(random.nextInt(books.size())).act();
        } else if (lot < 910) {
            if (!calm) {
                bulk.act();
            }
        } else if (lot < 950) {
            if (!world.isEmpty()) {
                world.remove(random.nextInt(world.size())).run();
            }
        } else if (lot < 985) {
            clock.advance(Duration.ofNanos(random.nextInt(20_000_000)));
        } else if (!calm) {
            fault();
        }
        throwViolation();
        if (segments.stopped() || snapshots.stopped() || mustRestart()) {
            restartOn(random.nextBoolean());
        }
    }

    private void fault() throws IOException {
        switch (random.nextInt(12)) {
            case 0 -> restartOn(true);
            case 1 -> restartOn(false);
            case 2, 3 -> segments.stopAfter(1 + random.nextInt(20));
            case 4 -> snapshots.stopAfter(1 + random.nextInt(6));
            case 5 -> segments.failSyncs(true);
            case 6 -> segments.failWrites(true);
            case 7 -> snapshots.failSyncs(true);
            case 8 -> segments.capacityBytes(0);
            case 9 -> segments.capacityBytes(Long.MAX_VALUE);
            case 10 -> clock.jumpWall(Duration.ofMillis(random.nextInt(-100_000, 100_000)));
            case 11 -> {
                if (random.nextInt(4) == 0) {
                    // Long enough for sessions to expire.
                    clock.advance(Limits.SESSION_IDLE_MAX.plusSeconds(1));
                }
            }
            default -> throw new IllegalStateException();
        }
    }

    /** A person, or the service manager, restarts a server whose disk failed. */
    private boolean mustRestart() {
        return (calm || random.nextInt(50) == 0) && books.stream().anyMatch(book -> book.stopped);
    }

    private void restartOn(boolean powerLoss) throws IOException {
        if (!powerLoss && random.nextBoolean()) {
            closeProperly();
        }
        for (var disk : List.of(segments, snapshots)) {
            disk.failSyncs(false);
            disk.failWrites(false);
            disk.capacityBytes(Long.MAX_VALUE);
            if (powerLoss) {
                disk.powerLoss(random);
            } else {
                disk.kill();
            }
        }
        clock.dropAlarms();
        threads = new SimulatedThreads(random);
        if (!calm && random.nextInt(6) == 0) {
            // The power fails again while the store is being opened.
            segments.stopAfter(random.nextInt(6));
        }
        start();
    }

    private void closeProperly() {
        books.forEach(book -> {
            if (book.journal != null) {
                book.journal.end();
            }
        });
        threads.settle();
        if (store != null) {
            store.end();
        }
        threads.settle();
    }

    private void start() throws IOException {
        starts++;
        books.forEach(Book::down);
        try {
            store = SegmentStore.open(segments, SMALL, clock, threads.serial(), threads.serial(), report -> {});
            for (var book : books) {
                book.start(store);
            }
            bulk.start(store);
        } catch (IOException e) {
            if (!segments.stopped()) {
                throw e;
            }
            restartOn(true);
        }
    }

    /** Kept beside being thrown: what is thrown on an engine's thread, or hangs on a future, does not come this far. */
    private void check(boolean holds, String otherwise) {
        if (!holds) {
            var error = new AssertionError(otherwise);
            violation = violation == null ? error : violation;
            throw error;
        }
    }

    private void throwViolation() {
        if (violation != null) {
            throw violation;
        }
    }

    /** One ledger through all starts, and what is known of it from outside. */
    private final class Book {
        private final String name;

        /** Every entry that some member ever applied: it was durable, so it stays for good. */
        private final TreeMap<Long, Entry<Ledger.Command>> history = new TreeMap<>();

        /** The numbers of the commands among them. */
        private final Set<Long> durableCommands = new HashSet<>();

        /** The whole state after some of them. */
        private final Map<Long, byte[]> states = new HashMap<>();

        private final Map<Long, Ledger.Outcome> acknowledged = new HashMap<>();
        private final List<Long> neverHappened = new ArrayList<>();
        private final List<Client> clients = new ArrayList<>();
        private long incarnation;
        private long highestAcknowledged;
        private long payments;

        // Of the present start.
        private @Nullable LocalJournal<Ledger.Command> journal;
        private @Nullable Partition<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> partition;
        private @Nullable Seen seen;
        private boolean leads;
        private boolean stopped;

        Book(String name) {
            this.name = name;
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new Client(this));
            }
        }

        String summary() {
            return name + ": " + history.size() + " entries, " + acknowledged.size() + " acknowledged, "
                    + neverHappened.size() + " refused, " + payments + " payments tried";
        }

        void down() {
            partition = null;
            journal = null;
            seen = null;
            leads = false;
            stopped = false;
            clients.forEach(Client::down);
        }

        void start(SegmentStore on) throws IOException {
            var opened = LocalJournal.open(
                    on,
                    name,
                    Ledger.CODECS.commands(),
                    snapshots,
                    new JournalOptions(20 + random.nextInt(60), Long.MAX_VALUE, random.nextBoolean()),
                    threads.serial(),
                    threads.serial(),
                    clock,
                    report -> {});
            var before = history.isEmpty() ? 0 : history.lastKey();
            var checked = new Checked(opened);
            var started = Partition.durable(new Ledger(), checked, Ledger.CODECS, this::perform, clock);
            check(
                    checked.applied >= before,
                    name + " came back with entries up to " + checked.applied + "; " + before + " was applied before");
            journal = opened;
            partition = started;
            seen = new Seen(this);
        }

        void act() {
            var serving = partition;
            if (serving == null) {
                return;
            }
            switch (random.nextInt(12)) {
                case 0 -> read(serving);
                case 1, 2 -> {
                    if (!calm) {
                        once(serving);
                    }
                }
                case 3 -> {
                    if (seen != null) {
                        seen.next();
                    }
                }
                default -> clients.get(random.nextInt(clients.size())).act(serving);
            }
        }

        /** A read sees everything that was acknowledged before it was asked. */
        private void read(Partition<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> serving) {
            long known = highestAcknowledged;
            serving.read(Ledger::lastIndex)
                    .thenAccept(index -> check(
                            index >= known, name + ": a read saw entry " + index + " where " + known + " was known"));
        }

        /** A command without an id, asked once: what is refused with any code but UNKNOWN must never take place. */
        private void once(Partition<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> serving) {
            var command = command();
            serving.submit(command).whenComplete((outcome, problem) -> {
                if (outcome != null) {
                    acknowledge(command, outcome);
                } else if (problem instanceof Refused refused) {
                    refused(refused);
                    if (refused.code() != Refused.Code.UNKNOWN) {
                        neverHappened.add(command.number());
                    }
                }
            });
        }

        void acknowledge(Ledger.Command command, Ledger.Outcome outcome) {
            var before = acknowledged.put(command.number(), outcome);
            check(
                    before == null || before.equals(outcome),
                    name + ": command " + command.number() + " was answered " + before + ", and now " + outcome);
            check(
                    history.containsKey(outcome.index()),
                    name + ": command " + command.number() + " was answered before entry " + outcome.index());
            highestAcknowledged = Math.max(highestAcknowledged, outcome.index());
        }

        void refused(Refused refused) {
            switch (refused.code()) {
                case STORAGE -> stopped |= refused.retryAfter().isEmpty();
                case UNKNOWN -> stopped = true;
                case OVERLOADED, STOPPED, SESSION_EXPIRED, SEQUENCE_TOO_OLD -> {}
                case TOO_LARGE, NOT_LEADER -> throw new AssertionError(name + " refused with " + refused);
            }
        }

        Ledger.Command command() {
            numbers++;
            long number = numbers;
            long amount = random.nextLong(1, 21);
            var account = ACCOUNTS.get(random.nextInt(ACCOUNTS.size()));
            return switch (random.nextInt(6)) {
                case 0, 1 -> new Ledger.Deposit(number, account, amount);
                case 2, 3 ->
                    new Ledger.Transfer(number, account, ACCOUNTS.get(random.nextInt(ACCOUNTS.size())), amount);
                case 4 -> new Ledger.Hold(number, account, amount, Duration.ofMillis(random.nextInt(2_000)));
                default -> new Ledger.Pay(number, account, amount);
            };
        }

        /** The world outside. */
        private void perform(EffectId id, Ledger.Payment payment, int attempt, Performer.Attempt<Ledger.Command> end) {
            check(leads, name + ": payment " + payment.number() + " was performed by one that does not lead");
            check(
                    durableCommands.contains(payment.number()),
                    name + ": payment " + payment.number() + " was performed before it was durable");
            payments++;
            if (!calm && random.nextInt(20) == 0) {
                throw new IllegalStateException("the performer throws");
            }
            world.add(() -> {
                switch (random.nextInt(calm ? 2 : 5)) {
                    case 0 -> end.result(new Ledger.Settled(payment.number(), Ledger.Settlement.PAID));
                    case 1 -> end.result(new Ledger.Settled(payment.number(), Ledger.Settlement.DECLINED));
                    case 2 -> end.result(new Ledger.Settled(payment.number(), Ledger.Settlement.BUSY));
                    case 3 -> end.failed("the line is cut");
                    case 4 -> {
                        // The answer is lost, and comes late, and twice.
                        world.add(() -> end.result(new Ledger.Settled(payment.number(), Ledger.Settlement.PAID)));
                        world.add(() -> end.failed("late"));
                        end.failed("no answer in time", Duration.ofMillis(random.nextInt(50)));
                    }
                    default -> throw new IllegalStateException();
                }
            });
        }

        boolean atRest() {
            var serving = partition;
            if (serving == null || stopped || !clients.stream().allMatch(Client::atRest)) {
                return false;
            }
            var open = serving.read(ledger -> ledger.openPayments() + ledger.holds());
            threads.settle();
            return open.isDone() && !open.isCompletedExceptionally() && open.join() == 0 && seenAll(serving);
        }

        private boolean seenAll(Partition<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> serving) {
            var watching = seen;
            if (watching == null) {
                return false;
            }
            watching.next();
            threads.settle();
            var balances = serving.read(ledger -> {
                Map<String, Long> now = new TreeMap<>();
                ledger.keys("", "", Limits.READ_ITEMS_MAX).forEach(key -> now.put(key, ledger.balance(key)));
                return now;
            });
            threads.settle();
            return balances.join().equals(watching.views);
        }

        void checkEnd() {
            var serving = partition;
            if (serving == null) {
                throw new AssertionError(name + " does not serve");
            }
            var asked = serving.read(Ledger::tookPlaceAt);
            threads.settle();
            var tookPlaceAt = asked.join();
            acknowledged.forEach((number, outcome) -> check(
                    tookPlaceAt.getOrDefault(number, 0L) == outcome.index(),
                    name + ": command " + number + " was acknowledged at " + outcome.index() + " and took place at "
                            + tookPlaceAt.get(number)));
            neverHappened.forEach(number -> check(
                    !tookPlaceAt.containsKey(number),
                    name + ": command " + number + " was refused and took place at " + tookPlaceAt.get(number)));
            // From the beginning, without snapshots: the same state.
            long last = history.lastKey();
            check(history.size() == last, name + " has " + history.size() + " entries up to " + last);
            var replayed = new Replay(history);
            Partition<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> fresh;
            try {
                fresh = Partition.durable(
                        new Ledger(), replayed, Ledger.CODECS, (_, _, _, _) -> check(false, "performed"), clock);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            check(fresh != null, "it was replayed");
            compare(last, bytes(replayed.member().snapshot()));
        }

        /** The state after an entry is the same whenever and however one comes to it. */
        void compare(long index, byte[] state) {
            var before = states.putIfAbsent(index, state);
            check(before == null || Arrays.equals(before, state), name + " has another state after entry " + index);
        }

        /** The journal, with a member that looks at everything that passes. */
        private final class Checked extends ForwardingJournal<Ledger.Command> {
            private long applied;
            private Instant stamp = Instant.EPOCH;

            Checked(LocalJournal<Ledger.Command> inner) {
                super(inner);
            }

            @Override
            public void start(Member<Ledger.Command> member) throws IOException {
                super.start(new Member<>() {
                    @Override
                    public void restore(Revision revision, Instant stampThen, InputStream state) throws IOException {
                        byte[] bytes = state.readAllBytes();
                        applied = revision.index();
                        stamp = stampThen;
                        compare(applied, bytes);
                        member.restore(revision, stampThen, new ByteArrayInputStream(bytes));
                    }

                    @Override
                    public void apply(Entry<Ledger.Command> entry, @Nullable Ticket ticket) {
                        look(entry);
                        try {
                            member.apply(entry, ticket);
                        } catch (RuntimeException e) {
                            check(false, name + ": entry " + entry + " broke the engine: " + e.getCause());
                        }
                        if (applied % 8 == 0) {
                            compare(applied, bytes(member.snapshot()));
                        }
                    }

                    @Override
                    public Snapshot snapshot() {
                        return member.snapshot();
                    }

                    @Override
                    public void lead() {
                        leads = true;
                        member.lead();
                    }

                    @Override
                    public void follow() {
                        leads = false;
                        member.follow();
                    }

                    @Override
                    public void stopped(Refused reason) {
                        member.stopped(reason);
                    }
                });
            }

            private void look(Entry<Ledger.Command> entry) {
                var revision = entry.revision();
                check(revision.index() == applied + 1, name + ": entry " + revision + " after " + applied);
                check(
                        incarnation == 0 || incarnation == revision.incarnation(),
                        name + ": incarnation " + revision.incarnation() + " after " + incarnation);
                check(!entry.stamp().isBefore(stamp), name + ": stamp " + entry.stamp() + " after " + stamp);
                incarnation = revision.incarnation();
                applied = revision.index();
                stamp = entry.stamp();
                var before = history.putIfAbsent(revision.index(), entry);
                if (entry.input() instanceof Input.Command<Ledger.Command> command) {
                    durableCommands.add(command.command().number());
                }
                check(
                        before == null || before.equals(entry),
                        name + ": entry " + revision.index() + " was " + before + " and is " + entry);
            }
        }
    }

    private static byte[] bytes(Snapshot snapshot) {
        var to = new ByteArrayOutputStream();
        try {
            snapshot.encode(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return to.toByteArray();
    }

    /** Somebody with a session, who repeats what was not answered until it is. */
    private final class Client {
        private static final int AT_ONCE = 3;

        private final Book book;
        private Optional<ClientId> session = Optional.empty();
        private boolean opening;
        private long sequence;
        private final TreeMap<Long, Asked> unanswered = new TreeMap<>();
        private Optional<Asked> lastAnswered = Optional.empty();
        private int lives;

        private static final class Asked {
            final CommandId id;
            final Ledger.Command command;
            boolean underWay;

            Asked(CommandId id, Ledger.Command command) {
                this.id = id;
                this.command = command;
            }
        }

        Client(Book book) {
            this.book = book;
        }

        /** The connection is gone, and with it the answers. */
        void down() {
            lives++;
            opening = false;
            unanswered.values().forEach(asked -> asked.underWay = false);
        }

        boolean atRest() {
            return unanswered.isEmpty() && !opening;
        }

        void act(Partition<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> serving) {
            if (session.isEmpty()) {
                if (!opening && !calm) {
                    open(serving);
                }
                return;
            }
            var again = unanswered.values().stream()
                    .filter(asked -> !asked.underWay)
                    .findFirst();
            if (again.isPresent()) {
                ask(serving, again.get());
            } else if (!calm && random.nextInt(5) == 0 && lastAnswered.isPresent()) {
                // The answer was lost on its way, so it thinks.
                ask(serving, lastAnswered.get());
            } else if (!calm && unanswered.size() < AT_ONCE) {
                sequence++;
                var asked = new Asked(new CommandId(session.get(), sequence), book.command());
                unanswered.put(sequence, asked);
                ask(serving, asked);
            }
        }

        private void open(Partition<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> serving) {
            opening = true;
            int life = lives;
            serving.openSession().whenComplete((id, problem) -> {
                if (life != lives) {
                    return;
                }
                opening = false;
                if (id != null) {
                    session = Optional.of(id);
                    sequence = 0;
                } else if (problem instanceof Refused refused) {
                    book.refused(refused);
                }
            });
        }

        private void ask(Partition<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> serving, Asked asked) {
            asked.underWay = true;
            int life = lives;
            serving.submit(asked.id, asked.command).whenComplete((outcome, problem) -> {
                if (outcome != null) {
                    // Also one that comes after the end of the connection was true.
                    book.acknowledge(asked.command, outcome);
                    unanswered.remove(asked.id.sequence(), asked);
                    lastAnswered = Optional.of(asked);
                } else if (life == lives && problem instanceof Refused refused) {
                    asked.underWay = false;
                    book.refused(refused);
                    if (refused.code() == Refused.Code.SESSION_EXPIRED
                            && session.equals(Optional.of(asked.id.client()))) {
                        session = Optional.empty();
                        unanswered.clear();
                        lastAnswered = Optional.empty();
                    }
                }
            });
        }
    }

    /** A watcher of all accounts, who is slow. */
    private final class Seen {
        private final TreeMap<String, Long> views = new TreeMap<>();
        private final Watcher.Subscription subscription;
        private long revision;
        private boolean ready = true;

        Seen(Book book) {
            var serving = book.partition;
            if (serving == null) {
                throw new IllegalStateException(book.name + " does not serve");
            }
            subscription = serving.watch("", this::accept);
        }

        private void accept(Watcher.Batch<Long> batch) {
            check(
                    batch.revision().index() >= revision,
                    "a watcher was told of " + batch.revision() + " after " + revision);
            revision = batch.revision().index();
            if (batch.reset()) {
                views.clear();
            }
            for (var item : batch.items()) {
                item.view().ifPresentOrElse(view -> views.put(item.key(), view), () -> views.remove(item.key()));
            }
            ready = true;
        }

        void next() {
            if (ready) {
                ready = false;
                subscription.next();
            }
        }
    }

    /** A log of large entries that lets go of its past: it makes the store change its files often. */
    private final class Bulk {
        private final TreeMap<Long, byte[]> durable = new TreeMap<>();
        private @Nullable SegmentLog log;
        private long asked;

        void start(SegmentStore on) throws IOException {
            var opened = on.log("bulk");
            log = opened;
            for (var entry : durable.tailMap(opened.firstIndex()).entrySet()) {
                var found = opened.read(entry.getKey());
                check(
                        found.isPresent() && found.get().equals(ByteBuffer.wrap(entry.getValue())),
                        "bulk entry " + entry.getKey() + " is not what it was");
            }
            asked = opened.lastIndex();
        }

        void act() {
            var open = log;
            if (open == null) {
                return;
            }
            if (random.nextInt(6) == 0) {
                open.truncatePrefix(Math.max(1, asked - random.nextInt(5)));
                return;
            }
            asked++;
            byte[] bytes = new byte[random.nextInt(12_000)];
            random.nextBytes(bytes);
            long index = asked;
            open.append(index, List.of(ByteBuffer.wrap(bytes))).whenComplete((_, problem) -> {
                if (problem == null) {
                    durable.put(index, bytes);
                } else if (log == open) {
                    asked = Math.min(asked, index - 1);
                }
            });
        }
    }

    /** A journal that has these entries, and nothing else. */
    private static final class Replay implements Journal<Ledger.Command> {
        private final SortedMap<Long, Entry<Ledger.Command>> entries;
        private @Nullable Member<Ledger.Command> member;

        Replay(SortedMap<Long, Entry<Ledger.Command>> entries) {
            this.entries = entries;
        }

        Member<Ledger.Command> member() {
            if (member == null) {
                throw new IllegalStateException("not started");
            }
            return member;
        }

        @Override
        public void start(Member<Ledger.Command> consumer) {
            member = consumer;
            entries.values().forEach(entry -> consumer.apply(entry, null));
        }

        @Override
        public void propose(Input<Ledger.Command> input, @Nullable Ticket ticket) {
            throw new IllegalStateException("replay proposes nothing");
        }

        @Override
        public void read(Runnable query, Ticket ticket) {
            query.run();
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public void close() {}
    }
}

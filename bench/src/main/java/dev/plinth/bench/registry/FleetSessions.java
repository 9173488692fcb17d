package dev.plinth.bench.registry;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.bench.registry.lean.LeanConnection;
import dev.plinth.bench.registry.lean.LeanThread;
import dev.plinth.wire.registry.v1.Answer;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.KeepAlive;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Register;
import dev.plinth.wire.registry.v1.RegisterAll;
import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import dev.plinth.wire.registry.v1.Subscribe;
import dev.plinth.wire.registry.v1.SubscribeAll;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** The sessions of a {@link Fleet} over our own protocol, each with a connection of its own. */
final class FleetSessions implements AutoCloseable {
    /*
     * One thread for all. A session that loses its connection comes back and says everything again, as the protocol asks for: what
     * it serves, and what it follows with the digest of what it knows. What it was told is counted, and an empty list would show.
     *
     * What a session says when it comes back is put into bytes before the server is killed. A fleet has many machines for that, and
     * here it shares one with the server.
     */
    private static final int LEASE_MILLIS = 30_000;
    private static final long KEEP_ALIVE_MILLIS = 10_000;
    private static final long CONNECT_AGAIN_MILLIS = 500;
    private static final long SAY_AGAIN_MILLIS = 100;

    /** The number of the request by which a session says all. */
    private static final long ALL = 1;

    private static final long WAIT_SECONDS = 240;

    private final Fleet fleet;
    private final int port;
    private final LeanThread thread = new LeanThread();
    private final List<Session> publishers = new ArrayList<>();
    private final List<Session> subscribers = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final long[] digests;

    // That thread only.
    private final long[] changedNanos;
    private final int[] untold;
    private final Histogram toTheLastNanos = new Histogram(TimeUnit.MINUTES.toNanos(5), 3);
    private long changesTold;
    private int back;
    private long listed;
    private long opened;
    private long anew;
    private long emptyLists;
    private long refused;
    private boolean closing;
    private volatile boolean comeFromElsewhere;
    private @Nullable Goal goal;

    private record Goal(Condition condition, CompletableFuture<Long> reached) {}

    private interface Condition {
        boolean holds();
    }

    FleetSessions(Fleet fleet, int port) throws IOException {
        this.fleet = fleet;
        this.port = port;
        this.changedNanos = new long[fleet.endpoints];
        this.untold = new int[fleet.endpoints];
        this.digests = new long[fleet.services];
        for (int i = 0; i < fleet.services; i++) {
            numbers.put(Fleet.service(i), i);
        }
    }

    /** The publishers come; returns the seconds until all endpoints are registered. */
    double publish() throws IOException {
        return timed(
                () -> {
                    for (int i = 0; i < fleet.publishers; i++) {
                        publishers.add(new Session(i, true));
                    }
                },
                () -> back == fleet.publishers);
    }

    /**
     * The subscribers come; returns the seconds until each has each list.
     *
     * @param fromElsewhere whether they know the lists from before, as from a server that went
     */
    double subscribe(boolean fromElsewhere) throws IOException {
        comeFromElsewhere = fromElsewhere;
        if (fromElsewhere) {
            reckon();
        }
        return timed(
                () -> {
                    for (int i = 0; i < fleet.subscribers; i++) {
                        subscribers.add(new Session(i, false));
                    }
                },
                () -> listed == (long) fleet.subscribers * fleet.subscriptions);
    }

    /** What was found of the changes. */
    record Changes(long told, double seconds, Histogram toTheLastNanos) {}

    /** Changes endpoints, so many a second, each another one, and waits until all subscribers were told of all. */
    Changes change(int perSecond, int seconds, int from) throws IOException {
        long start = System.nanoTime();
        int count = perSecond * seconds;
        var changed = new CompletableFuture<Void>();
        thread.execute(() -> {
            toTheLastNanos.reset();
            changesTold = 0;
            changeFrom(start, perSecond, from, 0, count, changed);
        });
        wait(changed);
        long told = at(() -> {}, () -> changesTold == count);
        return new Changes(count, (told - start) / 1e9, toTheLastNanos.copy());
    }

    private void changeFrom(long start, int perSecond, int from, int done, int count, CompletableFuture<Void> changed) {
        int due = (int) Math.min(count, (System.nanoTime() - start) * perSecond / 1_000_000_000L);
        for (int i = done; i < due; i++) {
            // A step that is prime to all counts here: neighbours are of other services and publishers.
            int number = (int) ((long) (from + i) * 7_919 % fleet.endpoints);
            fleet.weigh(number, 101 + (from + i) % 1_000);
            changedNanos[number] = System.nanoTime();
            untold[number] = fleet.watching();
            publishers.get(fleet.publisherOf(number)).register(number);
        }
        if (due == count) {
            changed.complete(null);
        } else {
            thread.schedule(() -> changeFrom(start, perSecond, from, due, count, changed), 2, TimeUnit.MILLISECONDS);
        }
    }

    /** Before the server is killed: from now on sessions count as gone, and know what there is. */
    void reckon() throws IOException {
        for (int i = 0; i < digests.length; i++) {
            digests[i] = fleet.digest(i);
        }
        timed(
                () -> {
                    back = 0;
                    listed = 0;
                    opened = 0;
                    anew = 0;
                    publishers.forEach(Session::reckon);
                    subscribers.forEach(Session::reckon);
                },
                () -> true);
    }

    /** Waits until every session is back; gives when that was. */
    long awaitBack() throws IOException {
        return at(() -> {}, () -> back == fleet.publishers + fleet.subscribers);
    }

    /** Waits until every subscriber was told that what it knows holds, or a new list. */
    long awaitListed() throws IOException {
        return at(() -> {}, () -> listed == (long) fleet.subscribers * fleet.subscriptions);
    }

    /** Streams that were opened since the last {@link #reckon}: more than there are sessions if some broke. */
    long opened() {
        return opened;
    }

    /** Lists that were told as a whole since the last {@link #reckon}. */
    long anew() {
        return anew;
    }

    long emptyLists() {
        return emptyLists;
    }

    long refused() {
        return refused;
    }

    private double timed(Runnable begin, Condition condition) throws IOException {
        long start = System.nanoTime();
        return (at(begin, condition) - start) / 1e9;
    }

    private long at(Runnable begin, Condition condition) throws IOException {
        var reached = new CompletableFuture<Long>();
        thread.execute(() -> {
            goal = new Goal(condition, reached);
            begin.run();
            look();
        });
        return wait(reached);
    }

    private <T> T wait(CompletableFuture<T> future) throws IOException {
        try {
            return future.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | InterruptedException | TimeoutException e) {
            throw new IOException(
                    "the fleet waits: " + back + " sessions are back, " + listed + " lists are there, " + changesTold
                            + " changes are told, " + refused + " requests were refused",
                    e);
        }
    }

    private void look() {
        var wanted = goal;
        if (wanted != null && wanted.condition.holds()) {
            goal = null;
            wanted.reached.complete(System.nanoTime());
        }
    }

    /** One session of a publisher or a subscriber. */
    private final class Session implements LeanConnection.Listener {
        private final int number;
        private final boolean publishes;
        private final short[] known;
        private @Nullable LeanConnection connection;
        private @Nullable ByteString prepared;
        private int stream;
        private String id = "";
        private long asked = ALL;
        private final BitSet listedHere = new BitSet();
        private boolean isBack;
        private boolean open;

        Session(int number, boolean publishes) {
            this.number = number;
            this.publishes = publishes;
            this.known = new short[publishes ? 0 : fleet.subscriptions];
            if (comeFromElsewhere) {
                Arrays.fill(known, (short) fleet.each());
            }
            connect();
            thread.schedule(this::keepAlive, KEEP_ALIVE_MILLIS, TimeUnit.MILLISECONDS);
        }

        private void connect() {
            try {
                var mine = new LeanConnection(thread, port, _ -> ended());
                connection = mine;
                stream = mine.open(OurWire.STREAM, this);
            } catch (IOException e) {
                throw new IllegalStateException("no socket for session " + number, e);
            }
            say(ClientMessage.newBuilder()
                    .setOpen(Open.newBuilder()
                            .setSessionId(id)
                            .setClient((publishes ? "publisher-" : "subscriber-") + number)
                            .setLeaseMillis(LEASE_MILLIS)
                            .setSeveralUpdates(true))
                    .build()
                    .toByteString());
        }

        private void say(ByteString message) {
            if (connection != null) {
                connection.say(stream, message);
            }
        }

        private void keepAlive() {
            if (open) {
                say(ClientMessage.newBuilder()
                        .setRequestId(++asked)
                        .setKeepAlive(KeepAlive.getDefaultInstance())
                        .build()
                        .toByteString());
            }
            thread.schedule(this::keepAlive, KEEP_ALIVE_MILLIS, TimeUnit.MILLISECONDS);
        }

        void register(int endpoint) {
            prepared = null;
            say(ClientMessage.newBuilder()
                    .setRequestId(++asked)
                    .setRegister(Register.newBuilder().setEndpoint(fleet.endpoint(endpoint)))
                    .build()
                    .toByteString());
        }

        @Override
        public void heard(ByteString bytes) {
            ServerMessage message;
            try {
                message = ServerMessage.parseFrom(bytes);
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException("the server said what is no message", e);
            }
            switch (message.getMessageCase()) {
                case OPENED -> {
                    id = message.getOpened().getSessionId();
                    open = true;
                    opened++;
                    sayAll();
                }
                case ANSWER -> answered(message.getAnswer());
                case UPDATE -> updated(message.getUpdate());
                case UPDATES -> message.getUpdates().getUpdatesList().forEach(this::updated);
                case MESSAGE_NOT_SET -> throw new IllegalStateException("an empty message");
            }
        }

        void reckon() {
            isBack = false;
            listedHere.clear();
            prepared = all();
        }

        private void sayAll() {
            say(prepared == null ? all() : prepared);
        }

        /** All that it serves, or follows, as one message. */
        private ByteString all() {
            var message = ClientMessage.newBuilder().setRequestId(ALL);
            if (publishes) {
                message.setRegisterAll(RegisterAll.newBuilder().addAllEndpoints(fleet.of(number)));
            } else {
                var followed = SubscribeAll.newBuilder();
                for (int i = 0; i < fleet.subscriptions; i++) {
                    int service = fleet.subscribed(number, i);
                    var one = Subscribe.newBuilder().setService(Fleet.service(service));
                    if (known[i] > 0) {
                        one.setKnown(digests[service]);
                    }
                    followed.addSubscriptions(one);
                }
                message.setSubscribeAll(followed);
            }
            return message.build().toByteString();
        }

        private void answered(Answer answer) {
            if (answer.hasRefusal() || answer.getRefusedCount() > 0) {
                refused++;
                if (answer.getRequestId() == ALL) {
                    thread.schedule(this::sayAll, SAY_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
                }
            } else if (answer.getRequestId() == ALL && !isBack) {
                isBack = true;
                back++;
                look();
            }
        }

        private void updated(ServiceUpdate update) {
            int place = Math.floorMod(
                    numbers.getOrDefault(update.getService(), 0) - fleet.subscribed(number, 0), fleet.services);
            if (update.getUnchanged()) {
                listed(place);
                return;
            }
            if (update.getReset()) {
                anew++;
                known[place] = 0;
            }
            boolean list = update.getReset() || known[place] < fleet.each();
            if (list) {
                known[place] += (short) update.getEndpointsCount();
            } else {
                for (var endpoint : update.getEndpointsList()) {
                    told(Fleet.number(endpoint.getAddress()));
                }
            }
            known[place] -= (short) update.getRemovedCount();
            if (update.getComplete() && known[place] == 0) {
                emptyLists++;
            }
            if (update.getComplete() && known[place] == fleet.each()) {
                listed(place);
            }
            look();
        }

        /** It knows all of this service. */
        private void listed(int place) {
            if (!listedHere.get(place)) {
                listedHere.set(place);
                listed++;
                look();
            }
        }

        private void told(int endpoint) {
            if (untold[endpoint] > 0 && --untold[endpoint] == 0) {
                toTheLastNanos.recordValue(System.nanoTime() - changedNanos[endpoint]);
                changesTold++;
            }
        }

        /** The stream, or the connection. */
        @Override
        public void ended() {
            open = false;
            if (isBack) {
                isBack = false;
                back--;
            }
            listed -= listedHere.cardinality();
            listedHere.clear();
            if (connection != null) {
                connection.close();
                connection = null;
            }
            if (!closing) {
                // Not all at once.
                long spread = number * 61L % CONNECT_AGAIN_MILLIS;
                thread.schedule(this::connect, CONNECT_AGAIN_MILLIS / 2 + spread, TimeUnit.MILLISECONDS);
            }
        }
    }

    @Override
    public void close() {
        thread.execute(() -> closing = true);
        thread.close();
    }
}

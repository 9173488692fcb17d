package dev.plinth.simulator;

import dev.plinth.kernel.Coverage;
import dev.plinth.registry.door.grpc.RegistryDoor;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Endpoint;
import dev.plinth.wire.registry.v1.KeepAlive;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Opened;
import dev.plinth.wire.registry.v1.Refusal;
import dev.plinth.wire.registry.v1.Register;
import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import dev.plinth.wire.registry.v1.Subscribe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A client of the registry's door, as its protocol asks for one: it says everything again whenever it has connected again. */
final class RegistryClient {
    private static final int KEEP_ALIVES_PER_LEASE = 3;
    private static final int LINGERING_MAX = 3;
    private static final Duration RECONNECT_AFTER = Duration.ofMillis(300);

    private record Asked(ClientMessage.RequestCase request, int weight, long at) {}

    private final int id;
    private final String service;
    private final String address;
    private final String subscribed;
    private final Random random;
    private final Coverage coverage;
    private final LongSupplier time;

    /** Always the same: who asks for a shorter one shortens what was promised before. */
    private final Duration lease;

    private boolean up = true;
    private @Nullable Line line;
    private final List<Line> lingering = new ArrayList<>();
    private String sessionId = "";
    private boolean opened;
    private long openSentAt;
    private long incarnation;
    private long lastSentAt;
    private long notBefore;
    private long requests;
    private final Map<Long, Asked> open = new HashMap<>();

    /** Grows with each registration, through all lives of the client. */
    private int weight;

    private int weightAnswered;
    private long vouchedUntil;

    private final TreeMap<String, Integer> seen = new TreeMap<>();
    private final TreeMap<String, Integer> coming = new TreeMap<>();
    private boolean listing;
    private long revision;
    private long revisionOf;
    private final Map<String, Integer> highest = new HashMap<>();
    private @Nullable AssertionError violation;

    RegistryClient(
            int id,
            String service,
            String address,
            String subscribed,
            Random random,
            Coverage coverage,
            LongSupplier time) {
        this.time = time;
        this.lease = Duration.ofMillis(3_000 + random.nextInt(4_000));
        this.id = id;
        this.service = service;
        this.address = address;
        this.subscribed = subscribed;
        this.random = random;
        this.coverage = coverage;
    }

    int id() {
        return id;
    }

    String service() {
        return service;
    }

    String address() {
        return address;
    }

    String subscribed() {
        return subscribed;
    }

    int weightAnswered() {
        return weightAnswered;
    }

    /** What it knows of the service that it watches. */
    Map<String, Integer> seen() {
        return new TreeMap<>(seen);
    }

    Optional<Line> line() {
        return Optional.ofNullable(line);
    }

    /** The line, or one that it gave up and whose last messages may still arrive. */
    Optional<Line> someLine(Random draw) {
        return lingering.isEmpty() || draw.nextInt(3) > 0
                ? line()
                : Optional.of(lingering.get(draw.nextInt(lingering.size())));
    }

    void throwViolation() {
        if (violation != null) {
            throw violation;
        }
    }

    private void check(boolean holds, String otherwise) {
        if (!holds && violation == null) {
            violation = new AssertionError(this + ": " + otherwise);
        }
    }

    /** Whether what it was answered about its endpoint must hold now, in this incarnation. */
    boolean reliesOn(long now, long ofIncarnation) {
        return up && weightAnswered > 0 && incarnation == ofIncarnation && now < vouchedUntil;
    }

    Set<String> states(long now, long ofIncarnation) {
        Set<String> states = new HashSet<>();
        if (!up) {
            states.add("client down");
        } else if (line == null) {
            states.add("client without a line");
        } else if (!opened) {
            states.add("session opening");
        }
        if (reliesOn(now, ofIncarnation)) {
            states.add("endpoint served");
        }
        if (!open.isEmpty()) {
            states.add("request under way");
        }
        if (line != null && line.hangs()) {
            states.add("line hangs");
        }
        if (listing) {
            states.add("list under way");
        }
        return states;
    }

    /** The process is gone. The server notices, or does not. */
    void kill(boolean noticed) {
        up = false;
        if (line != null) {
            if (noticed) {
                line.clientGone();
            } else {
                line.hang(true);
            }
        }
        forget();
        sessionId = "";
        highest.clear();
        coverage.event("client killed");
    }

    void start(long now) {
        up = true;
        notBefore = now;
    }

    /** The server's process is gone, and all lines to it. */
    void serverGone() {
        line().ifPresent(Line::serverGone);
        lingering.clear();
    }

    private void forget() {
        line = null;
        opened = false;
        open.clear();
        seen.clear();
        coming.clear();
        listing = false;
        revision = 0;
    }

    void act(long now, RegistryDoor door, boolean calm) {
        if (!up) {
            return;
        }
        if (line == null) {
            if (now >= notBefore) {
                connect(now, door);
            }
            return;
        }
        if (!opened) {
            return;
        }
        boolean silent = now - lastSentAt > lease.toNanos() / KEEP_ALIVES_PER_LEASE;
        boolean unheard = open.values().stream().anyMatch(asked -> now - asked.at() > lease.toNanos() / 2);
        if (unheard) {
            // It gives the line up, and the server may not notice for long.
            coverage.event("line given up");
            if (random.nextBoolean()) {
                line.clientGone();
            } else {
                line.abandon();
                lingering.add(line);
                if (lingering.size() > LINGERING_MAX) {
                    lingering.removeFirst().clientGone();
                }
            }
            broken(now);
        } else if (weightAnswered == 0 && open.values().stream().noneMatch(this::registers)) {
            register(now);
        } else if (silent) {
            send(now, ClientMessage.newBuilder().setKeepAlive(KeepAlive.getDefaultInstance()), 0);
        } else if (!calm && random.nextInt(6) == 0) {
            register(now);
        }
    }

    private boolean registers(Asked asked) {
        return asked.request() == ClientMessage.RequestCase.REGISTER;
    }

    private void connect(long now, RegistryDoor door) {
        var connected = new Line(coverage, this::received, () -> broken(time.getAsLong()));
        line = connected;
        connected.open(door);
        openSentAt = now;
        lastSentAt = now;
        coverage.command(Open.getDefaultInstance());
        connected.send(ClientMessage.newBuilder()
                .setOpen(Open.newBuilder()
                        .setSessionId(sessionId)
                        .setClient("client-" + id)
                        .setLeaseMillis((int) lease.toMillis())
                        .setSeveralUpdates(id % 2 == 0))
                .build());
    }

    private void broken(long now) {
        forget();
        notBefore = now + random.nextLong(RECONNECT_AFTER.toNanos());
    }

    private void register(long now) {
        weight++;
        send(
                now,
                ClientMessage.newBuilder()
                        .setRegister(Register.newBuilder()
                                .setEndpoint(Endpoint.newBuilder()
                                        .setService(service)
                                        .setProtocol("bolt")
                                        .setAddress(address)
                                        .setWeight(weight))),
                weight);
    }

    private void send(long now, ClientMessage.Builder message, int withWeight) {
        requests++;
        lastSentAt = now;
        var sent = message.setRequestId(requests).build();
        open.put(requests, new Asked(sent.getRequestCase(), withWeight, now));
        coverage.command(
                switch (sent.getRequestCase()) {
                    case REGISTER -> sent.getRegister();
                    case SUBSCRIBE -> sent.getSubscribe();
                    default -> sent.getKeepAlive();
                });
        line.send(sent);
    }

    // ---- what the server says

    private void received(ServerMessage message) {
        switch (message.getMessageCase()) {
            case OPENED -> opened(message.getOpened());
            case ANSWER -> {
                check(opened, "an answer came before the session was opened");
                var answer = message.getAnswer();
                var asked = open.remove(answer.getRequestId());
                check(asked != null, "request " + answer.getRequestId() + " was answered, which is not open");
                if (asked != null) {
                    answered(asked, answer.hasRefusal() ? answer.getRefusal() : null);
                }
            }
            case UPDATE -> updated(message.getUpdate());
            case UPDATES -> message.getUpdates().getUpdatesList().forEach(this::updated);
            case MESSAGE_NOT_SET -> check(false, "an empty message came");
        }
    }

    private void opened(Opened answer) {
        check(!opened, "the session was opened twice");
        coverage.entry();
        coverage.outcome(answer);
        opened = true;
        if (answer.getResumed()) {
            check(answer.getSessionId().equals(sessionId), "another session was resumed");
            coverage.event("session resumed");
        } else {
            check(
                    incarnation != answer.getIncarnation() || sessionId.isEmpty() || time.getAsLong() >= vouchedUntil,
                    "its session was not over, and could not be resumed");
            weightAnswered = 0;
            vouchedUntil = 0;
        }
        if (incarnation != answer.getIncarnation()) {
            highest.clear();
        }
        incarnation = answer.getIncarnation();
        sessionId = answer.getSessionId();
        vouch(openSentAt);
        register(time.getAsLong());
        send(
                time.getAsLong(),
                ClientMessage.newBuilder().setSubscribe(Subscribe.newBuilder().setService(subscribed)),
                0);
    }

    private void vouch(long sentAt) {
        // The server's time may be slewed by a hundredth.
        vouchedUntil = Math.max(vouchedUntil, sentAt + lease.toNanos() / 10 * 9);
    }

    private void answered(Asked asked, @Nullable Refusal refusal) {
        coverage.entry();
        if (refusal == null) {
            coverage.outcome(dev.plinth.wire.registry.v1.Answer.getDefaultInstance());
            vouch(asked.at());
            if (registers(asked)) {
                weightAnswered = Math.max(weightAnswered, asked.weight());
            }
            return;
        }
        coverage.event("refused " + refusal.getCode());
        switch (refusal.getCode()) {
            case DUPLICATE -> vouch(asked.at());
            case SESSION_EXPIRED -> {
                weightAnswered = 0;
                vouchedUntil = 0;
            }
            default -> check(refusal.getCode() == Refusal.Code.SESSION_SUPERSEDED, "it was refused: " + refusal);
        }
    }

    private void updated(ServiceUpdate update) {
        check(update.getService().equals(subscribed), "an update of " + update.getService());
        check(
                revisionOf != incarnation || update.getRevision() >= revision,
                "it was told of revision " + update.getRevision() + " after " + revision);
        revision = update.getRevision();
        revisionOf = incarnation;
        if (update.getReset()) {
            coming.clear();
            listing = true;
        }
        var into = listing ? coming : seen;
        for (var endpoint : update.getEndpointsList()) {
            into.put(endpoint.getAddress(), endpoint.getWeight());
            int before = highest.merge(endpoint.getAddress(), endpoint.getWeight(), Math::max);
            boolean quarrelled = endpoint.getAddress().startsWith("10.0.0.0:");
            check(
                    quarrelled || endpoint.getWeight() >= before,
                    "it was told of weight " + endpoint.getWeight() + " of " + endpoint.getAddress() + " after "
                            + before);
        }
        update.getRemovedList().forEach(name -> into.remove(name.getAddress()));
        if (listing && update.getComplete()) {
            listing = false;
            seen.clear();
            seen.putAll(coming);
        }
    }

    @Override
    public String toString() {
        return "client-" + id + (up ? "" : " (down)") + (line == null ? " without a line" : opened ? "" : " opening");
    }
}

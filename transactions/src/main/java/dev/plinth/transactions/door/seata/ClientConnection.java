package dev.plinth.transactions.door.seata;

import dev.plinth.kernel.Refused;
import dev.plinth.transactions.Coordinator;
import dev.plinth.wire.seata.SeataFormatException;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import dev.plinth.wire.seata.SeataMessage.Request;
import dev.plinth.wire.seata.SeataMessage.Response;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.timeout.IdleStateEvent;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client's channel: who it is, what is on its way, and what it may still ask. */
final class ClientConnection extends ChannelInboundHandlerAdapter {
    /*
     * Everything here happens on the channel's event loop, but for what SeataParticipants asks of it on the engine's thread; those
     * methods touch only what the channel itself guards, and two volatiles.
     *
     * A request counts as in flight until its answer is written, so the bound holds for what waits to be sent, too.
     */
    private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);

    /** What this door answers as its version: the release of Seata whose server it behaves like. */
    static final String SEATA_VERSION = "2.6.0";

    private final Coordinator coordinator;
    private final ClientRequests requests;
    private final SeataParticipants participants;
    private final Set<String> resources = new LinkedHashSet<>();
    private int inFlight;
    private int brokenFrames;

    /** Written on the event loop; read by the engine's thread, which must see the channel once it is open. */
    private volatile @Nullable ChannelHandlerContext context;

    /** As {@link #context}. */
    private volatile @Nullable Client client;

    ClientConnection(Coordinator coordinator, ClientRequests requests, SeataParticipants participants) {
        this.coordinator = coordinator;
        this.requests = requests;
        this.participants = participants;
    }

    // What SeataParticipants asks, on any thread.

    Optional<Client> client() {
        return Optional.ofNullable(client);
    }

    boolean open() {
        return channel().channel().isActive();
    }

    boolean writable() {
        return channel().channel().isWritable();
    }

    EventLoop eventLoop() {
        return channel().channel().eventLoop();
    }

    void send(SeataFrame frame) {
        send(frame, _ -> {});
    }

    /** @param written told of the failure, if it was one, once the bytes are handed to the system; on the event loop */
    void send(SeataFrame frame, Consumer<Optional<Throwable>> written) {
        var _ = channel().writeAndFlush(frame).addListener(sent -> {
            if (!sent.isSuccess() && open()) {
                log.warn("{} could not be sent {}", this, frame, sent.cause());
            }
            written.accept(Optional.ofNullable(sent.cause()));
        });
    }

    private void close() {
        var _ = channel().close();
    }

    private ChannelHandlerContext channel() {
        var now = context;
        if (now == null) {
            throw new IllegalStateException("the connection is not open yet");
        }
        return now;
    }

    // What the channel says, on its event loop.

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelInactive(ChannelHandlerContext closed) {
        participants.gone(this, resources);
        if (client != null) {
            log.info("{} left", this);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext on, Object event) {
        if (event instanceof IdleStateEvent) {
            log.info("{} sent nothing for too long, not even a heartbeat: its connection is closed", this);
            close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext on, Throwable cause) {
        log.warn("{}: its connection is closed", this, cause);
        close();
    }

    @Override
    public void channelRead(ChannelHandlerContext on, Object read) {
        switch (read) {
            case SeataFormatException broken ->
                broken(String.valueOf(broken.getMessage()), broken.survivable() && !foreign(broken));
            case SeataFrame frame -> take(frame);
            default -> throw new IllegalStateException("neither a frame nor an error: " + read);
        }
    }

    private void take(SeataFrame frame) {
        switch (frame.kind()) {
            case HEARTBEAT_REQUEST -> {
                if (writable()) {
                    // A client that pings and never reads would fill our memory with answers.
                    send(SeataFrame.pong(frame.requestId()));
                }
            }
            case HEARTBEAT_RESPONSE -> {}
            // One way is how clients send merged messages and registrations; they wait for the answers all the same.
            case REQUEST, ONE_WAY -> asked(frame.requestId(), frame.message());
            case RESPONSE -> {
                if (frame.message() instanceof SeataMessage.BranchEndResponse answer) {
                    participants.answered(frame.requestId(), answer);
                } else {
                    unexpected(frame);
                }
            }
        }
    }

    private void asked(int requestId, SeataMessage message) {
        switch (message) {
            case SeataMessage.RegisterTMRequest register ->
                registered(
                        requestId,
                        register.version(),
                        register.applicationId(),
                        register.transactionServiceGroup(),
                        Set.of(),
                        SeataMessage.RegisterTMResponse::new);
            case SeataMessage.RegisterRMRequest register ->
                registered(
                        requestId,
                        register.version(),
                        register.applicationId(),
                        register.transactionServiceGroup(),
                        resourcesOf(register),
                        SeataMessage.RegisterRMResponse::new);
            case Request request -> asked(requestId, List.of(request), List.of(requestId));
            case SeataMessage.MergedRequest merged -> asked(requestId, merged);
            case Response _,
                    SeataMessage.BranchEndRequest _,
                    SeataMessage.UndoLogDeleteRequest _,
                    SeataMessage.MergedResponse _,
                    SeataMessage.BatchResponse _,
                    SeataMessage.Heartbeat _ -> unexpected(SeataFrame.request(requestId, message));
        }
    }

    private void asked(int requestId, SeataMessage.MergedRequest merged) {
        List<Request> parts = new ArrayList<>();
        for (SeataMessage part : merged.messages()) {
            if (!(part instanceof Request request)) {
                unexpected(SeataFrame.oneWay(requestId, part));
                return;
            }
            parts.add(request);
        }
        var ids = merged.ids();
        boolean oneByOne =
                !ids.isEmpty() && client().filter(Client::splitsMerged).isPresent();
        if (oneByOne) {
            asked(requestId, parts, ids);
        } else {
            askedTogether(requestId, parts);
        }
    }

    private void asked(int frameId, List<Request> parts, List<Integer> ids) {
        var asking = identified(frameId);
        if (asking.isEmpty()) {
            return;
        }
        for (int i = 0; i < parts.size(); i++) {
            int id = ids.get(i);
            var request = parts.get(i);
            inFlight++;
            var _ = answer(request, asking.get())
                    .whenCompleteAsync(
                            (response, failure) -> {
                                if (response == null) {
                                    inFlight--;
                                    unanswered(request, failure);
                                } else {
                                    send(SeataFrame.response(id, response), _ -> inFlight--);
                                }
                            },
                            eventLoop());
        }
    }

    private void askedTogether(int requestId, List<Request> parts) {
        var asking = identified(requestId);
        if (asking.isEmpty()) {
            return;
        }
        int count = parts.size();
        var answers = new ArrayList<CompletableFuture<Response>>();
        for (Request part : parts) {
            inFlight++;
            answers.add(answer(part, asking.get()));
        }
        var _ = CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .whenCompleteAsync(
                        (_, failure) -> {
                            if (failure != null) {
                                inFlight -= count;
                                unanswered(parts.getFirst(), failure);
                                return;
                            }
                            var responses = answers.stream()
                                    .map(CompletableFuture::join)
                                    .toList();
                            send(
                                    SeataFrame.response(requestId, new SeataMessage.MergedResponse(responses)),
                                    _ -> inFlight -= count);
                        },
                        eventLoop());
    }

    /** Empty, and the connection closed, if the client did not say who it is: that is how Seata's server takes it. */
    private Optional<Client> identified(int requestId) {
        var known = client();
        if (known.isEmpty()) {
            broken("request " + requestId + " came before a registration (RegisterTM or RegisterRM)", false);
        }
        return known;
    }

    private CompletableFuture<Response> answer(Request request, Client asking) {
        if (inFlight > DoorLimits.IN_FLIGHT_MAX) {
            return ClientRequests.refuse(
                    request,
                    Refused.overloaded(
                            DoorLimits.IN_FLIGHT_MAX + " requests of this connection have no answer yet",
                            DoorLimits.RETRY_DEFAULT));
        }
        boolean decision = request instanceof SeataMessage.GlobalCommitRequest
                || request instanceof SeataMessage.GlobalRollbackRequest;
        return decision
                ? decide(request, asking, System.nanoTime() + DoorLimits.DECISION_RETRY_MAX.toNanos())
                : requests.ask(request, asking);
    }

    /** Proposes a decision again while the coordinator is overloaded: the client would take a refusal for success. */
    private CompletableFuture<Response> decide(Request request, Client asking, long deadlineNanos) {
        return requests.ask(request, asking).exceptionallyCompose(failure -> {
            var refusal = ClientRequests.refusal(failure);
            var after = refusal.retryAfter().orElse(DoorLimits.RETRY_DEFAULT);
            if (refusal.code() != Refused.Code.OVERLOADED || System.nanoTime() + after.toNanos() > deadlineNanos) {
                return CompletableFuture.failedFuture(refusal);
            }
            return later(after).thenCompose(_ -> decide(request, asking, deadlineNanos));
        });
    }

    private CompletableFuture<Void> later(Duration after) {
        var due = new CompletableFuture<Void>();
        var _ = eventLoop().schedule(() -> due.complete(null), after.toNanos(), TimeUnit.NANOSECONDS);
        return due;
    }

    private void unanswered(Request request, Throwable failure) {
        log.warn(
                "{}: {} is left without an answer, so that the client asks again: {}",
                this,
                request,
                failure.toString());
    }

    private interface RegistrationAnswer {
        SeataMessage of(boolean identified, String version);
    }

    private void registered(
            int requestId,
            String version,
            String applicationId,
            String serviceGroup,
            Set<String> more,
            RegistrationAnswer answer) {
        if (resources.size() + more.size() > DoorLimits.RESOURCES_MAX) {
            log.warn("{} asks to serve more than {} resources and is refused", this, DoorLimits.RESOURCES_MAX);
            send(SeataFrame.response(requestId, answer.of(false, SEATA_VERSION)));
            return;
        }
        var remote = (InetSocketAddress) channel().channel().remoteAddress();
        if (client == null) {
            client = Client.of(version, applicationId, serviceGroup, remote);
            log.info("{} of Seata {} is here", this, version);
        }
        resources.addAll(more);
        participants.serves(this, more);
        send(SeataFrame.response(requestId, answer.of(true, SEATA_VERSION)));
        if (!more.isEmpty()) {
            log.info("{} serves {}", this, more);
            coordinator.participantBack(Set.copyOf(more));
        }
    }

    private static Set<String> resourcesOf(SeataMessage.RegisterRMRequest register) {
        var named = new LinkedHashSet<>(Arrays.asList(register.resourceIds().split(",")));
        named.remove("");
        return named;
    }

    /** Whether the client is set to a dialect that nobody here speaks: it would wait for each answer in vain, so it is told at once. */
    private static boolean foreign(SeataFormatException broken) {
        return broken.code() == SeataFormatException.Code.SERIALIZER
                || broken.code() == SeataFormatException.Code.COMPRESSOR;
    }

    private void unexpected(SeataFrame frame) {
        broken("request " + frame.requestId() + ": a client does not send " + frame.message(), true);
    }

    private void broken(String what, boolean survivable) {
        brokenFrames++;
        boolean close = !survivable || brokenFrames >= DoorLimits.BROKEN_FRAMES_MAX;
        log.warn("{}: {}{}", this, what, close ? "; its connection is closed" : "");
        if (close) {
            close();
        }
    }

    @Override
    public String toString() {
        return client().map(known -> "client " + known.id())
                .orElseGet(() -> "unknown client " + channel().channel().remoteAddress());
    }
}

package dev.plinth.registry.door.grpc;

import dev.plinth.kernel.Refused;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Listing;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.registry.ServiceSummary;
import dev.plinth.registry.SessionId;
import dev.plinth.registry.door.EndpointMessages;
import dev.plinth.wire.registry.v1.Answer;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Opened;
import dev.plinth.wire.registry.v1.Refusal;
import dev.plinth.wire.registry.v1.ServerMessage;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Turns messages into commands, and outcomes into messages. What is no sound command is an IllegalArgumentException. */
final class Messages {
    private Messages() {}

    static RegistryCommand.Open command(Open open) {
        var lease = open.getLeaseMillis() == 0
                ? RegistryLimits.LEASE_DEFAULT
                : Duration.ofMillis(Integer.toUnsignedLong(open.getLeaseMillis()));
        return new RegistryCommand.Open(open.getClient(), lease, sessionId(open.getSessionId()));
    }

    private static Optional<SessionId> sessionId(String text) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        int dash = text.indexOf('-');
        try {
            return Optional.of(new SessionId(
                    Long.parseUnsignedLong(text, 0, Math.max(dash, 0), 16),
                    Long.parseLong(text, dash + 1, text.length(), 10)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "session_id is not what a registry gave out: expected it as it was, or empty", e);
        }
    }

    static String text(SessionId session) {
        return Long.toHexString(session.server()) + "-" + session.number();
    }

    /** A request within a session. */
    static RegistryCommand.OfSession command(ClientMessage message, Hold hold) {
        return switch (message.getRequestCase()) {
            case KEEP_ALIVE -> new RegistryCommand.KeepAlive(hold);
            case REGISTER ->
                new RegistryCommand.Register(
                        hold, EndpointMessages.endpoint(message.getRegister().getEndpoint()));
            case DEREGISTER -> {
                var name = message.getDeregister();
                yield new RegistryCommand.Deregister(
                        hold, new EndpointName(name.getService(), name.getProtocol(), name.getAddress()));
            }
            case SUBSCRIBE ->
                new RegistryCommand.Subscribe(hold, message.getSubscribe().getService());
            case UNSUBSCRIBE ->
                new RegistryCommand.Unsubscribe(hold, message.getUnsubscribe().getService());
            case CLOSE -> new RegistryCommand.Close(hold);
            case OPEN -> throw new IllegalArgumentException("open came a second time: expected it once in a stream");
            case REGISTER_ALL, SUBSCRIBE_ALL -> throw new IllegalArgumentException("many requests are not one");
            case REQUEST_NOT_SET ->
                throw new IllegalArgumentException("request is not set, or is one that this release does not know");
        };
    }

    /** The requests of a message that has many. */
    static List<Several.Item> items(ClientMessage message, Hold hold) {
        List<Several.Item> items = new ArrayList<>();
        for (var endpoint : message.getRegisterAll().getEndpointsList()) {
            items.add(item(() -> new RegistryCommand.Register(hold, EndpointMessages.endpoint(endpoint)), null));
        }
        for (var subscribe : message.getSubscribeAll().getSubscriptionsList()) {
            items.add(item(
                    () -> new RegistryCommand.Subscribe(hold, subscribe.getService()),
                    subscribe.hasKnown() ? (Long) subscribe.getKnown() : null));
        }
        return items;
    }

    private static Several.Item item(Supplier<RegistryCommand.OfSession> command, @Nullable Long knows) {
        try {
            return Several.Item.of(command.get(), knows);
        } catch (IllegalArgumentException e) {
            return Several.Item.unsound(String.valueOf(e.getMessage()));
        }
    }

    /** Why one of many requests was refused; empty if it was not. */
    static Optional<Refusal> refusal(Several.Item item, Several.Result result) {
        if (item.command() == null) {
            return Optional.of(refusal(Refusal.Code.INVALID, item.unsound(), Optional.empty()));
        }
        if (result.refused() != null) {
            return Optional.of(refusal(result.refused()));
        }
        return result.outcome() instanceof RegistryOutcome.Denied denied
                ? Optional.of(refusal(code(denied.reason()), denied.message(), denied.retryAfter()))
                : Optional.empty();
    }

    static dev.plinth.wire.registry.v1.EndpointName message(EndpointName name) {
        return dev.plinth.wire.registry.v1.EndpointName.newBuilder()
                .setProtocol(name.protocol())
                .setAddress(name.address())
                .build();
    }

    static dev.plinth.wire.registry.v1.Registration message(Listing listing) {
        var registration = listing.registration();
        return dev.plinth.wire.registry.v1.Registration.newBuilder()
                .setEndpoint(EndpointMessages.message(registration.endpoint()))
                .setSessionId(text(registration.session()))
                .setClient(registration.client())
                .setSinceMillis(registration.sinceMillis())
                .setConnected(listing.connected())
                .build();
    }

    static dev.plinth.wire.registry.v1.ServiceSummary message(ServiceSummary summary) {
        return dev.plinth.wire.registry.v1.ServiceSummary.newBuilder()
                .setName(summary.name())
                .setEndpoints(summary.endpoints())
                .putAllEndpointsByCell(summary.endpointsByCell())
                .build();
    }

    static ServerMessage opened(RegistryOutcome.Opened opened, long incarnation) {
        return ServerMessage.newBuilder()
                .setOpened(Opened.newBuilder()
                        .setSessionId(text(opened.hold().session()))
                        .setLeaseMillis((int) opened.lease().toMillis())
                        .setResumed(opened.resumed())
                        .setIncarnation(incarnation)
                        .setSettlingMillis((int) opened.settling().toMillis()))
                .build();
    }

    static ServerMessage done(long requestId) {
        return ServerMessage.newBuilder()
                .setAnswer(Answer.newBuilder().setRequestId(requestId))
                .build();
    }

    static ServerMessage refusal(long requestId, Refusal refusal) {
        return ServerMessage.newBuilder()
                .setAnswer(Answer.newBuilder().setRequestId(requestId).setRefusal(refusal))
                .build();
    }

    static ServerMessage refusal(long requestId, Refusal.Code code, String message, Optional<Duration> retryAfter) {
        return refusal(requestId, refusal(code, message, retryAfter));
    }

    static ServerMessage refusal(long requestId, Refused refused) {
        return refusal(requestId, refusal(refused));
    }

    private static Refusal refusal(Refusal.Code code, String message, Optional<Duration> retryAfter) {
        return Refusal.newBuilder()
                .setCode(code)
                .setMessage(message)
                .setRetryAfterMillis((int) retryAfter.orElse(Duration.ZERO).toMillis())
                .build();
    }

    /** What the kernel refuses in a soft partition: it is overloaded, or it has stopped. */
    static Refusal refusal(Refused refused) {
        var code = refused.code() == Refused.Code.OVERLOADED ? Refusal.Code.OVERLOADED : Refusal.Code.STOPPED;
        return refusal(code, String.valueOf(refused.getMessage()), refused.retryAfter());
    }

    static Refusal.Code code(RegistryOutcome.Reason reason) {
        return switch (reason) {
            case DUPLICATE -> Refusal.Code.DUPLICATE;
            case OVERLOADED -> Refusal.Code.OVERLOADED;
            case SESSION_EXPIRED -> Refusal.Code.SESSION_EXPIRED;
            case SESSION_SUPERSEDED -> Refusal.Code.SESSION_SUPERSEDED;
        };
    }

    static Status status(Refused refused) {
        var status = refused.code() == Refused.Code.OVERLOADED ? Status.RESOURCE_EXHAUSTED : Status.UNAVAILABLE;
        return status.withDescription(refused.getMessage());
    }
}

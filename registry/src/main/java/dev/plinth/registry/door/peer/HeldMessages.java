package dev.plinth.registry.door.peer;

import dev.plinth.registry.Claim;
import dev.plinth.registry.Registration;
import dev.plinth.registry.SessionId;
import dev.plinth.registry.door.EndpointMessages;
import dev.plinth.wire.registry.v1.HeldRegistration;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Registrations as servers tell each other of them. */
final class HeldMessages {
    private HeldMessages() {}

    static HeldRegistration message(Registration registration) {
        var claim = registration.claim();
        var message = HeldRegistration.newBuilder()
                .setEndpoint(EndpointMessages.message(registration.endpoint()))
                .setSession(registration.session().number())
                .setClient(registration.client())
                .setSinceMillis(registration.sinceMillis())
                .setVersion(registration.version())
                .setClaimedMillis(claim.since().toEpochMilli())
                .setConnected(claim.connected())
                .setLeaseMillis((int) claim.lease().toMillis());
        claim.movedFrom()
                .ifPresent(
                        session -> message.setMovedFromServer(session.server()).setMovedFromSession(session.number()));
        return message.build();
    }

    /** Throws IllegalArgumentException if it is no sound registration. */
    static Registration registration(HeldRegistration message, long server) {
        var movedFrom = message.getMovedFromSession() == 0
                ? Optional.<SessionId>empty()
                : Optional.of(new SessionId(message.getMovedFromServer(), message.getMovedFromSession()));
        return new Registration(
                EndpointMessages.endpoint(message.getEndpoint()),
                new SessionId(server, message.getSession()),
                message.getClient(),
                message.getSinceMillis(),
                message.getVersion(),
                new Claim(
                        Instant.ofEpochMilli(message.getClaimedMillis()),
                        message.getConnected(),
                        Duration.ofMillis(Integer.toUnsignedLong(message.getLeaseMillis())),
                        movedFrom));
    }
}

package dev.plinth.registry;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a door asks of the registry. Each may be repeated, and changes nothing the second time. */
public sealed interface RegistryCommand {

    /**
     * Opens a session for a stream, or gives the stream hold of the one that its client had.
     *
     * @param client who it is, for people to read
     * @param lease how long the session lives without a sign of life
     * @param resume the session that the client had: to go on with if it is of this server and still lives; if it is another
     *     server's, that one gives up the endpoints that this session takes over
     * @param standIn whether it vouches for endpoints in place of their own processes: those take them over at any time
     */
    record Open(String client, Duration lease, Optional<SessionId> resume, boolean standIn) implements RegistryCommand {
        public Open(String client, Duration lease, Optional<SessionId> resume) {
            this(client, lease, resume, false);
        }

        public Open {
            Form.client(client);
            if (lease.compareTo(RegistryLimits.LEASE_MIN) < 0 || lease.compareTo(RegistryLimits.LEASE_MAX) > 0) {
                throw new IllegalArgumentException("lease is " + lease.toMillis() + " ms: expected "
                        + RegistryLimits.LEASE_MIN.toMillis() + " to " + RegistryLimits.LEASE_MAX.toMillis());
            }
        }
    }

    /** A command within a session. It renews the lease. */
    sealed interface OfSession extends RegistryCommand {
        Hold hold();
    }

    /** Commands of the same session, one after the other and nothing between; the answer is {@link RegistryOutcome.Batch}. */
    record Batch(Hold hold, List<OfSession> commands) implements OfSession {
        public Batch {
            commands = List.copyOf(commands);
            for (var command : commands) {
                if (!command.hold().equals(hold) || command instanceof Batch || command instanceof Close) {
                    throw new IllegalArgumentException("a batch of " + hold + " has " + command
                            + ": expected single commands of the same, and no end");
                }
            }
        }
    }

    record KeepAlive(Hold hold) implements OfSession {}

    /** The session serves this endpoint; if it did before, weight and metadata are these now. */
    record Register(Hold hold, Endpoint endpoint) implements OfSession {}

    record Deregister(Hold hold, EndpointName name) implements OfSession {}

    /** The session's stream is about to watch a service. */
    record Subscribe(Hold hold, String service) implements OfSession {
        public Subscribe {
            Form.service(service);
        }
    }

    record Unsubscribe(Hold hold, String service) implements OfSession {
        public Unsubscribe {
            Form.service(service);
        }
    }

    /** The session ends now. */
    record Close(Hold hold) implements OfSession {}

    /** The stream broke. The session lives on until its lease is over; its subscriptions were the stream's. */
    record Detach(Hold hold) implements RegistryCommand {}

    /** From now on people say this of endpoints, and nothing else. */
    record Obey(List<Rule> rules) implements RegistryCommand {
        public Obey {
            rules = List.copyOf(rules);
        }
    }

    /** A command about what another server's sessions vouch for. */
    sealed interface OfPeer extends RegistryCommand {
        /** The incarnation of that server's registry. */
        long server();
    }

    /**
     * The server is heard.
     *
     * @param direct whether it tells itself, or a third server that hears it
     * @param ago how long ago what is about to be told was what it had
     * @param buckets those of its registrations that it is about to tell anew, as {@link Digests} counts them
     */
    record PeerBegins(long server, boolean direct, Duration ago, List<Integer> buckets) implements OfPeer {
        public PeerBegins {
            buckets = List.copyOf(buckets);
        }
    }

    /**
     * What the server told.
     *
     * @param gone endpoints that none of its sessions serves any more
     * @param complete whether the buckets that it was about to tell are told
     */
    record PeerTells(long server, List<Registration> held, List<EndpointName> gone, boolean complete)
            implements OfPeer {
        public PeerTells {
            held = List.copyOf(held);
            gone = List.copyOf(gone);
            for (var registration : held) {
                if (registration.session().server() != server) {
                    throw new IllegalArgumentException(registration.endpoint().name() + " is held by "
                            + registration.session() + ": expected a session of the server that tells");
                }
            }
        }
    }

    /**
     * The copy is what the server itself has.
     *
     * @param ago how long ago that was so
     */
    record PeerHeard(long server, Duration ago) implements OfPeer {}

    /** Nothing is heard of the server. What it told holds for its lease since it was heard last, unless it is heard again. */
    record PeerLost(long server) implements OfPeer {}
}

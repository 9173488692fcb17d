package dev.plinth.registry;

import dev.plinth.kernel.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What people are shown of the endpoints: which there are, how each stands, and why one is not there. Changes nothing. */
final class Sights {
    private final long server;
    private final Sessions sessions;
    private final Claims claims;
    private final Departures departures;

    Sights(long server, Sessions sessions, Claims claims, Departures departures) {
        this.server = server;
        this.sessions = sessions;
        this.claims = claims;
        this.departures = departures;
    }

    /** As {@link Directory#registrations}: those that callers are shown, with how each session stands. */
    Page<Listing> listings(Optional<String> service, Optional<String> cell, String after, int limit, Rules rules) {
        var page = claims.directory().registrations(service, cell, after, limit, rules::served);
        return new Page<>(
                page.items().stream()
                        .map(registration -> new Listing(registration, connected(registration)))
                        .toList(),
                page.more());
    }

    /** Looks at no more than {@link RegistryLimits#SEARCHED_MAX} endpoints after {@code after}, and finds no more than {@code limit}. */
    Found search(Search search, String after, int limit, Rules rules) {
        List<Sight> sights = new ArrayList<>();
        int most = Math.clamp(limit, 1, Limits.READ_ITEMS_MAX);
        var looked = new Object() {
            int count;
            String last = after;
            boolean more;
        };
        claims.directory().visit("", after, one -> {
            if (looked.count == RegistryLimits.SEARCHED_MAX || sights.size() == most) {
                looked.more = true;
                return false;
            }
            looked.count++;
            looked.last = one.endpoint().name().key();
            if (search.fits(one.endpoint())) {
                sights.add(sight(one, rules));
            }
            return true;
        });
        return new Found(List.copyOf(sights), looked.more ? looked.last : "");
    }

    /** Also of an endpoint that callers are not shown, or that is gone. */
    Whereabouts whereabouts(String service, String address, Rules rules) {
        List<Sight> sights = new ArrayList<>();
        claims.directory().visit(EndpointName.prefix(service), "", one -> {
            if (one.endpoint().name().address().equals(address)) {
                sights.add(sight(one, rules));
            }
            return true;
        });
        return new Whereabouts(
                List.copyOf(sights), sights.isEmpty() ? departures.find(service, address) : Optional.empty());
    }

    private Sight sight(Registration registration, Rules rules) {
        long of = registration.session().server();
        var name = registration.endpoint().name();
        boolean isKept = of == server
                ? sessions.holder(registration).kept
                : claims.copy(of).filter(held -> held.keeps(name)).isPresent();
        return new Sight(registration, connected(registration), isKept, rules.about(name));
    }

    /** This server's sessions that are subscribed to a service, oldest first. */
    List<Subscriber> subscribers(String service, int limit) {
        return sessions.all().stream()
                .filter(session -> session.subscriptions.contains(service))
                .limit(Math.clamp(limit, 1, Limits.READ_ITEMS_MAX))
                .map(session -> new Subscriber(session.id, session.client))
                .toList();
    }

    /** Whether the session's stream is open, as far as this server knows. */
    private boolean connected(Registration registration) {
        if (registration.session().server() == server) {
            return sessions.holder(registration).attached();
        }
        return registration.claim().connected()
                && claims.of(registration.session().server())
                        .map(held -> !held.isLost())
                        .orElse(false);
    }
}

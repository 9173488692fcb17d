package dev.plinth.registry.door.grpc;

import dev.plinth.registry.Departure;
import dev.plinth.registry.Rule;
import dev.plinth.registry.Sight;
import dev.plinth.registry.rules.StoredRules;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What there is to say to somebody who asks why an endpoint gets no calls. */
final class Findings {
    private Findings() {}

    static List<String> of(Sight sight, StoredRules rules) {
        List<String> findings = new ArrayList<>();
        var endpoint = sight.registration().endpoint();
        var subject = endpoint.name().protocol() + "://" + endpoint.name().address();
        for (var rule : sight.rules()) {
            switch (rule) {
                case Rule.SwitchedOff _ ->
                    findings.add(subject + " is not served: it is switched off" + by(rule, rules) + ".");
                case Rule.Blacklisted hosts ->
                    findings.add(subject + " is not served: " + hosts.hosts() + " is on the blacklist" + by(rule, rules)
                            + ".");
                case Rule.Weight weight ->
                    findings.add(subject + " has the weight " + weight.weight() + by(rule, rules) + "; its client says "
                            + endpoint.weight() + ".");
            }
        }
        if (sight.served()) {
            findings.add(
                    subject + " is served" + (sight.weight() == 0 ? ", with the weight 0: it gets no calls." : "."));
        }
        if (endpoint.isValue()) {
            findings.add(subject + " is a text without an address: only SOFARegistry's clients are told of it.");
        }
        if (sight.kept()) {
            findings.add("Its lease is over. It is kept because too many endpoints of its service vanished at once.");
        } else if (!sight.connected()) {
            findings.add("Its client, \"" + sight.registration().client()
                    + "\", is not connected: it goes when its lease of "
                    + sight.registration().claim().lease().toSeconds() + " s is over, unless the client is back.");
        }
        return findings;
    }

    private static String by(Rule rule, StoredRules rules) {
        return rules.find(rule)
                .map(stored -> (stored.author().name().isEmpty()
                                ? ""
                                : ", by " + stored.author().name()) + ", since "
                        + stored.at().truncatedTo(ChronoUnit.SECONDS))
                .orElse("");
    }

    static String absent(String service, Optional<Departure> departure) {
        return departure
                .map(last -> "It is not registered any more since " + last.at().truncatedTo(ChronoUnit.SECONDS) + ": "
                        + why(last) + ".")
                .orElse("Nobody has registered it with " + service
                        + ", as far as this server knows: it remembers the last endpoints that went since its start.");
    }

    private static String why(Departure last) {
        var client = "its client, \"" + last.client() + "\",";
        return switch (last.cause()) {
            case DEREGISTERED -> client + " took it back";
            case SESSION_CLOSED -> client + " said good-bye";
            case LEASE_OVER -> "nothing was heard of " + client + " for as long as its lease";
            case GONE_ELSEWHERE -> "the server where " + client + " was said that it is gone";
            case SERVER_LOST -> "nothing was heard of the server where " + client + " was for as long as its lease";
            case GIVEN_UP -> client + " moved to another server and did not register it there";
        };
    }
}

package dev.plinth.registry.door.grpc;

import dev.plinth.registry.Departure;
import dev.plinth.registry.Found;
import dev.plinth.registry.HostRange;
import dev.plinth.registry.Listing;
import dev.plinth.registry.Rule;
import dev.plinth.registry.Sight;
import dev.plinth.registry.Subscriber;
import dev.plinth.registry.Whereabouts;
import dev.plinth.registry.rules.StoredRule;
import dev.plinth.registry.rules.StoredRules;
import dev.plinth.wire.registry.v1.BlacklistRule;
import dev.plinth.wire.registry.v1.ExplainResponse;
import dev.plinth.wire.registry.v1.ListSubscribersResponse;
import dev.plinth.wire.registry.v1.SearchResponse;
import dev.plinth.wire.registry.v1.SwitchedOffRule;
import dev.plinth.wire.registry.v1.WeightRule;
import java.util.List;

/** The registry's operation as messages, and what there is to say of an endpoint as sentences. */
final class OperationMessages {
    private OperationMessages() {}

    /** Throws IllegalArgumentException if it is no sound rule; it names the field. */
    static Rule rule(dev.plinth.wire.registry.v1.Rule rule) {
        return switch (rule.getRuleCase()) {
            case WEIGHT -> {
                int weight = rule.getWeight().getWeight();
                yield new Rule.Weight(
                        rule.getWeight().getService(),
                        rule.getWeight().getAddress(),
                        weight < 0 ? Integer.MAX_VALUE : weight);
            }
            case SWITCHED_OFF ->
                new Rule.SwitchedOff(
                        rule.getSwitchedOff().getService(),
                        rule.getSwitchedOff().getAddress());
            case BLACKLIST ->
                new Rule.Blacklisted(HostRange.parse(rule.getBlacklist().getHosts()));
            case RULE_NOT_SET ->
                throw new IllegalArgumentException("rule is not set, or is one that this release does not know");
        };
    }

    static dev.plinth.wire.registry.v1.Rule message(Rule rule) {
        var message = dev.plinth.wire.registry.v1.Rule.newBuilder();
        switch (rule) {
            case Rule.Weight weight ->
                message.setWeight(WeightRule.newBuilder()
                        .setService(weight.service())
                        .setAddress(weight.address())
                        .setWeight(weight.weight()));
            case Rule.SwitchedOff off ->
                message.setSwitchedOff(
                        SwitchedOffRule.newBuilder().setService(off.service()).setAddress(off.address()));
            case Rule.Blacklisted hosts ->
                message.setBlacklist(
                        BlacklistRule.newBuilder().setHosts(hosts.hosts().toString()));
        }
        return message.build();
    }

    static dev.plinth.wire.registry.v1.StoredRule message(StoredRule stored) {
        return dev.plinth.wire.registry.v1.StoredRule.newBuilder()
                .setRule(message(stored.rule()))
                .setAuthor(stored.author().name())
                .setAuthorAddress(stored.author().address())
                .setAtMillis(stored.at().toEpochMilli())
                .build();
    }

    private static dev.plinth.wire.registry.v1.Sight message(Sight sight, StoredRules rules) {
        var message = dev.plinth.wire.registry.v1.Sight.newBuilder()
                .setRegistration(Messages.message(new Listing(sight.registration(), sight.connected())))
                .setServed(sight.served())
                .setWeight(sight.weight())
                .setKept(sight.kept());
        for (var rule : sight.rules()) {
            message.addRules(rules.find(rule).map(OperationMessages::message).orElseGet(() -> withoutAuthor(rule)));
        }
        return message.build();
    }

    /** The registry still obeys a rule that was taken back just now. */
    private static dev.plinth.wire.registry.v1.StoredRule withoutAuthor(Rule rule) {
        return dev.plinth.wire.registry.v1.StoredRule.newBuilder()
                .setRule(message(rule))
                .build();
    }

    /** A part is cut where its bytes are enough; what is left comes with the next one. */
    static SearchResponse message(Found found, StoredRules rules) {
        var response = SearchResponse.newBuilder();
        int bytes = 0;
        for (var sight : found.sights()) {
            if (bytes >= ServiceStream.MESSAGE_BYTES_MAX) {
                break;
            }
            var message = message(sight, rules);
            bytes += message.getSerializedSize();
            response.addSights(message);
        }
        int told = response.getSightsCount();
        return response.setNext(
                        told == found.sights().size()
                                ? found.next()
                                : found.sights()
                                        .get(told - 1)
                                        .registration()
                                        .endpoint()
                                        .name()
                                        .key())
                .build();
    }

    static ListSubscribersResponse message(List<Subscriber> subscribers) {
        var response = ListSubscribersResponse.newBuilder();
        subscribers.forEach(subscriber -> response.addSubscribers(dev.plinth.wire.registry.v1.Subscriber.newBuilder()
                .setSessionId(Messages.text(subscriber.session()))
                .setClient(subscriber.client())));
        return response.build();
    }

    static ExplainResponse message(Whereabouts whereabouts, String service, StoredRules rules) {
        var response = ExplainResponse.newBuilder();
        for (var sight : whereabouts.sights()) {
            response.addSights(message(sight, rules));
            Findings.of(sight, rules).forEach(response::addFindings);
        }
        if (whereabouts.sights().isEmpty()) {
            response.addFindings(Findings.absent(service, whereabouts.departure()));
        }
        whereabouts
                .departure()
                .ifPresent(departure -> response.setDeparture(dev.plinth.wire.registry.v1.Departure.newBuilder()
                        .setCause(cause(departure.cause()))
                        .setAtMillis(departure.at().toEpochMilli())
                        .setClient(departure.client())));
        return response.build();
    }

    private static dev.plinth.wire.registry.v1.Departure.Cause cause(Departure.Cause cause) {
        return switch (cause) {
            case DEREGISTERED -> dev.plinth.wire.registry.v1.Departure.Cause.DEREGISTERED;
            case SESSION_CLOSED -> dev.plinth.wire.registry.v1.Departure.Cause.SESSION_CLOSED;
            case LEASE_OVER -> dev.plinth.wire.registry.v1.Departure.Cause.LEASE_OVER;
            case GONE_ELSEWHERE -> dev.plinth.wire.registry.v1.Departure.Cause.GONE_ELSEWHERE;
            case SERVER_LOST -> dev.plinth.wire.registry.v1.Departure.Cause.SERVER_LOST;
            case GIVEN_UP -> dev.plinth.wire.registry.v1.Departure.Cause.GIVEN_UP;
        };
    }
}

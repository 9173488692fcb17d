package dev.plinth.cli;

import dev.plinth.wire.registry.v1.BlacklistRule;
import dev.plinth.wire.registry.v1.ExplainRequest;
import dev.plinth.wire.registry.v1.ListRulesRequest;
import dev.plinth.wire.registry.v1.ListSubscribersRequest;
import dev.plinth.wire.registry.v1.PutRuleRequest;
import dev.plinth.wire.registry.v1.RegistryOperationsGrpc;
import dev.plinth.wire.registry.v1.RemoveRuleRequest;
import dev.plinth.wire.registry.v1.Rule;
import dev.plinth.wire.registry.v1.SearchRequest;
import dev.plinth.wire.registry.v1.Sight;
import dev.plinth.wire.registry.v1.StoredRule;
import dev.plinth.wire.registry.v1.SwitchedOffRule;
import dev.plinth.wire.registry.v1.WeightRule;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code plinth registry}: finds endpoints, says why one is not served, and says what goes before what clients say. */
@Command(
        name = "registry",
        description = {
            "Finds endpoints, says why one is not served and who is told of it; weighs, switches and blacklists.",
            "What is said of endpoints is stored, and holds at every door and on every server."
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class RegistryCommand {
    private static final String OFF = "off";
    private static final String ON = "on";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before any command
    private CommandSpec spec;

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private static RegistryOperationsGrpc.RegistryOperationsBlockingStub ask(ManagedChannel channel) {
        return RegistryOperationsGrpc.newBlockingStub(channel)
                .withDeadlineAfter(Connection.ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Command(description = "Finds endpoints, also those that are not served.", mixinStandardHelpOptions = true)
    int search(
            @Parameters(arity = "0..1", paramLabel = "SERVICE", description = "A part of the service's name.")
                    String service,
            @Option(names = "--address", paramLabel = "PART", description = "A part of the address.") String address,
            @Option(
                            names = "--metadata",
                            paramLabel = "KEY[=VALUE]",
                            description = "What the metadata has to have; may be given several times.",
                            mapFallbackValue = "")
                    Map<String, String> metadata,
            @Mixin Connection connection)
            throws InterruptedException {
        var request = SearchRequest.newBuilder()
                .setService(given(service))
                .setAddress(given(address))
                .putAllMetadata(metadata == null ? Map.of() : metadata);
        var sights = connection.ask(channel -> {
            List<Sight> all = new ArrayList<>();
            do {
                var part = ask(channel).search(request.build());
                all.addAll(part.getSightsList());
                request.setAfter(part.getNext());
            } while (!request.getAfter().isEmpty());
            return all;
        });
        if (sights.isEmpty()) {
            out().println("No endpoint fits.");
            return 0;
        }
        var table = new Table("SERVICE", "ENDPOINT", "CLIENT", "WEIGHT", "STATE");
        for (var sight : sights) {
            var endpoint = sight.getRegistration().getEndpoint();
            table.row(
                    endpoint.getService(),
                    endpoint.getProtocol() + "://" + endpoint.getAddress(),
                    sight.getRegistration().getClient(),
                    weight(sight),
                    state(sight));
        }
        table.print(out());
        return 0;
    }

    private static String given(String text) {
        return text == null ? "" : text;
    }

    private static String weight(Sight sight) {
        int own = sight.getRegistration().getEndpoint().getWeight();
        return own == sight.getWeight() ? Integer.toString(own) : sight.getWeight() + " (not " + own + ")";
    }

    private static String state(Sight sight) {
        if (!sight.getServed()) {
            return sight.getRulesList().stream()
                    .map(StoredRule::getRule)
                    .filter(rule -> !rule.hasWeight())
                    .findFirst()
                    .map(rule -> rule.hasBlacklist() ? "blacklisted" : "switched off")
                    .orElse("not served");
        }
        return sight.getRegistration().getConnected() ? "serving" : "suspect";
    }

    @Command(
            description = "Says where an endpoint is, and why it is not served, as the server that is asked sees it.",
            mixinStandardHelpOptions = true)
    int why(
            @Parameters(paramLabel = "SERVICE") String service,
            @Parameters(paramLabel = "HOST:PORT") String address,
            @Mixin Connection connection)
            throws InterruptedException {
        var answer = connection.ask(channel -> ask(channel)
                .explain(ExplainRequest.newBuilder()
                        .setService(service)
                        .setAddress(address)
                        .build()));
        answer.getFindingsList().forEach(out()::println);
        return 0;
    }

    @Command(
            description = "Lists who is subscribed to a service at the server that is asked.",
            mixinStandardHelpOptions = true)
    int subscribers(@Parameters(paramLabel = "SERVICE") String service, @Mixin Connection connection)
            throws InterruptedException {
        var subscribers = connection
                .ask(channel -> ask(channel)
                        .listSubscribers(ListSubscribersRequest.newBuilder()
                                .setService(service)
                                .build()))
                .getSubscribersList();
        if (subscribers.isEmpty()) {
            out().println("Nobody is subscribed to " + service + " at this server.");
            return 0;
        }
        var table = new Table("CLIENT", "SESSION");
        subscribers.forEach(subscriber -> table.row(subscriber.getClient(), subscriber.getSessionId()));
        table.print(out());
        return 0;
    }

    @Command(
            description = "Gives an endpoint a weight, whatever its client says; \"default\" gives it its own again.",
            mixinStandardHelpOptions = true)
    int weight(
            @Parameters(paramLabel = "SERVICE") String service,
            @Parameters(paramLabel = "HOST:PORT") String address,
            @Parameters(paramLabel = "WEIGHT", description = "0 (no calls) to 10000, or default.") String weight,
            @Mixin Connection connection)
            throws InterruptedException {
        boolean own = weight.equals("default");
        if (!own && !weight.matches("[0-9]{1,5}")) {
            throw wrong("WEIGHT", weight, "0 to 10000, or default");
        }
        var rule = Rule.newBuilder()
                .setWeight(WeightRule.newBuilder()
                        .setService(service)
                        .setAddress(address)
                        .setWeight(own ? 0 : Integer.parseInt(weight)))
                .build();
        if (own) {
            remove(connection, rule, service + " at " + address + " had no other weight");
            out().println(service + " at " + address + " has its own weight");
        } else {
            put(connection, rule);
            out().println(service + " at " + address + " has the weight " + weight);
        }
        return 0;
    }

    @Command(
            name = "switch",
            description = "Switches an endpoint off: no caller is told of it any more. Or on again.",
            mixinStandardHelpOptions = true)
    int switchTo(
            @Parameters(paramLabel = "SERVICE") String service,
            @Parameters(paramLabel = "HOST:PORT") String address,
            @Parameters(paramLabel = "on|off") String position,
            @Mixin Connection connection)
            throws InterruptedException {
        if (!position.equals(ON) && !position.equals(OFF)) {
            throw wrong("on|off", position, "on or off");
        }
        var rule = Rule.newBuilder()
                .setSwitchedOff(SwitchedOffRule.newBuilder().setService(service).setAddress(address))
                .build();
        if (position.equals(ON)) {
            remove(connection, rule, service + " at " + address + " was on");
        } else {
            put(connection, rule);
        }
        out().println(service + " at " + address + " is " + position);
        return 0;
    }

    @Command(
            description = "Puts hosts on the blacklist: no endpoint on them is served. Or takes them off it.",
            mixinStandardHelpOptions = true)
    int blacklist(
            @Parameters(paramLabel = "add|remove") String change,
            @Parameters(
                            paramLabel = "HOSTS",
                            description = "A host's name, an IP address, or a network such as 10.0.0.0/8.")
                    String hosts,
            @Mixin Connection connection)
            throws InterruptedException {
        if (!change.equals("add") && !change.equals("remove")) {
            throw wrong("add|remove", change, "add or remove");
        }
        var rule = Rule.newBuilder()
                .setBlacklist(BlacklistRule.newBuilder().setHosts(hosts))
                .build();
        if (change.equals("add")) {
            put(connection, rule);
            out().println(hosts + " is on the blacklist");
        } else {
            remove(connection, rule, hosts + " was not on the blacklist");
            out().println(hosts + " is not on the blacklist");
        }
        return 0;
    }

    @Command(description = "Lists what is said of endpoints, by whom and since when.", mixinStandardHelpOptions = true)
    int rules(@Mixin Connection connection) throws InterruptedException {
        var rules = connection
                .ask(channel -> ask(channel).listRules(ListRulesRequest.getDefaultInstance()))
                .getRulesList();
        if (rules.isEmpty()) {
            out().println("No weights, switches or blacklist: clients alone say what is served.");
            return 0;
        }
        var table = new Table("RULE", "SERVICE", "ADDRESS", "BY", "SINCE");
        for (var stored : rules) {
            var rule = stored.getRule();
            var by = stored.getAuthor().isEmpty() ? "-" : stored.getAuthor();
            var since = Instant.ofEpochMilli(stored.getAtMillis()).toString();
            switch (rule.getRuleCase()) {
                case WEIGHT ->
                    table.row(
                            "weight " + rule.getWeight().getWeight(),
                            rule.getWeight().getService(),
                            rule.getWeight().getAddress(),
                            by,
                            since);
                case SWITCHED_OFF ->
                    table.row(
                            "switched off",
                            rule.getSwitchedOff().getService(),
                            rule.getSwitchedOff().getAddress(),
                            by,
                            since);
                case BLACKLIST ->
                    table.row("blacklist", "all", rule.getBlacklist().getHosts(), by, since);
                case RULE_NOT_SET -> table.row("of a later release", "-", "-", by, since);
            }
        }
        table.print(out());
        return 0;
    }

    private static void put(Connection connection, Rule rule) throws InterruptedException {
        var _ = connection.ask(channel -> ask(channel)
                .putRule(PutRuleRequest.newBuilder()
                        .setRule(rule)
                        .setAuthor(author())
                        .build()));
    }

    private void remove(Connection connection, Rule rule, String ifThereIsNone) throws InterruptedException {
        try {
            var _ = connection.ask(channel -> ask(channel)
                    .removeRule(RemoveRuleRequest.newBuilder()
                            .setRule(rule)
                            .setAuthor(author())
                            .build()));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
                throw e;
            }
            out().println(ifThereIsNone);
        }
    }

    private static String author() {
        return System.getProperty("user.name", "");
    }

    private ParameterException wrong(String name, String found, String expected) {
        return new ParameterException(
                spec.commandLine(), name + ": expected " + expected + ", found \"" + found + "\"");
    }
}

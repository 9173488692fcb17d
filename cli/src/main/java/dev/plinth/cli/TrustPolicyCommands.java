package dev.plinth.cli;

import dev.plinth.wire.trust.v1.BindRequest;
import dev.plinth.wire.trust.v1.GetNamedRequest;
import dev.plinth.wire.trust.v1.PutPolicyRequest;
import dev.plinth.wire.trust.v1.PutReferenceRequest;
import dev.plinth.wire.trust.v1.RollBackRequest;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plinth trust policy}, {@code reference} and {@code guard}: what is believed, and what it is good for. */
final class TrustPolicyCommands {
    private TrustPolicyCommands() {}

    /** Something with a name, and with versions that somebody wrote. */
    abstract static class Named extends TrustOptions {
        @Parameters(index = "0", paramLabel = "NAME")
        String name = "";

        @Option(
                names = "--tenant",
                paramLabel = "NAME",
                description = "Whose. Default: ${DEFAULT-VALUE}",
                defaultValue = "main")
        String tenant = "";

        @Option(
                names = "--owner",
                paramLabel = "NAME",
                description = "Who says so. Default: ${DEFAULT-VALUE}",
                defaultValue = "${sys:user.name}")
        String owner = "";

        GetNamedRequest named() {
            return GetNamedRequest.newBuilder().setTenant(tenant).setName(name).build();
        }

        RollBackRequest back(int version) {
            return RollBackRequest.newBuilder()
                    .setTenant(tenant)
                    .setName(name)
                    .setOwner(owner)
                    .setVersion(version)
                    .build();
        }

        int done(long version) {
            out().println(name + "@" + version);
            return 0;
        }
    }

    /** A policy. */
    @Command(
            name = "policy",
            description = "Writes the next version of a policy, goes back to an old one, or shows all of them.",
            mixinStandardHelpOptions = true)
    static final class Policy extends Named {
        @Option(
                names = "--condition",
                paramLabel = "CEL",
                description = "Over evidence, claims, parts, vector, references.")
        private Optional<String> condition = Optional.empty();

        @Option(
                names = "--waive",
                paramLabel = "FINDING",
                description = "Lets it pass: debug, simulated, tcb:OutOfDate, ... May be repeated.")
        private List<String> waivers = new ArrayList<>();

        @Option(names = "--roll-back", paramLabel = "VERSION")
        private Optional<Integer> version = Optional.empty();

        @Override
        public Integer call() throws InterruptedException, IOException {
            if (version.isPresent()) {
                return done(
                        ask(trust -> trust.rollBackPolicy(back(version.get()))).getVersion());
            }
            if (condition.isPresent()) {
                return done(ask(trust -> trust.putPolicy(PutPolicyRequest.newBuilder()
                                .setTenant(tenant)
                                .setName(name)
                                .setOwner(owner)
                                .setCondition(condition.get())
                                .addAllWaivers(waivers)
                                .build()))
                        .getVersion());
            }
            var table = new Table("VERSION", "AT", "OWNER", "WAIVES", "CONDITION");
            ask(trust -> trust.getPolicy(named()))
                    .getVersionsList()
                    .forEach(one -> table.row(
                            Integer.toString(one.getVersion()),
                            Instant.ofEpochMilli(one.getAtMillis()).toString(),
                            one.getOwner(),
                            String.join(" ", one.getWaiversList()),
                            one.getCondition()));
            table.print(out());
            return 0;
        }
    }

    /** A reference value. */
    @Command(
            name = "reference",
            description =
                    "Writes the next version of a reference value, goes back to an old one, or shows all of them.",
            mixinStandardHelpOptions = true)
    static final class Reference extends Named {
        @Option(names = "--value", paramLabel = "TEXT", description = "One that is good. May be repeated.")
        private List<String> values = new ArrayList<>();

        @Option(names = "--roll-back", paramLabel = "VERSION")
        private Optional<Integer> version = Optional.empty();

        @Override
        public Integer call() throws InterruptedException, IOException {
            if (version.isPresent()) {
                return done(ask(trust -> trust.rollBackReference(back(version.get())))
                        .getVersion());
            }
            if (!values.isEmpty()) {
                return done(ask(trust -> trust.putReference(PutReferenceRequest.newBuilder()
                                .setTenant(tenant)
                                .setName(name)
                                .setOwner(owner)
                                .addAllValues(values)
                                .build()))
                        .getVersion());
            }
            var table = new Table("VERSION", "AT", "OWNER", "VALUES");
            ask(trust -> trust.getReference(named()))
                    .getVersionsList()
                    .forEach(one -> table.row(
                            Integer.toString(one.getVersion()),
                            Instant.ofEpochMilli(one.getAtMillis()).toString(),
                            one.getOwner(),
                            String.join(" ", one.getValuesList())));
            table.print(out());
            return 0;
        }
    }

    /** What guards a resource. */
    @Command(
            name = "guard",
            description =
                    "Says which policies guard a resource: all have to grant. Without any: shows what guarded it, and since when.",
            mixinStandardHelpOptions = true)
    static final class Guard extends Named {
        @Option(names = "--policy", paramLabel = "NAME", description = "May be repeated.")
        private List<String> policies = new ArrayList<>();

        @Option(names = "--closed", description = "To everybody.")
        private boolean closed;

        @Override
        public Integer call() throws InterruptedException, IOException {
            if (closed || !policies.isEmpty()) {
                return done(ask(trust -> trust.bind(BindRequest.newBuilder()
                                .setTenant(tenant)
                                .setResource(name)
                                .setOwner(owner)
                                .addAllPolicies(closed ? List.of() : policies)
                                .build()))
                        .getVersion());
            }
            var table = new Table("VERSION", "AT", "OWNER", "POLICIES");
            ask(trust -> trust.getBinding(named()))
                    .getVersionsList()
                    .forEach(one -> table.row(
                            Integer.toString(one.getVersion()),
                            Instant.ofEpochMilli(one.getAtMillis()).toString(),
                            one.getOwner(),
                            one.getPoliciesCount() == 0 ? "closed" : String.join(" ", one.getPoliciesList())));
            table.print(out());
            return 0;
        }
    }
}

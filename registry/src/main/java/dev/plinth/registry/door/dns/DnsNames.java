package dev.plinth.registry.door.dns;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.Listing;
import dev.plinth.registry.QualifiedName;
import dev.plinth.registry.Registry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** What the names of the zone stand for. */
final class DnsNames {
    /*
     *   <service>.<group>.<namespace>.plinth.            A, AAAA, SRV of the endpoints that can be called
     *   _<protocol>._tcp.<service>.<group>...plinth.     SRV of those of one protocol (RFC 2782)
     *   10-0-0-1.ip.plinth.                              A: what an SRV record points at, for it may not be an address
     *
     * A service's name may have dots: group and namespace are the two labels before the zone, and what is left is the service.
     * DNS knows no case and the registry does, so names are looked up without it, in a list that is as old as an answer may be.
     */
    static final List<String> ZONE = List.of("plinth");
    private static final Duration NAMES_KEPT = Duration.ofSeconds(DnsMessage.TTL_SECONDS);
    private static final int PORT_LABELS = 2;

    private final Registry registry;
    private final Clock clock;

    // Under this.
    private Map<String, String> servicesByName = Map.of();
    private Set<String> groupsAndNamespaces = Set.of();
    private long readNanos;
    private boolean read;

    DnsNames(Registry registry, Clock clock) {
        this.registry = registry;
        this.clock = clock;
    }

    /** Answers; may wait for the registry. */
    DnsMessage.Answer answer(DnsMessage.Question question) {
        var labels = question.labels().stream()
                .map(label -> label.toLowerCase(Locale.ROOT))
                .toList();
        if (labels.isEmpty() || !labels.getLast().equals(ZONE.getFirst())) {
            return DnsMessage.Answer.failed(DnsMessage.REFUSED);
        }
        var inZone = labels.subList(0, labels.size() - 1);
        try {
            if (inZone.isEmpty()) {
                return apex(question);
            }
            return inZone.getLast().equals("ip") && inZone.size() <= 2
                    ? host(question, inZone)
                    : service(question, inZone);
        } catch (Refused refused) {
            return DnsMessage.Answer.failed(DnsMessage.SERVER_FAILURE);
        }
    }

    private static DnsMessage.Answer apex(DnsMessage.Question question) {
        return question.type() == DnsMessage.SOA || question.type() == DnsMessage.ANY
                ? new DnsMessage.Answer(
                        DnsMessage.OK,
                        List.of(new DnsMessage.ResourceRecord(ZONE, DnsMessage.SOA, DnsMessage.soaData(ZONE))),
                        List.of(),
                        false)
                : nothing();
    }

    private static DnsMessage.Answer nothing() {
        return new DnsMessage.Answer(DnsMessage.OK, List.of(), List.of(), true);
    }

    private static DnsMessage.Answer host(DnsMessage.Question question, List<String> name) {
        if (name.size() == 1) {
            return nothing();
        }
        var address = address(
                name.getFirst().contains("--") || name.getFirst().split("-", -1).length > 4
                        ? name.getFirst().replace('-', ':')
                        : name.getFirst().replace('-', '.'));
        return address.map(bytes -> records(question, List.of(bytes)))
                .orElseGet(() -> DnsMessage.Answer.failed(DnsMessage.NO_SUCH_NAME));
    }

    private static DnsMessage.Answer records(DnsMessage.Question question, List<byte[]> addresses) {
        List<DnsMessage.ResourceRecord> records = new ArrayList<>();
        for (var address : addresses) {
            int type = type(address);
            if (question.type() == type || question.type() == DnsMessage.ANY) {
                records.add(new DnsMessage.ResourceRecord(List.of(), type, address));
            }
        }
        return records.isEmpty() ? nothing() : new DnsMessage.Answer(DnsMessage.OK, records, List.of(), false);
    }

    private static int type(byte[] address) {
        return address.length == 4 ? DnsMessage.A : DnsMessage.AAAA;
    }

    private DnsMessage.Answer service(DnsMessage.Question question, List<String> labels) {
        var name = labels;
        var protocol = Optional.<String>empty();
        if (name.size() > PORT_LABELS
                && name.get(0).startsWith("_")
                && name.get(1).equals("_tcp")) {
            protocol = Optional.of(name.get(0).substring(1));
            name = name.subList(PORT_LABELS, name.size());
        }
        var whole = String.join(".", name);
        var service = known(whole);
        if (service.isEmpty()) {
            return isAbove(whole) ? nothing() : DnsMessage.Answer.failed(DnsMessage.NO_SUCH_NAME);
        }
        var endpoints = callable(service.get());
        var wanted = protocol;
        if (wanted.isPresent()) {
            endpoints.removeIf(endpoint -> !endpoint.name().protocol().equals(wanted.get()));
        }
        return question.type() == DnsMessage.SRV
                ? ports(endpoints)
                : records(question, wanted.isPresent() ? List.of() : addresses(endpoints));
    }

    /** Those that are connected and get calls, in random order; where none is connected, those that are kept. */
    private List<Endpoint> callable(String service) {
        var all = join(registry.endpoints(Optional.of(service), Optional.empty(), "", Limits.READ_ITEMS_MAX))
                .items();
        List<Endpoint> connected = new ArrayList<>();
        List<Endpoint> kept = new ArrayList<>();
        for (Listing listing : all) {
            var endpoint = listing.registration().endpoint();
            if (!endpoint.isValue() && endpoint.weight() > 0) {
                (listing.connected() ? connected : kept).add(endpoint);
            }
        }
        var chosen = connected.isEmpty() ? kept : connected;
        Collections.shuffle(chosen);
        return chosen;
    }

    private static List<byte[]> addresses(List<Endpoint> endpoints) {
        List<byte[]> addresses = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (var endpoint : endpoints) {
            var host = host(endpoint);
            if (seen.add(host)) {
                address(host).ifPresent(addresses::add);
            }
        }
        return addresses;
    }

    private static DnsMessage.Answer ports(List<Endpoint> endpoints) {
        List<DnsMessage.ResourceRecord> records = new ArrayList<>();
        Map<String, DnsMessage.ResourceRecord> additional = new TreeMap<>();
        for (var endpoint : endpoints) {
            var host = host(endpoint);
            var address = address(host);
            var target = address.isPresent()
                    ? List.of(host.replace('.', '-').replace(':', '-'), "ip", ZONE.getFirst())
                    : Arrays.asList(host.split("\\."));
            if (target.stream().anyMatch(label -> label.isEmpty() || label.length() > 63)) {
                continue;
            }
            records.add(new DnsMessage.ResourceRecord(
                    List.of(), DnsMessage.SRV, DnsMessage.srv(endpoint.weight(), port(endpoint), target)));
            address.ifPresent(bytes -> additional.put(host, new DnsMessage.ResourceRecord(target, type(bytes), bytes)));
        }
        return records.isEmpty()
                ? nothing()
                : new DnsMessage.Answer(DnsMessage.OK, records, List.copyOf(additional.values()), false);
    }

    private static String host(Endpoint endpoint) {
        var address = endpoint.name().address();
        var host = address.substring(0, address.lastIndexOf(':'));
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static int port(Endpoint endpoint) {
        var address = endpoint.name().address();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** The bytes of an address; empty if it is a name. Nothing is looked up. */
    private static Optional<byte[]> address(String host) {
        boolean v4 = host.matches("(?:[0-9]{1,3}\\.){3}[0-9]{1,3}");
        boolean v6 = host.indexOf(':') >= 0 && host.matches("[0-9a-fA-F:.]+");
        if (!v4 && !v6) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(host).getAddress());
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private synchronized Optional<String> known(String name) {
        refresh();
        return Optional.ofNullable(servicesByName.get(name));
    }

    /** Whether there are names below this one: then it is there, and has no records. */
    private synchronized boolean isAbove(String name) {
        return groupsAndNamespaces.contains(name);
    }

    private void refresh() {
        if (read && clock.nanoTime() - readNanos < NAMES_KEPT.toNanos()) {
            return;
        }
        Map<String, String> names = new HashMap<>();
        Set<String> above = new HashSet<>();
        var after = "";
        boolean more = true;
        while (more) {
            var page = join(registry.services(after, Limits.READ_ITEMS_MAX));
            for (var summary : page.items()) {
                after = summary.name();
                add(summary.name(), names, above);
            }
            more = page.more();
        }
        servicesByName = names;
        groupsAndNamespaces = above;
        readNanos = clock.nanoTime();
        read = true;
    }

    private static void add(String service, Map<String, String> names, Set<String> above) {
        QualifiedName qualified;
        try {
            qualified = QualifiedName.ofRegistry(service);
        } catch (IllegalArgumentException e) {
            // A name with marks in odd places is none of this scheme, and not reached by DNS.
            return;
        }
        var group = (qualified.group() + "." + qualified.namespace()).toLowerCase(Locale.ROOT);
        names.putIfAbsent(qualified.name().toLowerCase(Locale.ROOT) + "." + group, service);
        above.add(group);
        above.add(qualified.namespace().toLowerCase(Locale.ROOT));
    }

    private static <T> T join(CompletableFuture<T> answer) {
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refused refused) {
                throw refused;
            }
            throw e;
        }
    }
}

package dev.plinth.registry.door.nacos;

import dev.plinth.config.Author;
import dev.plinth.config.ConfigOutcome;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.Registration;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.registry.persistent.PersistentEndpoints;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The registry in blocking calls, as both of Nacos's doors ask it. */
final class NacosRegistry {
    private final Registry registry;
    private final PersistentEndpoints persistent;

    NacosRegistry(Registry registry, PersistentEndpoints persistent) {
        this.registry = registry;
        this.persistent = persistent;
    }

    /** Stores a persistent instance. */
    void store(Endpoint endpoint, String ip) {
        stored(join(persistent.put(endpoint, new Author("", ip))));
    }

    /** Removes a persistent instance, if it is there. */
    void remove(NacosService service, String address, String ip) {
        join(persistent.remove(service.inRegistry(), address, new Author("", ip)))
                .ifPresent(NacosRegistry::stored);
    }

    private static void stored(ConfigOutcome outcome) {
        if (outcome instanceof ConfigOutcome.Denied denied && denied.reason() != ConfigOutcome.Reason.NOT_FOUND) {
            throw new NacosRefusal(NacosRefusal.OVER_LIMIT, denied.message());
        }
    }

    RegistryOutcome submit(RegistryCommand command) {
        return join(registry.submit(command));
    }

    /** All registrations of a service. */
    List<Registration> registrations(NacosService service) {
        List<Registration> all = new ArrayList<>();
        var after = "";
        boolean more = true;
        while (more) {
            var page = join(registry.endpoints(
                    Optional.of(service.inRegistry()), Optional.empty(), after, Limits.READ_ITEMS_MAX));
            page.items().forEach(listing -> all.add(listing.registration()));
            more = page.more();
            after = all.isEmpty() ? "" : all.getLast().endpoint().name().key();
        }
        return all;
    }

    /** The names of the services of a group, in order. */
    SortedSet<String> services(String namespace, String group) {
        SortedSet<String> names = new TreeSet<>();
        var after = "";
        boolean more = true;
        while (more) {
            var page = join(registry.services(after, Limits.READ_ITEMS_MAX));
            for (var summary : page.items()) {
                var service = NacosService.ofRegistry(summary.name());
                if (service.namespace().equals(namespace) && service.group().equals(group)) {
                    names.add(service.name());
                }
                after = summary.name();
            }
            more = page.more();
        }
        return names;
    }

    static NacosRefusal refusal(RegistryOutcome.Denied denied) {
        return new NacosRefusal(
                switch (denied.reason()) {
                    case DUPLICATE -> NacosRefusal.CONFLICT;
                    case OVERLOADED -> NacosRefusal.OVER_LIMIT;
                    case SESSION_EXPIRED, SESSION_SUPERSEDED -> NacosRefusal.NOT_REGISTERED;
                },
                denied.message());
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

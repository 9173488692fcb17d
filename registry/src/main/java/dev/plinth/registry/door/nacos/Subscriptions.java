package dev.plinth.registry.door.nacos;

import dev.plinth.kernel.Clock;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.door.mirror.ServiceMirrors;
import dev.plinth.wire.nacos.Payload;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The services that one client wants to be told of. One thread at a time. */
final class Subscriptions {
    private final ServiceMirrors mirrors;
    private final Clock clock;
    private final Supplier<Optional<Pushes>> pushes;
    private final Map<Selection, Follower> followers = new HashMap<>();

    /** @param clusters as the client names them, with commas; none for all */
    record Selection(NacosService service, String clusters) {}

    /** @param pushes where the client is told; none as long as it has no stream */
    Subscriptions(ServiceMirrors mirrors, Clock clock, Supplier<Optional<Pushes>> pushes) {
        this.mirrors = mirrors;
        this.clock = clock;
        this.pushes = pushes;
    }

    /** Follows from now on; waits for the list, and gives the answer with it. */
    Payload add(Selection selection) {
        var follower = followers.get(selection);
        if (follower == null) {
            if (followers.size() >= RegistryLimits.SESSION_SUBSCRIPTIONS_MAX) {
                throw new NacosRefusal(
                        NacosRefusal.OVER_LIMIT,
                        "this client follows " + RegistryLimits.SESSION_SUBSCRIPTIONS_MAX
                                + " selections of services and clusters, as many as one may");
            }
            follower = new Follower(selection);
            followers.put(selection, follower);
        }
        return follower.answer();
    }

    /** Follows no more; whether it followed, and now follows nothing of the service. */
    boolean remove(Selection selection) {
        var follower = followers.remove(selection);
        if (follower == null) {
            return false;
        }
        follower.close();
        return followers.keySet().stream().noneMatch(other -> other.service().equals(selection.service()));
    }

    void close() {
        followers.values().forEach(Follower::close);
        followers.clear();
    }

    private final class Follower implements ServiceMirrors.Follower {
        private final Selection selection;
        private final String key;
        /* Set once, before anybody but the mirror knows of this one; what the mirror tells before that is in the answer. */
        private volatile ServiceMirrors.@Nullable Following following;

        Follower(Selection selection) {
            this.selection = selection;
            this.key = selection.service().inRegistry() + " " + selection.clusters();
            following = mirrors.follow(selection.service().inRegistry(), this);
        }

        private ServiceMirrors.Following following() {
            return Optional.ofNullable(following)
                    .orElseThrow(() -> new IllegalStateException(key + " is not followed yet"));
        }

        private Payload told(String type, String beginning, ServiceMirrors.ServiceList list) {
            var info = list.form(
                    selection,
                    registrations -> ServiceInfo.of(selection.service(), selection.clusters(), registrations));
            return NacosPayloads.payload(type, beginning, info.asOf(clock.wall().toEpochMilli()));
        }

        Payload answer() {
            return told(
                    "SubscribeServiceResponse",
                    "{\"resultCode\":200,\"errorCode\":0,\"serviceInfo\":",
                    following().first().join());
        }

        @Override
        public void changed() {
            var followed = following;
            if (followed != null && followed.mayBeTold()) {
                pushes.get().ifPresent(to -> to.push(key, this::push));
            }
        }

        private Payload push(String request) {
            var service = selection.service();
            var beginning = NacosPayloads.object()
                    .put("requestId", request)
                    .put("namespace", service.namespace())
                    .put("serviceName", service.name())
                    .put("groupName", service.group());
            return told(
                    "NotifySubscriberRequest",
                    NacosPayloads.unclosed(beginning).toStringUtf8() + ",\"serviceInfo\":",
                    following().list());
        }

        void close() {
            var followed = following;
            if (followed != null) {
                followed.close();
            }
            pushes.get().ifPresent(to -> to.forget(key));
        }
    }
}

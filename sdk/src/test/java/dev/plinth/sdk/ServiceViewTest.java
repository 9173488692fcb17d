package dev.plinth.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.rpc.Endpoint;
import dev.plinth.wire.registry.v1.EndpointName;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import org.junit.jupiter.api.Test;

/** What one service's callers see of what the registry tells. */
final class ServiceViewTest {

    private final ServiceView view = new ServiceView();

    private static dev.plinth.wire.registry.v1.Endpoint.Builder endpoint(String address) {
        return dev.plinth.wire.registry.v1.Endpoint.newBuilder()
                .setProtocol("bolt")
                .setAddress(address);
    }

    private static ServiceUpdate list(boolean complete, String... addresses) {
        ServiceUpdate.Builder update = ServiceUpdate.newBuilder().setReset(true).setComplete(complete);
        for (String address : addresses) {
            update.addEndpoints(endpoint(address));
        }
        return update.build();
    }

    private static ServiceUpdate added(boolean complete, String address) {
        return ServiceUpdate.newBuilder()
                .setComplete(complete)
                .addEndpoints(endpoint(address))
                .build();
    }

    private static ServiceUpdate removed(String address) {
        return ServiceUpdate.newBuilder()
                .setComplete(true)
                .addRemoved(EndpointName.newBuilder().setProtocol("bolt").setAddress(address))
                .build();
    }

    private void shows(String... addresses) {
        assertThat(view.endpoints()).extracting(Endpoint::address).containsExactlyInAnyOrder(addresses);
    }

    @Test
    void a_list_takes_effect_when_all_of_it_is_there() {
        view.opened(false, true);
        view.update(list(false, "a:1"));
        shows();
        assertThat(view.listed).isNotDone();
        view.update(added(true, "b:1"));
        shows("a:1", "b:1");
        assertThat(view.listed).isDone();
    }

    @Test
    void what_a_restarted_registry_says_is_unchanged_is_known_again() {
        view.opened(false, true);
        assertThat(view.digest()).isEmpty();
        view.update(list(true, "a:1", "b:1"));
        long digest = view.digest().orElseThrow();

        view.opened(false, false);
        shows("a:1", "b:1");
        view.update(
                ServiceUpdate.newBuilder().setUnchanged(true).setComplete(true).build());
        view.settled();
        shows("a:1", "b:1");

        view.update(removed("a:1"));
        shows("b:1");
        assertThat(view.digest().orElseThrow()).isNotEqualTo(digest);
        view.update(added(true, "a:1"));
        assertThat(view.digest().orElseThrow()).isEqualTo(digest);
    }

    @Test
    void changes_add_replace_and_remove() {
        view.opened(false, true);
        view.update(list(true, "a:1", "b:1"));
        view.update(removed("a:1"));
        shows("b:1");
        view.update(ServiceUpdate.newBuilder()
                .setComplete(true)
                .addEndpoints(endpoint("b:1").putMetadata(Endpoint.CELL, "east"))
                .build());
        assertThat(view.endpoints())
                .singleElement()
                .satisfies(it -> assertThat(it.cell()).contains("east"));
    }

    @Test
    void while_a_list_is_being_told_the_one_before_holds() {
        view.opened(false, true);
        view.update(list(true, "a:1"));
        view.opened(true, true);
        view.update(list(false, "b:1"));
        shows("a:1");
        view.update(added(true, "c:1"));
        shows("b:1", "c:1");
    }

    @Test
    void a_restarted_registry_that_has_heard_of_nobody_yet_takes_nothing_away() {
        view.opened(false, true);
        view.update(list(true, "a:1", "b:1"));

        view.opened(false, false);
        shows("a:1", "b:1");
        view.update(list(true));
        shows("a:1", "b:1");
        view.update(added(true, "b:1"));
        shows("a:1", "b:1");

        view.settled();
        shows("b:1");
    }

    @Test
    void a_second_restart_before_the_first_has_settled_takes_nothing_away_either() {
        view.opened(false, true);
        view.update(list(true, "a:1", "b:1"));
        view.opened(false, false);
        view.update(list(true, "b:1"));
        view.opened(false, false);
        view.update(list(true));
        shows("a:1", "b:1");
        view.settled();
        shows();
    }

    @Test
    void settling_waits_for_the_list_that_it_is_about() {
        view.opened(false, true);
        view.update(list(true, "a:1"));
        view.opened(false, false);
        view.settled();
        shows("a:1");
        view.update(list(true, "b:1"));
        shows("b:1");
    }

    @Test
    void what_the_new_registry_says_is_gone_is_gone_though_an_old_one_had_told_of_it() {
        view.opened(false, true);
        view.update(list(true, "a:1"));
        view.opened(false, false);
        view.update(list(true, "a:1"));
        view.update(removed("a:1"));
        shows();
    }

    @Test
    void a_registry_that_was_there_all_the_time_is_believed_at_once() {
        view.opened(false, true);
        view.update(list(true, "a:1", "b:1"));
        view.opened(true, true);
        view.update(list(true, "b:1"));
        shows("b:1");
    }

    @Test
    void endpoints_of_other_protocols_and_those_that_take_no_calls_are_not_called() {
        view.opened(false, true);
        view.update(ServiceUpdate.newBuilder()
                .setReset(true)
                .setComplete(true)
                .addEndpoints(endpoint("a:1").setProtocol("grpc"))
                .addEndpoints(endpoint("b:1").setWeight(0))
                .addEndpoints(endpoint("c:1").setWeight(1))
                .build());
        shows("c:1");
    }
}

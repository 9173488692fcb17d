package dev.plinth.cli.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What each of two registries is told of the other. */
class CopiesTest {
    private static final Service ACCOUNTS = new Service("DEFAULT_GROUP", "accounts");
    private static final long LATER = Copies.SETTLING.toNanos();

    private final Copies copies = new Copies();

    @BeforeEach
    void bothAreSeen() {
        copies.seen(Side.NACOS, 0);
        copies.seen(Side.PLINTH, 0);
    }

    private static Instance own(String ip) {
        return new Instance(ip, 1, 1.0, true, "DEFAULT", Map.of("app", "core"));
    }

    private void show(Side side, Instance... all) {
        copies.shows(side, ACCOUNTS, List.of(all));
    }

    /** Tells it all, and gives the addresses of what it has then; "nothing" if there was nothing to tell. */
    private List<String> tell(Side to, long nowNanos) {
        var toTell = copies.toTell(to, nowNanos);
        if (toTell.isEmpty()) {
            return List.of("nothing");
        }
        toTell.forEach((service, wanted) -> copies.told(to, service, wanted));
        return toTell.get(ACCOUNTS).stream().map(Instance::address).toList();
    }

    @Test
    void what_applications_registered_with_one_is_copied_to_the_other_once_and_not_back() {
        show(Side.NACOS, own("10.0.0.1"));
        assertThat(tell(Side.PLINTH, 0)).containsExactly("10.0.0.1:1");
        assertThat(tell(Side.PLINTH, 0)).containsExactly("nothing");

        show(Side.PLINTH, own("10.0.0.1").copiedFrom("nacos"), own("10.0.0.2"));
        assertThat(tell(Side.NACOS, 0)).containsExactly("10.0.0.2:1");
        assertThat(copies.copies(Side.PLINTH)).isEqualTo(1);
        assertThat(copies.own(Side.PLINTH)).isEqualTo(1);
    }

    @Test
    void an_application_that_is_with_both_needs_no_copy() {
        show(Side.NACOS, own("10.0.0.1"));
        assertThat(tell(Side.PLINTH, 0)).containsExactly("10.0.0.1:1");

        show(Side.PLINTH, own("10.0.0.1"));
        assertThat(tell(Side.PLINTH, 0)).isEmpty();
        assertThat(tell(Side.NACOS, 0)).containsExactly("nothing");

        show(Side.NACOS);
        assertThat(tell(Side.NACOS, LATER)).containsExactly("10.0.0.1:1");
    }

    @Test
    void what_is_gone_is_taken_back() {
        show(Side.NACOS, own("10.0.0.1"), own("10.0.0.2"));
        assertThat(tell(Side.PLINTH, LATER)).hasSize(2);
        show(Side.NACOS, own("10.0.0.2"));
        assertThat(tell(Side.PLINTH, LATER)).containsExactly("10.0.0.2:1");
    }

    @Test
    void what_is_missing_at_a_registry_that_was_just_found_again_is_kept_for_a_while() {
        show(Side.NACOS, own("10.0.0.1"), own("10.0.0.2"));
        assertThat(tell(Side.PLINTH, LATER)).hasSize(2);

        copies.lost(Side.NACOS);
        show(Side.NACOS);
        assertThat(tell(Side.PLINTH, LATER)).containsExactly("nothing");
        copies.seen(Side.NACOS, LATER);
        show(Side.NACOS, own("10.0.0.3"));
        assertThat(tell(Side.PLINTH, LATER)).containsExactly("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1");
        assertThat(tell(Side.PLINTH, 2 * LATER)).containsExactly("10.0.0.3:1");
    }

    @Test
    void a_new_connection_is_told_everything_again() {
        show(Side.NACOS, own("10.0.0.1"));
        assertThat(tell(Side.PLINTH, LATER)).hasSize(1);
        copies.lost(Side.PLINTH);
        assertThat(tell(Side.PLINTH, LATER)).containsExactly("nothing");
        copies.seen(Side.PLINTH, LATER);
        assertThat(tell(Side.PLINTH, LATER)).containsExactly("10.0.0.1:1");
    }

    @Test
    void an_instance_that_its_registry_shows_to_nobody_is_not_copied() {
        show(Side.NACOS, new Instance("10.0.0.1", 1, 1.0, false, "DEFAULT", Map.of()));
        assertThat(tell(Side.PLINTH, 0)).containsExactly("nothing");
    }
}

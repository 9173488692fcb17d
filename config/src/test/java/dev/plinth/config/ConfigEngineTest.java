package dev.plinth.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.EngineTrial;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfigEngineTest {
    private static final ConfigKey KEY = new ConfigKey("public", "DEFAULT_GROUP", "bank.properties");
    private static final Author ANN = new Author("ann", "10.0.0.1");
    private static final ConfigClient CLIENT = new ConfigClient("c1", "10.0.0.7", Map.of("stage", "canary"));

    private final EngineTrial<ConfigEngine, ConfigCommand, ConfigOutcome, Void, Config> trial =
            new EngineTrial<>(new ConfigEngine());

    private static ConfigText text(String content) {
        return ConfigText.of(content, "properties", "");
    }

    private ConfigOutcome publish(String content) {
        return trial.apply(new ConfigCommand.Publish(KEY, text(content), Optional.empty(), ANN));
    }

    private ConfigOutcome replace(String md5, String content) {
        return trial.apply(new ConfigCommand.Publish(KEY, text(content), Optional.of(md5), ANN));
    }

    private Config config() {
        return trial.engine().find(KEY).orElseThrow();
    }

    private static ConfigOutcome.Reason reason(ConfigOutcome outcome) {
        return ((ConfigOutcome.Denied) outcome).reason();
    }

    @Test
    void what_is_published_holds_and_each_change_has_a_version_with_its_author_and_time() {
        assertThat(publish("a=1")).isEqualTo(new ConfigOutcome.Done(1));
        assertThat(publish("a=2")).isEqualTo(new ConfigOutcome.Done(2));

        assertThat(config().current()).contains(text("a=2"));
        assertThat(config().versions())
                .containsExactly(
                        new ConfigVersion(1, Optional.of(text("a=1")), trial.now(), ANN, Optional.empty()),
                        new ConfigVersion(2, Optional.of(text("a=2")), trial.now(), ANN, Optional.empty()));
        assertThat(trial.takeChanged()).containsExactly(KEY.key(), KEY.key());
    }

    @Test
    void what_holds_already_is_not_published_again() {
        publish("a=1");
        trial.takeChanged();
        assertThat(publish("a=1")).isEqualTo(new ConfigOutcome.Done(1));
        assertThat(config().versions()).hasSize(1);
        assertThat(trial.takeChanged()).isEmpty();
    }

    @Test
    void a_text_is_replaced_only_where_the_expected_one_is_there() {
        assertThat(reason(replace(text("a=0").md5(), "a=1"))).isEqualTo(ConfigOutcome.Reason.CONFLICT);
        assertThat(replace("", "a=1")).isEqualTo(new ConfigOutcome.Done(1));
        assertThat(reason(replace("", "a=2"))).isEqualTo(ConfigOutcome.Reason.CONFLICT);
        assertThat(replace(text("a=1").md5(), "a=2")).isEqualTo(new ConfigOutcome.Done(2));
        assertThat(replace(text("a=1").md5(), "a=2"))
                .as("the same once more, because its answer was lost")
                .isEqualTo(new ConfigOutcome.Done(2));
    }

    @Test
    void a_removed_text_is_gone_and_its_history_stays_to_go_back_to() {
        publish("a=1");
        assertThat(trial.apply(new ConfigCommand.Remove(KEY, ANN))).isEqualTo(new ConfigOutcome.Done(2));
        assertThat(trial.apply(new ConfigCommand.Remove(KEY, ANN))).isEqualTo(new ConfigOutcome.Done(2));
        assertThat(config().current()).isEmpty();
        assertThat(trial.engine().list("public ", "", 10)).isEmpty();

        assertThat(trial.apply(new ConfigCommand.RollBack(KEY, 1, ANN))).isEqualTo(new ConfigOutcome.Done(3));
        assertThat(config().current()).contains(text("a=1"));
        assertThat(config().versions().getLast().rolledBackTo()).contains(1L);
        assertThat(trial.engine().list("public ", "", 10)).containsExactly(config());
    }

    @Test
    void to_what_is_not_kept_nobody_goes_back() {
        assertThat(reason(trial.apply(new ConfigCommand.RollBack(KEY, 1, ANN))))
                .isEqualTo(ConfigOutcome.Reason.NOT_FOUND);
        for (int i = 0; i < ConfigLimits.VERSIONS_MAX + 5; i++) {
            publish("a=" + i);
        }
        assertThat(config().versions()).hasSize(ConfigLimits.VERSIONS_MAX);
        assertThat(reason(trial.apply(new ConfigCommand.RollBack(KEY, 5, ANN))))
                .isEqualTo(ConfigOutcome.Reason.NOT_FOUND);
        assertThat(trial.apply(new ConfigCommand.RollBack(KEY, 6, ANN))).isInstanceOf(ConfigOutcome.Done.class);
    }

    @Test
    void big_texts_push_their_older_versions_out() {
        for (int i = 0; i < 6; i++) {
            publish(Integer.toString(i).repeat(ConfigLimits.CONTENT_BYTES_MAX));
        }
        assertThat(config().versions()).hasSize(3);
        assertThat(trial.engine().bytes()).isLessThanOrEqualTo(ConfigLimits.HISTORY_BYTES_MAX);
    }

    @Test
    void a_grey_release_is_for_those_who_fit_its_rule_and_the_newest_goes_first() {
        publish("a=1");
        release("by-address", new GreyRule.Addresses(Set.of("10.0.0.7")), "a=2");
        assertThat(config().forClient(CLIENT)).contains(text("a=2"));
        assertThat(config().forClient(new ConfigClient("c2", "10.0.0.8", Map.of())))
                .contains(text("a=1"));

        release("by-label", new GreyRule.Label("stage", "canary"), "a=3");
        assertThat(config().forClient(CLIENT)).contains(text("a=3"));

        trial.apply(new ConfigCommand.Withdraw(KEY, "by-label", ANN));
        assertThat(config().forClient(CLIENT)).contains(text("a=2"));
        trial.apply(new ConfigCommand.Withdraw(KEY, "by-address", ANN));
        assertThat(config().forClient(CLIENT)).contains(text("a=1"));
        assertThat(config().current()).contains(text("a=1"));
    }

    private ConfigOutcome release(String name, GreyRule rule, String content) {
        return trial.apply(new ConfigCommand.Release(KEY, name, rule, text(content), ANN));
    }

    @Test
    void a_percentage_takes_about_so_many_and_a_higher_one_takes_the_same_and_others() {
        int tenth = 0;
        for (int i = 0; i < 10_000; i++) {
            var client = new ConfigClient("client-" + i, "10.0.0.7", Map.of());
            boolean inTenth = new GreyRule.Percentage(10).fits(client);
            tenth += inTenth ? 1 : 0;
            assertThat(new GreyRule.Percentage(0).fits(client)).isFalse();
            assertThat(new GreyRule.Percentage(100).fits(client)).isTrue();
            if (inTenth) {
                assertThat(new GreyRule.Percentage(50).fits(client)).isTrue();
            }
        }
        assertThat(tenth).isBetween(800, 1_200);
    }

    @Test
    void a_restored_engine_has_the_same_state_and_goes_on_from_it() {
        publish("a=1");
        publish("a=2");
        release("some", new GreyRule.Percentage(7), "a=3");
        release("others", new GreyRule.Addresses(Set.of("10.0.0.8", "10.0.0.7")), "a=4");
        trial.apply(new ConfigCommand.RollBack(KEY, 1, ANN));
        trial.apply(new ConfigCommand.Publish(
                new ConfigKey("ns", "g", "d"), ConfigText.of("x", "", "key"), Optional.empty(), new Author("", "")));
        trial.apply(new ConfigCommand.Remove(new ConfigKey("ns", "g", "d"), ANN));

        var restored = trial.restoredIn(ConfigEngine::new);

        assertThat(restored.state()).isEqualTo(trial.state());
        assertThat(restored.engine().find(KEY)).contains(config());
        var next = new ConfigCommand.Publish(KEY, text("a=5"), Optional.empty(), ANN);
        assertThat(restored.apply(next)).isEqualTo(trial.apply(next));
        assertThat(restored.state()).isEqualTo(trial.state());
    }

    @Test
    void commands_and_outcomes_come_back_from_disk_as_they_were() {
        for (ConfigCommand command : List.of(
                new ConfigCommand.Publish(KEY, text("ü=1"), Optional.of(""), ANN),
                new ConfigCommand.Publish(KEY, text("a"), Optional.empty(), ANN),
                new ConfigCommand.Remove(KEY, ANN),
                new ConfigCommand.RollBack(KEY, 7, ANN),
                new ConfigCommand.Release(KEY, "n", new GreyRule.Addresses(Set.of("1.1.1.1")), text("b"), ANN),
                new ConfigCommand.Release(KEY, "n", new GreyRule.Label("l", "v"), text("b"), ANN),
                new ConfigCommand.Release(KEY, "n", new GreyRule.Percentage(0), text("b"), ANN),
                new ConfigCommand.Withdraw(KEY, "n", ANN))) {
            assertThat(ConfigCodecs.COMMANDS.decode(ByteBuffer.wrap(ConfigCodecs.COMMANDS.encode(command))))
                    .isEqualTo(command);
        }
        for (var reason : ConfigOutcome.Reason.values()) {
            var denied = new ConfigOutcome.Denied(reason, "m");
            assertThat(ConfigCodecs.OUTCOMES.decode(ByteBuffer.wrap(ConfigCodecs.OUTCOMES.encode(denied))))
                    .isEqualTo(denied);
        }
        var done = new ConfigOutcome.Done(3);
        assertThat(ConfigCodecs.OUTCOMES.decode(ByteBuffer.wrap(ConfigCodecs.OUTCOMES.encode(done))))
                .isEqualTo(done);
    }

    @Test
    void what_is_not_sound_is_refused_with_the_field_and_what_was_expected() {
        assertThatThrownBy(() -> new ConfigKey("public", "a b", "d"))
                .hasMessage("group is \"a b\": expected 1 to 256 printable ASCII characters without space");
        assertThatThrownBy(() -> text("x".repeat(ConfigLimits.CONTENT_BYTES_MAX + 1)))
                .hasMessage("content has 524289 bytes: expected at most 524288");
        assertThatThrownBy(() -> new GreyRule.Percentage(101)).hasMessage("percentage is 101: expected 0 to 100");
        assertThatThrownBy(() -> new GreyRule.Addresses(Set.of())).hasMessage("addresses are 0: expected 1 to 1000");
    }
}

package dev.plinth.registry.door.nacos;

import dev.plinth.config.ConfigKey;
import dev.plinth.kernel.Clock;
import dev.plinth.registry.door.mirror.ConfigListeners;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** The long polls of clients before 2.0: an answer when one of their texts is another one, or none after a while. */
final class ConfigPolls {
    /*
     * A poll names for each text the MD5 that its client has, as words between STX and lines between SOH:
     * "dataId STX group STX md5 [STX tenant] SOH". The answer names those that differ, in the same way, encoded as of a URL.
     */
    private static final String WORD = "\u0002";
    private static final String LINE = "\u0001";

    /** Polls that wait; one more is answered at once, as if nothing had changed. */
    private static final int WAITING_MAX = 10_000;

    /** Texts of one poll. */
    private static final int TEXTS_MAX = 3_000;

    private static final long WAIT_MS_MAX = 60_000;

    /** The answer is to arrive before the client loses patience. */
    private static final long EARLIER_MS = 500;

    private final ConfigListeners listeners;
    private final Clock clock;
    private final Executor workers;
    private final AtomicInteger waiting = new AtomicInteger();

    ConfigPolls(ConfigListeners listeners, Clock clock, Executor workers) {
        this.listeners = listeners;
        this.clock = clock;
        this.workers = workers;
    }

    private record Asked(String dataId, String group, String md5, String tenant) {
        ConfigKey key() {
            return new ConfigKey(tenant.isEmpty() ? NacosService.DEFAULT_NAMESPACE : tenant, group, dataId);
        }

        String answer() {
            return dataId + WORD + group + (tenant.isEmpty() ? "" : WORD + tenant) + LINE;
        }
    }

    /**
     * Answers when something differs, or when the time is over; then with the empty text.
     *
     * @param md5 of what this client gets under a key; may wait
     */
    CompletableFuture<String> poll(String texts, long waitMs, Function<ConfigKey, String> md5) {
        var asked = read(texts);
        var answer = new CompletableFuture<String>();
        var listener = (ConfigListeners.Listener) (_, _) -> look(asked, md5, answer);
        boolean mayWait = waiting.incrementAndGet() <= WAITING_MAX && waitMs > EARLIER_MS;
        if (mayWait) {
            // First the ear, then the look: what changes in between is told.
            asked.forEach(one -> listeners.add(one.key().key(), listener));
        }
        look(asked, md5, answer);
        if (!mayWait) {
            answer.complete("");
        }
        var alarm = clock.schedule(
                Duration.ofMillis(Math.clamp(waitMs - EARLIER_MS, 0, WAIT_MS_MAX)),
                () -> workers.execute(() -> answer.complete("")));
        return answer.whenComplete((_, _) -> {
            alarm.cancel();
            waiting.decrementAndGet();
            asked.forEach(one -> listeners.remove(one.key().key(), listener));
        });
    }

    private static void look(List<Asked> asked, Function<ConfigKey, String> md5, CompletableFuture<String> answer) {
        var differing = new StringBuilder();
        for (var one : asked) {
            if (!md5.apply(one.key()).equals(one.md5())) {
                differing.append(one.answer());
            }
        }
        if (!differing.isEmpty()) {
            answer.complete(URLEncoder.encode(differing.toString(), StandardCharsets.UTF_8));
        }
    }

    private static List<Asked> read(String texts) {
        List<Asked> asked = new ArrayList<>();
        for (var line : texts.split(LINE)) {
            var words = line.split(WORD, -1);
            if (words.length < 3 || words.length > 4) {
                throw new NacosRefusal(
                        NacosRefusal.INVALID,
                        "Listening-Configs has a line of " + words.length
                                + " words: expected data id, group, MD5 and perhaps a tenant");
            }
            var one = new Asked(words[0], words[1], words[2], words.length == 4 ? words[3] : "");
            try {
                var _ = one.key();
            } catch (IllegalArgumentException e) {
                throw new NacosRefusal(NacosRefusal.INVALID, String.valueOf(e.getMessage()));
            }
            asked.add(one);
            if (asked.size() > TEXTS_MAX) {
                throw new NacosRefusal(NacosRefusal.OVER_LIMIT, "more than " + TEXTS_MAX + " texts in one poll");
            }
        }
        return asked;
    }
}

package dev.plinth.acceptance.bank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Three servers under load, restarted one after the other, and their leaders killed: clients notice no more than a change of leader. How
 * long a write pauses is printed and not judged here, for it depends on what else the machine does.
 */
@Tag("alone")
class RollingRestartTest {
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final int LEADER_KILLS = 3;
    private static final long WRITES_BETWEEN = 100;
    private static final Pattern GAVE_UP = Pattern.compile(".* gave_up=([1-9][0-9]*).*");

    @Test
    void servers_restarted_one_by_one_and_killed_leaders_cost_no_request_that_is_tried_again() throws Exception {
        Path directory = Files.createDirectories(Path.of(
                        "target",
                        "rolling-restart",
                        "" + ProcessHandle.current().pid())
                .toAbsolutePath());
        try (BankHouse house = BankHouse.start(directory, TRANSACTION_TIMEOUT, 3)) {
            HouseProcess driver = house.bank(
                    "driver",
                    List.of(
                            "driver",
                            "--server",
                            house.http(),
                            "--clients",
                            "8",
                            "--rate",
                            "80",
                            "--mix",
                            "5,10,10,5,10,60",
                            "--retry-for",
                            "30s"));
            driver.awaitReady();
            try (WriteProbe probe = new WriteProbe(house.http())) {
                awaitWrites(probe);
                long before = probe.takeLongestPauseMillis();

                List<Long> restarts = new ArrayList<>();
                for (String server : house.servers()) {
                    assertThat(house.process(server).stop()).isIn(0, 143);
                    awaitWrites(probe);
                    house.run(server);
                    house.awaitReady(server);
                    await().atMost(SOON).until(() -> ready(house, server));
                    awaitWrites(probe);
                    restarts.add(probe.takeLongestPauseMillis());
                }
                assertThat(driver.lines())
                        .noneMatch(line -> GAVE_UP.matcher(line).matches());

                List<Long> kills = new ArrayList<>();
                for (int kill = 0; kill < LEADER_KILLS; kill++) {
                    await().atMost(SOON)
                            .until(() -> house.leader("configuration").isPresent());
                    String leader = house.leader("configuration").orElseThrow();
                    house.kill(leader);
                    awaitWrites(probe);
                    kills.add(probe.takeLongestPauseMillis());
                    house.run(leader);
                    house.awaitReady(leader);
                    await().atMost(SOON).until(() -> ready(house, leader));
                    awaitWrites(probe);
                    var _ = probe.takeLongestPauseMillis();
                }
                System.out.println("longest pause of a client's writes, ms: before anything " + before
                        + "; restarted one by one " + restarts + "; leader killed " + kills + "; " + probe.written()
                        + " writes, " + probe.refused() + " asked of another server");
                assertThat(driver.lines())
                        .noneMatch(line -> GAVE_UP.matcher(line).matches());
            }
        }
    }

    private static boolean ready(BankHouse house, String server) throws InterruptedException {
        try {
            return house.get(server, "/health/ready").equals("ok\n");
        } catch (IOException e) {
            return false;
        }
    }

    private static void awaitWrites(WriteProbe probe) {
        long from = probe.written();
        await().atMost(SOON).until(() -> probe.written() > from + WRITES_BETWEEN);
    }
}

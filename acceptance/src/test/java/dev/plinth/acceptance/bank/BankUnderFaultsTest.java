package dev.plinth.acceptance.bank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The bank under load, its servers and a payments process killed with SIGKILL. */
@Tag("alone")
class BankUnderFaultsTest {
    private static final int SERVER_KILLS = 5;
    private static final int LEADER_KILLS = 3;
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(5);
    /** For the coordinator to notice a time-out, and for both second phases. */
    private static final Duration SETTLING = Duration.ofSeconds(10);

    private static final Duration PROGRESS_WITHIN = Duration.ofSeconds(45);
    private static final Pattern TRANSFERS = Pattern.compile("DRIVER second=.* transfers=([1-9][0-9]*) .*");

    /** What is done to the bank while it runs. */
    private interface Faults {
        void happen(BankHouse house, HouseProcess driver) throws Exception;
    }

    @Test
    void whatever_is_killed_the_sum_is_exact_no_acknowledged_transfer_is_missing_and_nothing_hangs() throws Exception {
        run("one", 1, BankUnderFaultsTest::killServerAndPayments);
    }

    @Test
    void three_servers_go_on_whichever_of_them_is_killed_and_the_sum_is_exact() throws Exception {
        run("three", 3, BankUnderFaultsTest::killLeaders);
    }

    private static void killServerAndPayments(BankHouse house, HouseProcess driver) throws Exception {
        for (int kill = 1; kill <= SERVER_KILLS; kill++) {
            house.kill("server");
            house.run("server");
            house.awaitReady("server");
            if (kill == 2) {
                house.kill("payments-east");
                awaitTransfers(driver); // the other cell's customers go on paying
                house.run("payments-east");
                house.awaitReady("payments-east");
            }
            awaitTransfers(driver);
        }
        assertThat(driver.lines()).as("kills that hit something").anyMatch(line -> line.contains(" failed."));
    }

    /** No transfer need fail of that, nor the driver have talked to a server that is killed; but another one has to lead. */
    private static void killLeaders(BankHouse house, HouseProcess driver) throws Exception {
        for (int kill = 1; kill <= LEADER_KILLS; kill++) {
            await().atMost(PROGRESS_WITHIN)
                    .until(() -> house.leader("transactions").isPresent());
            String leader = house.leader("transactions").orElseThrow();
            house.kill(leader);
            await().atMost(PROGRESS_WITHIN)
                    .until(() -> house.leader("transactions")
                            .filter(next -> !next.equals(leader))
                            .isPresent());
            awaitTransfers(driver); // without it
            house.run(leader);
            house.awaitReady(leader);
            awaitTransfers(driver);
        }
    }

    private static void run(String name, int servers, Faults faults) throws Exception {
        Path directory = Files.createDirectories(Path.of(
                        "target",
                        "bank-under-faults",
                        name + "-" + ProcessHandle.current().pid())
                .toAbsolutePath());
        Path acknowledged = directory.resolve("acknowledged");
        try (BankHouse house = BankHouse.start(directory, TRANSACTION_TIMEOUT, servers)) {
            HouseProcess driver = house.bank(
                    "driver",
                    List.of(
                            "driver",
                            "--server",
                            house.http(),
                            "--clients",
                            "12",
                            "--rate",
                            "150",
                            "--mix",
                            "5,10,10,5,10,60",
                            "--cross-cell-share",
                            "0.5",
                            "--retry-for",
                            "30s",
                            "--acknowledged",
                            acknowledged.toString()));
            HouseProcess auditor = house.bank("auditor", withDatabases(house, "auditor", "--every", "500ms"));
            driver.awaitReady();
            auditor.awaitReady();
            awaitTransfers(driver);

            faults.happen(house, driver);

            assertThat(driver.stop()).isIn(0, 143);
            HouseProcess verify = house.bank(
                    "verify",
                    withDatabases(
                            house,
                            "verify",
                            "--acknowledged",
                            acknowledged.toString(),
                            "--patience",
                            TRANSACTION_TIMEOUT.plus(SETTLING).toSeconds() + "s"));
            assertThat(verify.awaitEnd(Duration.ofSeconds(60)))
                    .as(() -> String.join("\n", verify.lines()))
                    .isZero();
            await().atMost(SETTLING)
                    .until(() -> house.get("/api/v1/transactions?state=live").contains("\"transactions\":[]"));
            assertThat(Files.readAllLines(acknowledged)).hasSizeGreaterThan(100);
            assertThat(auditor.isAlive()).isTrue();
            assertThat(auditor.lines())
                    .noneMatch(line -> line.contains("BROKEN"))
                    .anyMatch(line -> line.startsWith("AUDIT exact"));
        }
    }

    /** Waits for a second that ends after now and in which transfers were acknowledged. */
    private static void awaitTransfers(HouseProcess driver) throws InterruptedException {
        int from = driver.printed();
        driver.awaitLine(from, line -> TRANSFERS.matcher(line).matches(), PROGRESS_WITHIN);
        int next = driver.printed();
        driver.awaitLine(next, line -> TRANSFERS.matcher(line).matches(), PROGRESS_WITHIN);
    }

    private static List<String> withDatabases(BankHouse house, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(house.databaseOptions());
        return all;
    }
}

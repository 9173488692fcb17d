package dev.plinth.acceptance.dev;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import dev.plinth.acceptance.console.Chromium;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** {@code plinth dev} as its user sees it: nine processes, a browser, a kill, and Ctrl-C. One start serves all tests. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the last one stops it
@Tag("alone")
final class DevTest {
    private static final Duration UP_MAX = Duration.ofMinutes(4);
    private static final Duration SOON = Duration.ofMinutes(1);
    /** Processes that do not stop when they are asked are ended after a grace, one after the other. */
    private static final Duration LONG = Duration.ofMinutes(3);

    private static final double SOON_MILLIS = 60_000;
    private static final Pattern A_POSITIVE_NUMBER = Pattern.compile(".*[1-9].*");

    @TempDir
    private static Path data;

    private static DevProcess dev;
    private static Chromium chromium;
    private static Page page;

    @BeforeAll
    static void start() throws Exception {
        dev = DevProcess.start(data);
        dev.awaitLine("Up in", UP_MAX);
        chromium = new Chromium();
        page = chromium.browser().newPage();
        page.setDefaultTimeout(SOON_MILLIS);
        page.navigate(dev.console());
    }

    @AfterAll
    static void stop() {
        chromium.close();
        dev.close();
    }

    private static void figureIsPositive(String figure) {
        assertThat(page.getByTestId("figure-" + figure))
                .containsText(A_POSITIVE_NUMBER, new LocatorAssertions.ContainsTextOptions().setTimeout(SOON_MILLIS));
    }

    @Test
    @Order(1)
    void the_bank_runs_and_the_browser_shows_it() {
        figureIsPositive("rate");
        figureIsPositive("p50");
        figureIsPositive("p99");
        assertThat(page.getByTestId("cell-east")).containsText("Accounts:1.0");
        assertThat(page.getByTestId("cell-east")).containsText("Payments:1.0");
        assertThat(page.getByTestId("cell-west")).containsText("50 of 100 shards");
        assertThat(page.getByTestId("cell-west")).containsText("Accounts:1.0");
    }

    @Test
    @Order(2)
    void a_recent_transfer_can_be_opened_with_its_branches() {
        // The list moves on with each second, so the transfer is opened by its address.
        page.navigate(dev.console() + "/transactions/" + dev.recentXid());
        assertThat(page.getByTestId("detail")).containsText("bank.");
    }

    @Test
    @Order(2)
    void workloads_prove_what_they_are_and_are_marked_as_simulated_and_one_that_was_changed_is_refused() {
        page.navigate(dev.console() + "/trust/evidence?verdict=refused");
        var refused = page.getByTestId("appraisals").locator("tbody tr").first();
        assertThat(refused)
                .containsText("Refused", new LocatorAssertions.ContainsTextOptions().setTimeout(SOON_MILLIS));
        assertThat(refused).containsText("Simulated");
        assertThat(page.getByTestId("tile-identities")).containsText("development.plinth");
    }

    @Test
    @Order(3)
    void the_server_killed_with_kill_9_comes_back_and_the_page_recovers_by_itself() {
        page.navigate(dev.console());
        assertThat(page.getByTestId("connection")).hasText("Live");
        dev.kill("server");
        assertThat(page.getByTestId("connection")).not().hasText("Live");
        dev.awaitLine("server .*ready .*restarted 1", SOON);
        assertThat(page.getByTestId("connection")).hasText("Live");
        figureIsPositive("rate");
    }

    @Test
    @Order(4)
    void the_auditor_has_found_no_cent_made_or_lost() {
        long before = dev.audits();
        await().atMost(SOON).until(() -> dev.audits() > before + 2);
        assertThat(dev.log("auditor")).contains("AUDIT exact").doesNotContain("BROKEN");
    }

    @Test
    @Order(5)
    void a_second_one_on_the_same_port_says_so_and_disturbs_nothing() throws Exception {
        assertThat(dev.second()).contains("--http-port: port " + dev.httpPort() + " is taken");
    }

    @Test
    @Order(6)
    void ctrl_c_stops_every_process() {
        var started = dev.processes();
        assertThat(started).hasSizeGreaterThanOrEqualTo(9);

        dev.interrupt();

        await().atMost(LONG).until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
    }
}

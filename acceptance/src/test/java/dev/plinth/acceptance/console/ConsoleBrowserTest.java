package dev.plinth.acceptance.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.plinth.server.console.Alert;
import dev.plinth.server.console.ConsoleSource;
import dev.plinth.server.console.TransactionDetail;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The built console in Chromium, on a door that an invented bank feeds. */
final class ConsoleBrowserTest {
    private static Chromium chromium;

    private final BankScene bank = new BankScene(Instant.now().minus(Duration.ofMinutes(5)));
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final List<String> hosts = new CopyOnWriteArrayList<>();
    private Line line;
    private ConsoleServer server;
    private BrowserContext context;
    private Page page;

    @BeforeAll
    static void launch() {
        chromium = new Chromium();
    }

    @AfterAll
    static void quit() {
        chromium.close();
    }

    @BeforeEach
    void open() throws IOException {
        line = new Line();
        serve(bank);
        context = chromium.browser().newContext(new Browser.NewContextOptions().setColorScheme(ColorScheme.DARK));
        context.setDefaultTimeout(20_000);
        page = context.newPage();
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") || message.type().equals("warning")) {
                errors.add(message.text());
            }
        });
        page.onPageError(errors::add);
        page.onRequest(request -> hosts.add(URI.create(request.url()).getAuthority()));
    }

    @AfterEach
    void closeAndCheckThatItWasQuiet() throws IOException {
        context.close();
        server.close();
        line.close();
        assertThat(hosts).as("hosts asked").containsOnly("127.0.0.1:" + line.port());
        assertThat(errors).as("the browser's own complaints").isEmpty();
    }

    private void serve(ConsoleSource source) {
        server = new ConsoleServer(source, 0);
        line.join(server);
    }

    private void go(String path) {
        page.navigate("http://127.0.0.1:" + line.port() + path);
    }

    private Locator figure(String name) {
        return page.getByTestId("figure-" + name).locator(".value span");
    }

    private String address() {
        return page.url().replaceFirst("^http://[^/]+", "");
    }

    @Test
    void the_figures_are_those_of_the_last_second_and_change_with_each() {
        go("/");
        assertThat(page.getByTestId("connection")).hasText("Live");
        for (int i = 0; i < 3; i++) {
            String shown = figure("rate").innerText();
            assertThat(figure("rate")).not().hasText(shown);
        }
        page.waitForCondition(() -> figure("live")
                .innerText()
                .equals(String.valueOf(bank.lastSample().live())));
    }

    @Test
    void the_overview_shows_cells_with_their_services_and_a_chart() {
        go("/");
        Locator east = page.getByTestId("cell-east");
        assertThat(east).containsText("50 of 100 shards");
        assertThat(east).containsText("Accounts:1.0");
        assertThat(east).containsText("127.0.0.1:41873");
        assertThat(page.locator(".uplot canvas")).hasCount(2);
    }

    @Test
    void an_endpoint_that_dies_is_seen_dying() {
        go("/services");
        Locator west = page.getByTestId("services").getByText("127.0.0.1:40217");
        assertThat(west).isVisible();
        bank.stopWestAccounts();
        assertThat(page.getByTestId("services")).containsText("gone");
        assertThat(west).isVisible();
    }

    @Test
    void an_alert_stands_above_every_view() {
        bank.alert(new Alert(
                "auditor",
                Alert.Severity.CRITICAL,
                "The sum is wrong by 5.00",
                "See the auditor's log",
                Instant.now()));
        go("/cells");
        assertThat(page.getByText("The sum is wrong by 5.00")).isVisible();
    }

    @Test
    void transactions_appear_as_they_end() {
        go("/transactions");
        Locator first = page.getByTestId("transactions").locator("tbody tr a").first();
        assertThat(first).isVisible();
        String newest = first.innerText();
        assertThat(first).not().hasText(newest);
    }

    @Test
    void a_search_is_in_the_address_and_finds_by_xid() {
        go("/transactions");
        assertThat(page.getByTestId("transactions").locator("tbody tr").first()).isVisible();
        String xid = bank.newest().transaction().xid();

        page.keyboard().press("/");
        page.keyboard().type(xid);

        assertThat(page.getByTestId("transactions").locator("tbody tr")).hasCount(1);
        assertThat(page).hasURL(Pattern.compile("q=127\\.0\\.0\\.1"));
        page.reload();
        assertThat(page.getByTestId("transactions").locator("tbody tr")).hasCount(1);
        assertThat(page.getByRole(AriaRole.SEARCHBOX)).hasValue(xid);
    }

    @Test
    void a_search_that_finds_nothing_says_so() {
        go("/transactions?q=nobody-is-called-so");
        assertThat(page.getByText("Nothing found")).isVisible();
    }

    @Test
    void a_detail_opens_from_a_row_and_from_its_address() {
        go("/transactions");
        Locator row = page.getByTestId("transactions").locator("tbody a").first();
        row.hover();
        row.focus();
        row.press("Enter");
        assertThat(page.getByTestId("detail")).isVisible();

        TransactionDetail transfer = bank.newestOfTwoCells();
        go("/transactions/" + transfer.transaction().xid());
        Locator detail = page.getByTestId("detail");
        assertThat(detail).containsText(transfer.transaction().xid());
        assertThat(detail).containsText("2 branches");
        assertThat(detail).containsText("bank.debit");
        assertThat(detail).containsText(transfer.branches().getFirst().locks().getFirst());
        assertThat(detail.locator(".lane")).hasCount(3);

        page.keyboard().press("Escape");
        assertThat(detail).isHidden();
        assertThat(address()).isEqualTo("/transactions");
        page.goBack();
        assertThat(detail).isVisible();
    }

    @Test
    void a_saga_shows_its_steps_and_what_has_become_of_each() {
        TransactionDetail saga = bank.sagaThatGoesBack();
        go("/transactions/" + saga.transaction().xid());
        Locator steps = page.getByTestId("saga").locator("li");
        assertThat(steps).hasCount(3);
        assertThat(steps.nth(0)).containsText("flight");
        assertThat(steps.nth(0)).containsText("Being compensated");
        assertThat(steps.nth(1)).containsText("hotel");
        assertThat(steps.nth(2)).containsText("car");
        assertThat(steps.nth(2)).containsText("Failed");
    }

    @Test
    void the_list_beside_an_open_detail_shows_all_its_columns() {
        page.setViewportSize(1280, 800);
        go("/");
        page.waitForCondition(() -> bank.lastSample().live() > 0);
        go("/transactions/" + bank.newest().transaction().xid());
        assertThat(page.getByTestId("detail")).isVisible();
        Locator table = page.getByTestId("transactions");
        assertThat(table).isVisible();
        assertThat((boolean) table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth"))
                .isTrue();
    }

    @Test
    void the_timeline_is_drawn_to_scale() {
        go("/");
        page.waitForCondition(() -> bank.lastSample().live() > 0);
        TransactionDetail transfer = bank.newestOfTwoCells();
        go("/transactions/" + transfer.transaction().xid());
        Locator lanes = page.getByTestId("detail").locator(".lane");
        assertThat(lanes).hasCount(3);
        double whole = lanes.nth(0).locator(".bar.whole").boundingBox().width;
        double left = lanes.nth(0).boundingBox().x;
        double registered = lanes.nth(1).locator(".bar.one").boundingBox().x - left;
        // The scene registers the first branch after 12 hundredths of the whole.
        assertThat(registered / whole).isBetween(0.11, 0.13);
    }

    @Test
    void an_unknown_xid_in_the_address_is_explained() {
        go("/transactions/127.0.0.1:8091:1");
        assertThat(page.getByTestId("detail")).containsText("Nothing is known of this transaction");
        // The browser reports every answer of 404 as an error.
        errors.removeIf(error -> error.contains("404"));
    }

    @Test
    void the_theme_follows_the_system_until_chosen_and_is_then_kept_in_the_address() {
        go("/");
        assertThat(page.locator("body")).hasCSS("color", "rgb(228, 234, 240)");
        page.getByLabel("Switch to light theme").click();
        assertThat(page.locator("body")).hasCSS("color", "rgb(23, 32, 42)");
        page.getByRole(
                        AriaRole.LINK,
                        new Page.GetByRoleOptions().setName("Cells").setExact(true))
                .click();
        assertThat(address()).isEqualTo("/cells?theme=light");
        page.reload();
        assertThat(page.locator("html")).hasAttribute("data-theme", "light");
    }

    @Test
    void a_shard_is_found_by_keyboard_and_kept_in_the_address() {
        go("/cells");
        assertThat(page.getByTestId("epoch")).hasText(String.valueOf(BankScene.EPOCH));
        Locator shards = page.getByTestId("shards").locator("button");
        assertThat(shards).hasCount(100);
        shards.first().focus();
        for (int i = 0; i < 5; i++) {
            page.keyboard().press("ArrowDown");
        }
        page.keyboard().press("ArrowRight");
        page.keyboard().press("Enter");
        assertThat(page.getByText("Owned by west in zone-2, home.")).isVisible();
        assertThat(address()).isEqualTo("/cells?shard=51");
    }

    @Test
    void an_empty_house_says_how_to_fill_it() {
        server.close();
        serve(new EmptyHouse());
        go("/");
        assertThat(page.getByText("No transactions yet")).isVisible();
        assertThat(page.locator("main")).containsText("./plinth dev");
        assertThat(page.locator("main")).containsText("127.0.0.1:8091");
        go("/services");
        assertThat(page.getByText("No services yet")).isVisible();
        go("/cells");
        assertThat(page.getByText("No cell map yet")).isVisible();
        go("/trust");
        assertThat(page.getByText("Nothing is trusted here yet")).isVisible();
        assertThat(page.locator("main")).containsText("domain: example.org");
    }

    @Test
    void a_server_that_goes_away_is_told_and_one_that_comes_back_is_followed() throws IOException {
        go("/");
        assertThat(page.getByTestId("connection")).hasText("Live");
        assertThat(page.getByTestId("stale")).hasCount(0);

        line.cut();
        server.close();
        assertThat(page.getByTestId("stale")).containsText("Server away, reconnecting");
        assertThat(page.getByTestId("connection")).containsText("Stale");
        assertThat(figure("rate")).not().hasText("–");

        serve(bank);
        assertThat(page.getByTestId("connection")).hasText("Live");
        assertThat(page.getByTestId("stale")).hasCount(0);
        String shown = figure("rate").innerText();
        assertThat(figure("rate")).not().hasText(shown);
        // While the server is away, the browser reports each request that fails.
        errors.removeIf(error -> error.contains("net::ERR"));
    }

    @Test
    void a_page_that_nobody_sees_holds_no_stream_and_catches_up_when_it_is_seen() {
        AtomicInteger ended = new AtomicInteger();
        page.onRequestFailed(request -> ended.addAndGet(request.url().endsWith("/live") ? 1 : 0));
        go("/");
        assertThat(page.getByTestId("connection")).hasText("Live");

        see(false);
        page.waitForCondition(() -> ended.get() == 1);
        String shown = figure("rate").innerText();

        page.waitForRequest("**/api/v1/live", () -> see(true));
        assertThat(page.getByTestId("connection")).hasText("Live");
        assertThat(figure("rate")).not().hasText(shown);
    }

    private void see(boolean visible) {
        page.evaluate(
                "visible => { Object.defineProperty(document, 'hidden', { get: () => !visible, configurable: true });"
                        + " document.dispatchEvent(new Event('visibilitychange')); }",
                visible);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/transactions", "/services", "/cells", "/trust"})
    void a_narrow_page_needs_no_sideways_scrolling(String view) {
        page.setViewportSize(390, 844);
        go(view);
        assertThat(page.getByTestId("connection")).hasText("Live");
        assertThat(page.locator(".live").first()).isVisible();
        assertThat((boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .isTrue();
    }
}

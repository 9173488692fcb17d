package dev.plinth.acceptance.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The console's view of trust in Chromium, on a whole server to which workloads prove what they are. */
final class TrustBrowserTest {
    private static Chromium chromium;

    @TempDir
    private Path data;

    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final List<String> hosts = new CopyOnWriteArrayList<>();
    private TrustScene scene;
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
        scene = new TrustScene(data);
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
    void closeAndCheckThatItWasQuiet() {
        context.close();
        scene.close();
        assertThat(hosts).as("hosts asked").containsOnly("127.0.0.1:" + scene.port());
        assertThat(errors).as("the browser's own complaints").isEmpty();
    }

    private void go(String path) {
        page.navigate("http://127.0.0.1:" + scene.port() + path);
    }

    private String address() {
        return page.url().replaceFirst("^http://[^/]+", "");
    }

    private Locator rows(String table) {
        return page.getByTestId(table).locator("tbody tr");
    }

    @Test
    void identities_show_who_gets_them_who_signs_and_who_got_one() {
        assertThat(scene.attest(TrustScene.GOOD)).isTrue();
        go("/");
        assertThat(page.getByTestId("connection")).hasText("Live");
        page.keyboard().press("5");
        assertThat(rows("entries")).hasCount(1);
        assertThat(rows("entries").first()).containsText(TrustScene.ID);
        assertThat(rows("entries").first()).containsText("evidence:main/payments");
        assertThat(page.getByTestId("authorities")).containsText("Signing");
        assertThat(page.getByTestId("issued")).containsText("/payments");
        assertThat(page.getByTestId("attestors")).containsText("Simulated");
        assertThat(page.getByTestId("tile-identities")).containsText("example.org");
    }

    @Test
    void a_refusal_is_found_and_its_failed_check_says_what_was_expected_found_and_where() {
        assertThat(scene.attest(TrustScene.GOOD)).isTrue();
        assertThat(scene.attestAsAStranger()).isFalse();
        go("/trust/evidence");
        assertThat(rows("appraisals")).hasCount(2);
        assertThat(page.getByTestId("tile-evidence")).containsText("1 refused");

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Refused"))
                .click();
        assertThat(rows("appraisals")).hasCount(1);
        assertThat(page).hasURL(Pattern.compile("verdict=refused"));
        Locator link = rows("appraisals").first().getByRole(AriaRole.LINK);
        link.focus();
        link.press("Enter");

        Locator detail = page.getByTestId("appraisal");
        assertThat(detail.getByTestId("verdict")).containsText("Refused");
        Locator root = detail.locator("[data-testid=check].failed").first();
        assertThat(root).containsText("root");
        assertThat(root).containsText("a root pinned for SIMULATION");
        assertThat(root).containsText("chain, certificate 1");
        assertThat(root.locator("dt").first()).hasText("expected");
        assertThat(detail.locator("[data-testid=check].passed").first()).isVisible();

        page.keyboard().press("Escape");
        assertThat(detail).isHidden();
        assertThat(address()).isEqualTo("/trust/evidence?verdict=refused");
    }

    @Test
    void evidence_of_no_hardware_is_marked_wherever_it_appears() throws Exception {
        assertThat(scene.attest(TrustScene.GOOD)).isTrue();
        assertThat(scene.fetch("1")).isTrue();
        go("/trust/evidence");
        assertThat(rows("appraisals")).hasCount(2);
        for (Locator row : rows("appraisals").all()) {
            assertThat(row).containsText("Simulated");
        }
        rows("appraisals").first().getByRole(AriaRole.LINK).click();
        Locator detail = page.getByTestId("appraisal");
        assertThat(detail.locator("header")).containsText("Simulated");
        assertThat(detail.getByTestId("evidence").locator("h3")).containsText("Simulated");
        assertThat(detail.locator("[data-testid=check].excusable").first()).containsText("Excused by policy (sample)");
        assertThat(detail.getByTestId("verdict")).containsText("Granted, by policy attestation:default@1");

        go("/trust/policies/identity%3Amain%2Fbuilt-here");
        page.getByTestId("try").click();
        page.getByLabel("Those that stay as well")
                .or(page.getByTestId("case").first())
                .first()
                .waitFor();
        assertThat(page.getByTestId("case").first()).containsText("Simulated");
    }

    @Test
    void a_policy_is_tried_on_recorded_evidence_and_holds_as_before() {
        assertThat(scene.attest(TrustScene.GOOD)).isTrue();
        assertThat(scene.attest(TrustScene.CHANGED)).isFalse();
        go("/trust/policies");
        assertThat(rows("policies")).hasCount(3);
        page.getByText("main/built-here").click();
        Locator policy = page.getByTestId("policy");
        Locator condition = policy.getByLabel("Condition, in CEL");
        assertThat(condition).hasValue("claims['measurement'] in references['builds']");

        condition.fill("claims['measurement'] ==");
        page.getByTestId("try").click();
        assertThat(policy.getByRole(AriaRole.ALERT)).containsText("condition");

        condition.fill("true");
        page.getByTestId("try").click();
        Locator run = page.getByTestId("dry-run");
        assertThat(run).containsText("1 of 2 pieces of evidence would change");
        assertThat(run).containsText("1 granted");
        assertThat(run.getByTestId("case")).hasCount(1);
        assertThat(run.getByTestId("case").first()).containsText("Refused");
        assertThat(run.getByTestId("case").first()).containsText("Granted");
        assertThat(page.getByTestId("history").locator("li")).hasCount(1);
        // The browser reports the answer of 400 as an error.
        errors.removeIf(error -> error.contains("400"));
        assertThat(scene.attest(TrustScene.CHANGED)).isFalse();
    }

    @Test
    void verdicts_on_artifacts_show_every_finding_and_whether_they_hold_still() {
        scene.admitReleases(false);
        assertThat(scene.examine("app.jar", true)).isTrue();
        assertThat(scene.examine("tampered.jar", false)).isFalse();
        go("/trust");
        assertThat(page.getByTestId("tile-artifacts")).containsText("1 refused");
        assertThat(page.getByTestId("tile-artifacts")).containsText("1 admitted, of 2 verdicts");
        page.getByTestId("tile-artifacts").click();
        assertThat(rows("verdicts")).hasCount(2);
        assertThat(rows("verdicts").first()).containsText("Refused");
        assertThat(rows("verdicts").first()).containsText("tampered.jar");
        assertThat(rows("verdicts").first()).containsText("releases@1");

        rows("verdicts").first().getByRole(AriaRole.LINK).click();
        Locator artifact = page.getByTestId("artifact");
        assertThat(artifact.getByTestId("answer")).containsText("Refused by releases@1");
        Locator failed = artifact.locator("[data-testid=check].failed").first();
        assertThat(failed.locator("dt").first()).hasText("expected");
        assertThat(failed).containsText("found");
        assertThat(failed).containsText("signature, bytes 0 to ");
        assertThat(artifact).containsText("nobody who may");
        page.keyboard().press("Escape");
        assertThat(artifact).isHidden();

        page.keyboard().press("/");
        page.keyboard().type("app.jar");
        assertThat(rows("verdicts")).hasCount(1);
        rows("verdicts").first().getByRole(AriaRole.LINK).click();
        assertThat(artifact.getByTestId("answer")).containsText("Admitted by releases@1");
        assertThat(artifact).containsText("key sha256:");
        assertThat(artifact.getByTestId("findings")).containsText("none against it");

        scene.admitReleases(true);
        assertThat(artifact.getByTestId("answer")).containsText("Admitted then, and not any more");
        assertThat(artifact.getByTestId("answer")).containsText("examine it again");
        assertThat(scene.examine("app.jar", true)).isFalse();
        assertThat(artifact.getByTestId("others").locator("li")).hasCount(1);
        assertThat(artifact.getByTestId("others")).containsText("releases@2");
    }

    @Test
    void a_secret_shows_who_got_it_and_who_was_refused_and_never_itself() throws Exception {
        assertThat(scene.fetch("1")).isTrue();
        assertThat(scene.fetch("0")).isFalse();
        go("/trust/secrets");
        assertThat(rows("secrets")).hasCount(1);
        page.getByText(TrustScene.SECRET).first().click();
        Locator takings = page.getByTestId("takings").locator("li");
        assertThat(takings.first()).containsText("Refused");
        assertThat(takings.first()).containsText("the condition is false");
        assertThat(takings.nth(1)).containsText("Given");
        assertThat(page.getByTestId("secret")).containsText("1 given, 1 refused");
        assertThat(page.content()).doesNotContain(TrustScene.CANARY);
        page.getByTestId("secret")
                .getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName(TrustScene.SECRET + "@1"))
                .click();
        assertThat(page.getByTestId("policy").getByLabel("Condition, in CEL")).hasValue("claims['sample.svn'] == '1'");
    }

    @Test
    void the_audit_log_is_searched_by_subject_and_a_changed_byte_is_found() throws Exception {
        assertThat(scene.fetch("0")).isFalse();
        go("/trust/audit");
        assertThat(rows("audit").first()).containsText("Refused");
        page.keyboard().press("/");
        page.keyboard().type("payments");
        assertThat(page).hasURL(Pattern.compile("q=payments"));
        assertThat(rows("audit").first()).not().containsText("Refused");

        page.getByTestId("verify").click();
        assertThat(page.getByTestId("verification")).containsText("Verified");
        assertThat(page.getByTestId("chain")).containsText("signed");

        Path file;
        try (var files = Files.list(data.resolve("audit"))) {
            file = files.filter(one -> one.toString().endsWith(".jsonl"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(file, Files.readString(file).replaceFirst("\"actor\":\"ann\"", "\"actor\":\"bob\""));
        page.getByTestId("verify").click();
        assertThat(page.getByTestId("verification")).containsText("Not verified");
        assertThat(page.getByTestId("verification")).containsText("the hash of entry");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/trust",
                "/trust/evidence",
                "/trust/evidence/identity-2",
                "/trust/policies",
                "/trust/policies/identity%3Amain%2Fbuilt-here",
                "/trust/artifacts",
                "/trust/artifacts/1",
                "/trust/secrets",
                "/trust/secrets/bank%2Fdisk%2Fkey",
                "/trust/audit"
            })
    void a_narrow_page_needs_no_sideways_scrolling(String view) throws Exception {
        assertThat(scene.attest(TrustScene.GOOD)).isTrue();
        assertThat(scene.attestAsAStranger()).isFalse();
        assertThat(scene.fetch("0")).isFalse();
        assertThat(scene.examine("a-name-that-is-longer-than-the-page-is-wide-and-has-no-gap-in-it.tar.gz", true))
                .isFalse();
        page.setViewportSize(390, 844);
        go(view);
        assertThat(page.getByTestId("connection")).hasText("Live");
        assertThat(page.getByTestId("trust-parts")).isVisible();
        page.locator("aside dl:visible, table:visible").first().waitFor();
        assertThat((boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .isTrue();
    }
}

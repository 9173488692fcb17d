package dev.plinth.server.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.linecorp.armeria.common.QueryParams;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.plinth.kernel.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What the console asks about trust, under {@code /api/v1/trust}.
 *
 * <ul>
 *   <li>{@code GET}: the {@link TrustState}.
 *   <li>{@code GET …/entries?q=&after=&limit=}: an {@link EntryPage}; {@code …/issued}: who got an identity lately.
 *   <li>{@code GET …/appraisals}: an {@link AppraisalPage}; {@code …/appraisals/{id}}: an {@link AppraisalDetail}.
 *   <li>{@code GET …/policies}: a {@link PolicyPage}; {@code …/policy?id=}: a {@link PolicyPage.History}.
 *   <li>{@code GET …/verdicts?q=&before=&limit=}: a {@link VerdictPage}; {@code …/verdicts/{number}}: a {@link VerdictPage.Detail}.
 *   <li>{@code POST …/dry-run}: a {@link DryRun.Question} as {@code {policy, condition, waivers}}; changes nothing.
 *   <li>{@code GET …/secrets?q=&after=&limit=}: a {@link SecretPage}; {@code …/secret?name=}: a {@link SecretPage.Detail}.
 *   <li>{@code GET …/audit?q=&before=&limit=}: an {@link AuditPage}; {@code …/audit/verification}: looks at the whole log now.
 * </ul>
 */
final class TrustPaths {
    static final int LIMIT_MAX = 500;
    static final int LIMIT_DEFAULT = 100;
    static final int TEXT_CHARS_MAX = 200;
    static final int NAME_CHARS_MAX = 512;
    private static final int DRY_RUN_BYTES_MAX = 64 * 1_024;
    private static final Set<String> DRY_RUN_FIELDS = Set.of("policy", "condition", "waivers");
    private static final Duration DRY_RUN_AGAIN = Duration.ofSeconds(1);

    private final TrustSource source;
    private final Function<HttpService, HttpService> reading;

    /** Conditions are people's programs, and cost time: one trial after the other. */
    private final Semaphore trying = new Semaphore(1);

    /** @param reading lets only requests through that read */
    TrustPaths(TrustSource source, Function<HttpService, HttpService> reading) {
        this.source = source;
        this.reading = reading;
    }

    void mount(ServerBuilder server, ConsoleGuard guard) {
        get(server, "", Set.of(), (_, _) -> source.state());
        get(
                server,
                "/entries",
                Set.of("q", "after", "limit"),
                (_, query) -> source.entries(text(query), name(query, "after"), limit(query)));
        get(server, "/issued", Set.of(), (_, _) -> new EntryPage.Issues(source.issued()));
        get(server, "/appraisals", Set.of(), (_, _) -> source.appraisals());
        get(server, "/appraisals/{id}", Set.of(), (ctx, _) -> {
            var id = bounded("id", String.valueOf(ctx.pathParam("id")));
            return source.appraisal(id)
                    .orElseThrow(() -> Problem.notFound("id", id, "an appraisal that this server still keeps")
                            .exception());
        });
        get(server, "/policies", Set.of(), (_, _) -> source.policies());
        get(server, "/policy", Set.of("id"), (_, query) -> {
            var id = name(query, "id");
            return source.policy(policy(id))
                    .orElseThrow(() -> Problem.notFound("id", id, "a policy that was written once")
                            .exception());
        });
        get(
                server,
                "/verdicts",
                Set.of("q", "before", "limit"),
                (_, query) -> source.verdicts(before(query), limit(query), text(query)));
        get(server, "/verdicts/{number}", Set.of(), (ctx, _) -> {
            var number = String.valueOf(ctx.pathParam("number"));
            return source.verdict(number("number", number, 1, Long.MAX_VALUE))
                    .orElseThrow(() -> Problem.notFound("number", number, "a verdict that is kept still")
                            .exception());
        });
        get(
                server,
                "/secrets",
                Set.of("q", "after", "limit"),
                (_, query) -> source.secrets(text(query), name(query, "after"), limit(query)));
        get(server, "/secret", Set.of("name"), (_, query) -> {
            var name = name(query, "name");
            return source.secret(name)
                    .orElseThrow(() -> Problem.notFound("name", name, "a secret, as repository/type/tag")
                            .exception());
        });
        get(
                server,
                "/audit",
                Set.of("q", "before", "limit"),
                (_, query) -> source.audit(before(query), limit(query), text(query)));
        get(server, "/audit/verification", Set.of(), (_, _) -> source.verifyAudit());
        server.service(
                "/api/v1/trust/dry-run",
                Posted.door(DRY_RUN_BYTES_MAX, DRY_RUN_FIELDS, "policy, condition and waivers", (_, of) -> dryRun(of))
                        .decorate(guard));
    }

    private void get(
            ServerBuilder server,
            String path,
            Set<String> parameters,
            BiFunction<ServiceRequestContext, QueryParams, Object> answer) {
        server.service(
                "/api/v1/trust" + path,
                reading.apply((ctx, request) -> ConsoleDoor.answer(ctx, () -> {
                    var query = ctx.queryParams();
                    for (var name : query.names()) {
                        if (!parameters.contains(name)) {
                            throw Problem.badField(
                                            "query",
                                            name,
                                            parameters.isEmpty()
                                                    ? "no parameters"
                                                    : "one of "
                                                            + String.join(
                                                                    ", ",
                                                                    parameters.stream()
                                                                            .sorted()
                                                                            .toList()))
                                    .exception();
                        }
                    }
                    return answer.apply(ctx, query);
                })));
    }

    private DryRun.Answer dryRun(JsonNode of) {
        var policy = policy(bounded("policy", of.path("policy").asText()));
        var condition = of.path("condition").asText();
        if (condition.isBlank() || condition.length() > DryRun.CONDITION_CHARS_MAX) {
            throw Problem.badField("condition", condition, "1 to " + DryRun.CONDITION_CHARS_MAX + " characters")
                    .exception();
        }
        List<String> waivers = new ArrayList<>();
        of.path("waivers").forEach(waiver -> waivers.add(bounded("waivers", waiver.asText())));
        if (waivers.size() > DryRun.WAIVERS_MAX) {
            throw Problem.badField("waivers", waivers.size() + " of them", "at most " + DryRun.WAIVERS_MAX)
                    .exception();
        }
        if (!trying.tryAcquire()) {
            throw Refused.overloaded("another policy is being tried", DRY_RUN_AGAIN);
        }
        try {
            return switch (source.dryRun(new DryRun.Question(policy, condition, waivers))) {
                case DryRun.Answer answer -> answer;
                case DryRun.Wrong wrong ->
                    throw Problem.wrong(wrong.field(), wrong.expected(), wrong.detail())
                            .exception();
            };
        } finally {
            trying.release();
        }
    }

    private static PolicyPage.Name policy(String id) {
        return PolicyPage.Name.parse(id)
                .orElseThrow(() -> Problem.badField("id", id, "identity:TENANT/NAME or secrets:SUBJECT")
                        .exception());
    }

    private static String text(QueryParams query) {
        var text = query.get("q", "");
        if (text.length() > TEXT_CHARS_MAX) {
            throw Problem.badField("q", text, "at most " + TEXT_CHARS_MAX + " characters")
                    .exception();
        }
        return text;
    }

    private static String name(QueryParams query, String parameter) {
        return bounded(parameter, query.get(parameter, ""));
    }

    private static String bounded(String field, String text) {
        if (text.length() > NAME_CHARS_MAX) {
            throw Problem.badField(field, text, "at most " + NAME_CHARS_MAX + " characters")
                    .exception();
        }
        return text;
    }

    private static int limit(QueryParams query) {
        return (int) number(query, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
    }

    private static long before(QueryParams query) {
        return number(query, "before", Long.MAX_VALUE, 1, Long.MAX_VALUE);
    }

    private static long number(QueryParams query, String parameter, long otherwise, long least, long most) {
        var text = query.get(parameter);
        return text == null ? otherwise : number(parameter, text, least, most);
    }

    private static long number(String parameter, String text, long least, long most) {
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Not a number: the same problem as one out of range.
        }
        throw Problem.badField(
                        parameter,
                        text,
                        most == Long.MAX_VALUE ? "a number from " + least : "a number from " + least + " to " + most)
                .exception();
    }
}

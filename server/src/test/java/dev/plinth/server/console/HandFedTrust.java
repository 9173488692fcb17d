package dev.plinth.server.console;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A source of trust that says what a test has put into it, and remembers what it was asked. */
final class HandFedTrust implements TrustSource {
    static final Instant AT = Instant.parse("2026-11-24T12:00:00Z");
    static final String REFUSED = "identity-7";

    final List<String> asked = new ArrayList<>();
    volatile Optional<DryRun.Wrong> wrong = Optional.empty();

    @Override
    public TrustState state() {
        return new TrustState(
                true,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new TrustState.Recorded(1, 2),
                4,
                new TrustState.Examined(2, 1),
                new TrustState.Audit(3, "00", Optional.of(new TrustState.Checkpoint(2, AT))));
    }

    @Override
    public EntryPage entries(String text, String after, int limit) {
        asked.add("entries " + text + " after " + after + " limit " + limit);
        return new EntryPage(List.of(), Optional.of("more"));
    }

    @Override
    public List<EntryPage.Issue> issued() {
        return List.of(new EntryPage.Issue(AT, "payments@1", "spiffe://example.org/payments", AT, "key 1"));
    }

    private static AppraisalPage.Summary summary() {
        return new AppraisalPage.Summary(
                REFUSED,
                AT,
                AppraisalPage.Door.IDENTITY,
                "spiffe://example.org/payments",
                "key 1",
                List.of("evidence"),
                List.of("simulated"),
                true,
                false,
                "",
                "the condition is false",
                1,
                0,
                1);
    }

    @Override
    public AppraisalPage appraisals() {
        return new AppraisalPage(List.of(summary()), 100);
    }

    @Override
    public Optional<AppraisalDetail> appraisal(String id) {
        return Optional.of(id)
                .filter(REFUSED::equals)
                .map(_ -> new AppraisalDetail(
                        summary(),
                        List.of("the condition is false"),
                        List.of(new AppraisalDetail.Result(
                                "simulated",
                                true,
                                AT,
                                AT,
                                List.of(new AppraisalDetail.Check(
                                        "simulation.hardware",
                                        AppraisalDetail.Outcome.EXCUSABLE,
                                        "hardware",
                                        "a simulation of none",
                                        "simulated",
                                        new AppraisalDetail.Place(
                                                "statement", Optional.of(4), Optional.of(9), Optional.empty()))),
                                List.of(new AppraisalDetail.Aspect("hardware", 97, "contraindicated")),
                                Map.of("simulated", true),
                                Map.of())),
                        true));
    }

    @Override
    public PolicyPage policies() {
        return new PolicyPage(List.of(), List.of(), false);
    }

    @Override
    public Optional<PolicyPage.History> policy(PolicyPage.Name name) {
        asked.add("policy " + name);
        return Optional.empty();
    }

    @Override
    public DryRun.Outcome dryRun(DryRun.Question question) {
        asked.add("dry run " + question);
        return wrong.<DryRun.Outcome>map(of -> of).orElseGet(() -> new DryRun.Answer(List.of(), 1));
    }

    private static VerdictPage.Summary refusedArtifact() {
        return new VerdictPage.Summary(
                3, AT, "app.jar", "ab".repeat(32), "releases", 2, false, "signature: none", List.of(), 1, 1);
    }

    @Override
    public VerdictPage verdicts(long before, int limit, String text) {
        asked.add("verdicts " + text + " before " + before + " limit " + limit);
        return new VerdictPage(List.of(refusedArtifact()), Optional.of(3L));
    }

    @Override
    public Optional<VerdictPage.Detail> verdict(long number) {
        return Optional.of(number)
                .filter(wanted -> wanted == 3)
                .map(_ -> new VerdictPage.Detail(
                        refusedArtifact(),
                        List.of(new AppraisalDetail.Check(
                                "signature",
                                AppraisalDetail.Outcome.FAILED,
                                "a signature of somebody who may sign",
                                "none",
                                "",
                                new AppraisalDetail.Place(
                                        "submission, signature",
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty()))),
                        0,
                        false,
                        "refused under releases@2",
                        List.of(refusedArtifact())));
    }

    @Override
    public SecretPage secrets(String text, String after, int limit) {
        asked.add("secrets " + text);
        return new SecretPage(List.of(), Optional.empty());
    }

    @Override
    public Optional<SecretPage.Detail> secret(String name) {
        asked.add("secret " + name);
        return Optional.empty();
    }

    @Override
    public AuditPage audit(long before, int limit, String text) {
        asked.add("audit " + text + " before " + before + " limit " + limit);
        return new AuditPage(List.of(), 0, 0, Optional.of(41L));
    }

    @Override
    public AuditPage.Verification verifyAudit() {
        asked.add("verify");
        return new AuditPage.Verification(
                false,
                AT,
                12,
                3,
                3,
                3,
                1,
                Optional.empty(),
                true,
                "key",
                0,
                List.of("audit-000000000001.jsonl:2: the hash of entry 2 is not that of what it says"));
    }
}

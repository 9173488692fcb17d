package dev.plinth.acceptance.console;

import dev.plinth.server.console.AppraisalDetail;
import dev.plinth.server.console.AppraisalPage;
import dev.plinth.server.console.AuditPage;
import dev.plinth.server.console.DryRun;
import dev.plinth.server.console.EntryPage;
import dev.plinth.server.console.PolicyPage;
import dev.plinth.server.console.SecretPage;
import dev.plinth.server.console.TrustSource;
import dev.plinth.server.console.TrustState;
import dev.plinth.server.console.VerdictPage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A server without a trust domain and without secrets. */
final class NoTrust implements TrustSource {
    @Override
    public TrustState state() {
        return new TrustState(
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new TrustState.Recorded(0, 0),
                0,
                new TrustState.Examined(0, 0),
                new TrustState.Audit(0, "0".repeat(64), Optional.empty()));
    }

    @Override
    public EntryPage entries(String text, String after, int limit) {
        return new EntryPage(List.of(), Optional.empty());
    }

    @Override
    public List<EntryPage.Issue> issued() {
        return List.of();
    }

    @Override
    public AppraisalPage appraisals() {
        return new AppraisalPage(List.of(), 100);
    }

    @Override
    public Optional<AppraisalDetail> appraisal(String id) {
        return Optional.empty();
    }

    @Override
    public PolicyPage policies() {
        return new PolicyPage(List.of(), List.of(), false);
    }

    @Override
    public Optional<PolicyPage.History> policy(PolicyPage.Name name) {
        return Optional.empty();
    }

    @Override
    public DryRun.Outcome dryRun(DryRun.Question question) {
        return new DryRun.Answer(List.of(), 0);
    }

    @Override
    public VerdictPage verdicts(long before, int limit, String text) {
        return new VerdictPage(List.of(), Optional.empty());
    }

    @Override
    public Optional<VerdictPage.Detail> verdict(long number) {
        return Optional.empty();
    }

    @Override
    public SecretPage secrets(String text, String after, int limit) {
        return new SecretPage(List.of(), Optional.empty());
    }

    @Override
    public Optional<SecretPage.Detail> secret(String name) {
        return Optional.empty();
    }

    @Override
    public AuditPage audit(long before, int limit, String text) {
        return new AuditPage(List.of(), 0, 0, Optional.empty());
    }

    @Override
    public AuditPage.Verification verifyAudit() {
        return new AuditPage.Verification(
                true, Instant.now(), 0, 0, 0, 0, 0, Optional.empty(), false, "", 0, List.of());
    }
}

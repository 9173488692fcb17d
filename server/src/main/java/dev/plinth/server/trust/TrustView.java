package dev.plinth.server.trust;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
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
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.secrets.AuditWriter;
import dev.plinth.trust.secrets.Secrets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Feeds the console's view of trust from this server's features. */
public final class TrustView implements TrustSource {
    private final boolean givesIdentities;
    private final boolean keepsSecrets;
    private final Trust trust;
    private final IdentitiesView identities;
    private final AppraisalsView appraisals;
    private final PoliciesView policies;
    private final SecretsView secrets;
    private final AuditView audit;
    private final VerdictsView verdicts;

    /**
     * @param givesIdentities whether the configuration has a trust domain; {@code keepsSecrets}: whether it has secrets
     * @param workers evaluate conditions; they refuse nothing
     */
    public TrustView(
            boolean givesIdentities,
            boolean keepsSecrets,
            Trust trust,
            Secrets secrets,
            AuditWriter writer,
            Clock clock,
            Executor workers) {
        this.givesIdentities = givesIdentities;
        this.keepsSecrets = keepsSecrets;
        this.trust = trust;
        this.identities = new IdentitiesView(trust);
        this.appraisals = new AppraisalsView(trust.recorded(), secrets.recorded());
        this.policies = new PoliciesView(trust, secrets, appraisals, workers);
        this.audit = new AuditView(secrets, writer, clock);
        this.verdicts = new VerdictsView(trust);
        this.secrets = new SecretsView(secrets, audit);
    }

    @Override
    public TrustState state() {
        return refusals(() -> new TrustState(
                givesIdentities,
                keepsSecrets,
                trust.trouble(),
                identities.domain(),
                keepsSecrets ? Optional.of(secrets.seal()) : Optional.empty(),
                appraisals.count(),
                policies.count(),
                verdicts.count(),
                audit.stand()));
    }

    @Override
    public EntryPage entries(String text, String after, int limit) {
        return refusals(() -> identities.entries(text, after, limit));
    }

    @Override
    public List<EntryPage.Issue> issued() {
        return identities.issued();
    }

    @Override
    public AppraisalPage appraisals() {
        return appraisals.page();
    }

    @Override
    public Optional<AppraisalDetail> appraisal(String id) {
        return appraisals.detail(id);
    }

    @Override
    public PolicyPage policies() {
        return refusals(policies::page);
    }

    @Override
    public Optional<PolicyPage.History> policy(PolicyPage.Name name) {
        return refusals(() -> policies.history(name));
    }

    @Override
    public DryRun.Outcome dryRun(DryRun.Question question) {
        return refusals(() -> policies.dryRun(question));
    }

    @Override
    public VerdictPage verdicts(long before, int limit, String text) {
        return refusals(() -> verdicts.page(before, limit, text));
    }

    @Override
    public Optional<VerdictPage.Detail> verdict(long number) {
        return refusals(() -> verdicts.detail(number));
    }

    @Override
    public SecretPage secrets(String text, String after, int limit) {
        return refusals(() -> secrets.page(text, after, limit));
    }

    @Override
    public Optional<SecretPage.Detail> secret(String name) {
        return refusals(() -> secrets.detail(name));
    }

    @Override
    public AuditPage audit(long before, int limit, String text) {
        return refusals(() -> audit.page(before, limit, text));
    }

    @Override
    public AuditPage.Verification verifyAudit() {
        return refusals(audit::verify);
    }

    /** A refused read is told as what it is, not as the wrapping of a future. */
    private static <R> R refusals(Supplier<R> read) {
        try {
            return read.get();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refused refused) {
                throw refused;
            }
            throw e;
        }
    }
}

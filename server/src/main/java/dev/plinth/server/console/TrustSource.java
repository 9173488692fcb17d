package dev.plinth.server.console;

import java.util.List;
import java.util.Optional;

/**
 * Where the console's view of trust comes from: who is trusted, what was appraised, and who got what.
 *
 * <p>May block, and fails as {@link ConsoleSource} does. Nothing that it tells is secret: no secret, no private key, no token, no hash of a
 * token. It changes nothing.
 */
public interface TrustSource {

    /** The whole at one look. */
    TrustState state();

    /** Registration entries by name, those that have {@code text} in them. */
    EntryPage entries(String text, String after, int limit);

    /** Identities that this server gave lately, the newest first. */
    List<EntryPage.Issue> issued();

    /** What this server appraised lately, the newest first. */
    AppraisalPage appraisals();

    /** One of them; empty if it is not kept any more. */
    Optional<AppraisalDetail> appraisal(String id);

    /** The policies that hold, of identities and of secrets. */
    PolicyPage policies();

    /** All kept versions of a policy, the newest first; empty if there never was one. */
    Optional<PolicyPage.History> policy(PolicyPage.Name name);

    /** What a proposed policy would decide of what was appraised lately. */
    DryRun.Outcome dryRun(DryRun.Question question);

    /**
     * What came of artifacts that were examined, the newest first.
     *
     * @param before only those before this one
     * @param text that is in name, digest, policy, signers or first reason, case ignored
     */
    VerdictPage verdicts(long before, int limit, String text);

    /** One of them with its findings; empty if there is none of this number any more. */
    Optional<VerdictPage.Detail> verdict(long number);

    /** Keys and secrets by name, those that have {@code text} in them; never what they hold. */
    SecretPage secrets(String text, String after, int limit);

    /** One of them, and who got it or was refused; empty if there is none. */
    Optional<SecretPage.Detail> secret(String name);

    /**
     * Entries of the audit log, the newest first.
     *
     * @param before only those before this one
     * @param text that is in actor, action, subject or detail, case ignored
     */
    AuditPage audit(long before, int limit, String text);

    /** Looks at every line of this server's copy of the audit log. */
    AuditPage.Verification verifyAudit();
}

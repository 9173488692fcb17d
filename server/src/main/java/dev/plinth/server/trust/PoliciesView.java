package dev.plinth.server.trust;

import dev.plinth.kernel.Limits;
import dev.plinth.server.console.DryRun;
import dev.plinth.server.console.PolicyPage;
import dev.plinth.trust.AppraisalPolicy;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.PolicyBook;
import dev.plinth.trust.ReferenceValue;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.secrets.ReleasePolicy;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.trust.secrets.SecretsProblem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/** The policies that decide who gets identities and secrets, and trials of others. */
final class PoliciesView {
    /** Of one reference value: the rest is counted. */
    private static final int VALUES_SHOWN = 50;

    private final Trust trust;
    private final Secrets secrets;
    private final AppraisalsView appraisals;
    private final Executor workers;

    PoliciesView(Trust trust, Secrets secrets, AppraisalsView appraisals, Executor workers) {
        this.trust = trust;
        this.secrets = secrets;
        this.appraisals = appraisals;
        this.workers = workers;
    }

    int count() {
        return trust.policies().join().policies().size()
                + secrets.policies("", Limits.READ_ITEMS_MAX).join().size();
    }

    PolicyPage page() {
        var book = trust.policies().join();
        var release = secrets.policies("", Limits.READ_ITEMS_MAX).join();
        return new PolicyPage(
                Stream.concat(
                                book.policies().stream().map(policy -> policy(policy, book.bindings())),
                                release.stream().map(PoliciesView::policy))
                        .toList(),
                book.references().stream().map(PoliciesView::reference).toList(),
                book.policies().size() == Limits.READ_ITEMS_MAX
                        || book.references().size() == Limits.READ_ITEMS_MAX
                        || book.bindings().size() == Limits.READ_ITEMS_MAX
                        || release.size() == Limits.READ_ITEMS_MAX);
    }

    private static PolicyPage.Policy policy(AppraisalPolicy of, List<PolicyBook.Binding> bindings) {
        return new PolicyPage.Policy(
                new PolicyPage.Name(PolicyPage.Scope.IDENTITY, of.tenant(), of.name()).id(),
                PolicyPage.Scope.IDENTITY,
                of.tenant(),
                of.name(),
                of.version(),
                of.owner(),
                of.at(),
                of.condition(),
                of.waivers().stream().sorted().toList(),
                bindings.stream()
                        .filter(binding -> binding.tenant().equals(of.tenant())
                                && binding.policies().contains(of.name()))
                        .map(binding -> binding.tenant() + "/" + binding.resource())
                        .toList());
    }

    private static PolicyPage.Policy policy(ReleasePolicy of) {
        return new PolicyPage.Policy(
                new PolicyPage.Name(PolicyPage.Scope.SECRETS, "", of.subject()).id(),
                PolicyPage.Scope.SECRETS,
                "",
                of.subject(),
                of.version(),
                of.owner(),
                of.at(),
                of.condition(),
                of.waivers().stream().sorted().toList(),
                List.of());
    }

    private static PolicyPage.Reference reference(ReferenceValue of) {
        return new PolicyPage.Reference(
                of.tenant(),
                of.name(),
                of.version(),
                of.owner(),
                of.at(),
                of.values().stream().limit(VALUES_SHOWN).toList(),
                of.values().size());
    }

    Optional<PolicyPage.History> history(PolicyPage.Name name) {
        var versions = switch (name.scope()) {
            case IDENTITY ->
                trust.policy(name.tenant(), name.name()).join().stream()
                        .map(policy -> policy(policy, List.of()))
                        .toList();
            case SECRETS ->
                secrets.policy(name.name()).join().stream()
                        .map(PoliciesView::policy)
                        .toList();
        };
        return versions.isEmpty() ? Optional.empty() : Optional.of(new PolicyPage.History(versions.reversed()));
    }

    DryRun.Outcome dryRun(DryRun.Question question) {
        // The same evidence is asked about once, though it was let in first and refused a secret later.
        Set<AttestationResult> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<AppraisalsView.Recorded> cases = new ArrayList<>();
        List<AttestationResult> results = new ArrayList<>();
        int leftOut = 0;
        for (var recorded : appraisals.recorded()) {
            for (var result : recorded.appraisal().results()) {
                if (!recorded.appraisal().whole()) {
                    leftOut++;
                } else if (seen.add(result)) {
                    cases.add(recorded);
                    results.add(result);
                }
            }
        }
        List<PolicyBook.Comparison> compared;
        try {
            compared = compare(question, results);
        } catch (Malformed malformed) {
            return new DryRun.Wrong("condition", malformed.expected(), malformed.found());
        } catch (SecretsProblem | IllegalArgumentException e) {
            return new DryRun.Wrong("condition", "a condition in CEL", String.valueOf(e.getMessage()));
        }
        List<DryRun.Case> answer = new ArrayList<>();
        for (int i = 0; i < compared.size(); i++) {
            var one = compared.get(i);
            var of = cases.get(i);
            answer.add(new DryRun.Case(
                    of.id(),
                    of.appraisal().at(),
                    of.appraisal().asked(),
                    of.appraisal().who(),
                    one.result().kind(),
                    one.result().simulated(),
                    verdict(one.today()),
                    verdict(one.proposed())));
        }
        return new DryRun.Answer(answer, leftOut);
    }

    private List<PolicyBook.Comparison> compare(DryRun.Question question, List<AttestationResult> results) {
        var policy = question.policy();
        var waivers = Set.copyOf(question.waivers());
        try {
            return switch (policy.scope()) {
                case IDENTITY ->
                    trust.dryRun(policy.tenant(), policy.name(), question.condition(), waivers, results, workers)
                            .join();
                case SECRETS ->
                    secrets.dryRun(policy.name(), question.condition(), waivers, results)
                            .join();
            };
        } catch (CompletionException e) {
            throw switch (e.getCause()) {
                case Malformed malformed -> malformed;
                case SecretsProblem problem -> problem;
                case IllegalArgumentException wrong -> wrong;
                case null, default -> e;
            };
        }
    }

    private static DryRun.Verdict verdict(PolicyBook.Decision of) {
        return new DryRun.Verdict(of.granted(), of.reasons());
    }
}

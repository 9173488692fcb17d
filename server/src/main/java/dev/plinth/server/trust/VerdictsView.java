package dev.plinth.server.trust;

import dev.plinth.server.console.AppraisalDetail;
import dev.plinth.server.console.TrustState;
import dev.plinth.server.console.VerdictPage;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.supply.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What came of artifacts that were examined. */
final class VerdictsView {
    /** Of the newest verdicts, for the figures at the top. */
    static final int COUNTED_MAX = 500;

    private static final int READ_AT_ONCE = 500;
    private static final Pattern RANGE = Pattern.compile("(?<source>.*)\\[(?<from>\\d{1,9})\\.\\.(?<to>\\d{1,9})\\)");

    private final Trust trust;

    VerdictsView(Trust trust) {
        this.trust = trust;
    }

    TrustState.Examined count() {
        var newest = trust.verdicts(0, COUNTED_MAX).join();
        int admitted = (int) newest.stream().filter(Verdict::admitted).count();
        return new TrustState.Examined(admitted, newest.size() - admitted);
    }

    /** Those before this number that have the text in their name, digest, policy, signers or first reason, case ignored. */
    VerdictPage page(long before, int limit, String text) {
        var wanted = text.toLowerCase(Locale.ROOT);
        List<VerdictPage.Summary> found = new ArrayList<>();
        long from = before == Long.MAX_VALUE ? 0 : before;
        while (true) {
            var some = trust.verdicts(from, READ_AT_ONCE).join();
            for (var verdict : some) {
                var summary = summary(verdict);
                if (!text(summary).contains(wanted)) {
                    continue;
                }
                if (found.size() == limit) {
                    return new VerdictPage(found, Optional.of(found.getLast().number()));
                }
                found.add(summary);
            }
            if (some.size() < READ_AT_ONCE) {
                return new VerdictPage(found, Optional.empty());
            }
            from = some.getLast().number();
        }
    }

    private static String text(VerdictPage.Summary of) {
        return String.join(
                        " ",
                        of.artifact(),
                        of.sha256(),
                        of.policy() + "@" + of.policyVersion(),
                        String.join(" ", of.signers()),
                        of.reason())
                .toLowerCase(Locale.ROOT);
    }

    Optional<VerdictPage.Detail> detail(long number) {
        if (number == Long.MAX_VALUE) {
            return Optional.empty();
        }
        return trust.verdicts(number + 1, 1).join().stream()
                .filter(verdict -> verdict.number() == number)
                .findFirst()
                .map(this::detail);
    }

    private VerdictPage.Detail detail(Verdict of) {
        var answer = trust.admission().ask(of.policy(), of.sha256()).join();
        return new VerdictPage.Detail(
                summary(of),
                of.notes().stream().map(VerdictsView::check).toList(),
                of.left(),
                answer.admitted(),
                answer.reason(),
                trust.verdictsOn(of.sha256()).join().stream()
                        .map(VerdictsView::summary)
                        .toList());
    }

    private static VerdictPage.Summary summary(Verdict of) {
        var objections = of.objections();
        return new VerdictPage.Summary(
                of.number(),
                of.at(),
                of.artifact(),
                of.sha256(),
                of.policy(),
                of.policyVersion(),
                of.admitted(),
                objections.isEmpty()
                        ? ""
                        : objections.getFirst().check() + ": "
                                + objections.getFirst().found(),
                of.sortedSigners(),
                of.notes().size() + of.left(),
                objections.size());
    }

    private static AppraisalDetail.Check check(Verdict.Note of) {
        return new AppraisalDetail.Check(
                of.check(), AppraisalsView.outcome(of.outcome()), of.expected(), of.found(), "", place(of.where()));
    }

    /** Verdicts keep where they looked as a text: {@code signature[0..96)} or {@code submission#sbom}. */
    private static AppraisalDetail.Place place(String where) {
        var range = RANGE.matcher(where);
        if (range.matches()) {
            int from = Integer.parseInt(range.group("from"));
            return new AppraisalDetail.Place(
                    range.group("source"),
                    Optional.of(from),
                    Optional.of(Integer.parseInt(range.group("to")) - from),
                    Optional.empty());
        }
        int field = where.lastIndexOf('#');
        return field < 0
                ? new AppraisalDetail.Place(where, Optional.empty(), Optional.empty(), Optional.empty())
                : new AppraisalDetail.Place(
                        where.substring(0, field),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(where.substring(field + 1)));
    }
}

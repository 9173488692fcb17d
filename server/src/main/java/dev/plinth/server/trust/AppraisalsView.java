package dev.plinth.server.trust;

import dev.plinth.server.console.AppraisalDetail;
import dev.plinth.server.console.AppraisalPage;
import dev.plinth.server.console.TrustState;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Finding;
import dev.plinth.trust.RecordedAppraisal;
import dev.plinth.trust.RecordedAppraisals;
import dev.plinth.trust.TrustVector;
import dev.plinth.trust.Where;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What both doors that take evidence have appraised lately. */
final class AppraisalsView {
    private final RecordedAppraisals ofIdentities;
    private final RecordedAppraisals ofSecrets;

    /** An appraisal with where it was made, which its number alone does not say. */
    record Recorded(AppraisalPage.Door door, RecordedAppraisal appraisal) {
        String id() {
            return door.name().toLowerCase(java.util.Locale.ROOT) + "-" + appraisal.number();
        }
    }

    AppraisalsView(RecordedAppraisals ofIdentities, RecordedAppraisals ofSecrets) {
        this.ofIdentities = ofIdentities;
        this.ofSecrets = ofSecrets;
    }

    /** The newest first. */
    List<Recorded> recorded() {
        return Stream.concat(
                        ofIdentities.newest().stream().map(one -> new Recorded(AppraisalPage.Door.IDENTITY, one)),
                        ofSecrets.newest().stream().map(one -> new Recorded(AppraisalPage.Door.SECRETS, one)))
                .sorted((one, other) ->
                        other.appraisal().at().compareTo(one.appraisal().at()))
                .toList();
    }

    TrustState.Recorded count() {
        var all = recorded();
        int granted =
                (int) all.stream().filter(one -> one.appraisal().granted()).count();
        return new TrustState.Recorded(granted, all.size() - granted);
    }

    AppraisalPage page() {
        return new AppraisalPage(
                recorded().stream().map(AppraisalsView::summary).toList(), RecordedAppraisals.KEPT_MAX);
    }

    Optional<AppraisalDetail> detail(String id) {
        return recorded().stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .map(one -> new AppraisalDetail(
                        summary(one),
                        one.appraisal().reasons(),
                        one.appraisal().results().stream()
                                .map(AppraisalsView::result)
                                .toList(),
                        one.appraisal().whole()));
    }

    private static AppraisalPage.Summary summary(Recorded recorded) {
        var of = recorded.appraisal();
        var findings = of.results().stream()
                .flatMap(AttestationResult::everyFinding)
                .map(Finding::outcome)
                .toList();
        return new AppraisalPage.Summary(
                recorded.id(),
                of.at(),
                recorded.door(),
                of.asked(),
                of.who(),
                of.proofs(),
                of.results().stream().map(AttestationResult::kind).toList(),
                of.results().stream().anyMatch(AttestationResult::simulated),
                of.granted(),
                of.by(),
                of.reasons().isEmpty() ? "" : of.reasons().getFirst(),
                findings.size(),
                (int) findings.stream().filter(Finding.Outcome.FAILED::equals).count(),
                (int) findings.stream()
                        .filter(Finding.Outcome.EXCUSABLE::equals)
                        .count());
    }

    private static AppraisalDetail.Result result(AttestationResult of) {
        Map<String, AppraisalDetail.Result> parts = new LinkedHashMap<>();
        of.parts().forEach((name, part) -> parts.put(name, result(part)));
        Map<String, Object> claims = new LinkedHashMap<>();
        of.claims().forEach((name, claim) -> claims.put(name, plain(claim)));
        return new AppraisalDetail.Result(
                of.kind(),
                of.simulated(),
                of.at(),
                of.validUntil(),
                of.findings().stream().map(AppraisalsView::check).toList(),
                Arrays.stream(TrustVector.Aspect.values())
                        .map(aspect -> {
                            int value = of.vector().value(aspect);
                            return new AppraisalDetail.Aspect(
                                    aspect.label(),
                                    value,
                                    TrustVector.Tier.of(value).label());
                        })
                        .toList(),
                claims,
                parts);
    }

    /** Texts, numbers and truth values as they are, and lists and maps of them; whatever else as the text that it is. */
    private static Object plain(@Nullable Object claim) {
        return switch (claim) {
            case null -> "";
            case Boolean truth -> truth;
            case Number number -> number;
            case Map<?, ?> map -> {
                Map<String, Object> plain = new LinkedHashMap<>();
                map.forEach((name, value) -> plain.put(String.valueOf(name), plain(value)));
                yield plain;
            }
            case Collection<?> many -> {
                List<Object> plain = new ArrayList<>();
                many.forEach(one -> plain.add(plain(one)));
                yield plain;
            }
            default -> claim.toString();
        };
    }

    static AppraisalDetail.Outcome outcome(Finding.Outcome of) {
        return switch (of) {
            case PASSED -> AppraisalDetail.Outcome.PASSED;
            case WARNED -> AppraisalDetail.Outcome.WARNED;
            case EXCUSABLE -> AppraisalDetail.Outcome.EXCUSABLE;
            case FAILED -> AppraisalDetail.Outcome.FAILED;
        };
    }

    private static AppraisalDetail.Check check(Finding of) {
        return new AppraisalDetail.Check(
                of.check(),
                outcome(of.outcome()),
                of.expected(),
                of.found(),
                of.waiver(),
                switch (of.where()) {
                    case Where.Range(String source, int offset, int length) ->
                        new AppraisalDetail.Place(source, Optional.of(offset), Optional.of(length), Optional.empty());
                    case Where.Field(String source, String path) ->
                        new AppraisalDetail.Place(source, Optional.empty(), Optional.empty(), Optional.of(path));
                });
    }
}

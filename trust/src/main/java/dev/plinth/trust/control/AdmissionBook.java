package dev.plinth.trust.control;

import dev.plinth.trust.supply.Admission;
import dev.plinth.trust.supply.AdmissionPolicy;
import dev.plinth.trust.supply.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Admission policies with their versions, and verdicts on artifacts, the newest of them. Not safe for many threads. */
final class AdmissionBook {
    /*
     * An artifact is examined outside, for that takes seconds and reads files; what is decided here is whether the policy that it was
     * examined under still is the one in force. The newest verdict counts, whichever way it went: whoever finds that an artifact has a
     * component that is bad examines it again, and it is admitted no more. Verdicts are forgotten from the oldest on, so an old one that
     * admits never outlives a newer one that refuses; and what is forgotten is denied.
     */
    private final TreeMap<String, List<AdmissionPolicy>> policies = new TreeMap<>();
    private final TreeMap<Long, Verdict> verdicts = new TreeMap<>();

    /** The numbers of the verdicts on each artifact. */
    private final Map<String, TreeSet<Long>> numbers = new HashMap<>();

    private long policyCharacters;
    private long verdictCharacters;
    private long last;

    /** What another book needs to become the same as this one. */
    record Contents(List<AdmissionPolicy> policies, List<Verdict> verdicts, long last) {
        Contents {
            policies = List.copyOf(policies);
            verdicts = List.copyOf(verdicts);
        }
    }

    Contents contents() {
        return new Contents(
                policies.values().stream().flatMap(List::stream).toList(), List.copyOf(verdicts.values()), last);
    }

    static AdmissionBook of(Contents contents) {
        var book = new AdmissionBook();
        contents.policies().forEach(book::add);
        contents.verdicts().forEach(book::add);
        book.last = contents.last();
        return book;
    }

    List<AdmissionPolicy> policy(String name) {
        return policies.getOrDefault(name, List.of());
    }

    List<AdmissionPolicy> newest() {
        return policies.values().stream().map(List::getLast).toList();
    }

    List<Verdict> verdicts(long before, int limit) {
        return (before == 0 ? verdicts : verdicts.headMap(before, false))
                .descendingMap().values().stream().limit(limit).toList();
    }

    List<Verdict> on(String sha256) {
        return numbers.getOrDefault(sha256, new TreeSet<>()).descendingSet().stream()
                .map(verdicts::get)
                .toList();
    }

    Admission.Answer answer(String policy, String sha256) {
        var present = Optional.ofNullable(policies.get(policy)).map(List::getLast);
        var verdict =
                on(sha256).stream().filter(one -> one.policy().equals(policy)).findFirst();
        if (present.isEmpty()) {
            return new Admission.Answer(false, "there is no admission policy " + policy, verdict);
        }
        if (verdict.isEmpty()) {
            return new Admission.Answer(
                    false,
                    "no verdict on it under " + policy + ": nobody has examined it, or that is long ago",
                    verdict);
        }
        var newest = verdict.get();
        var label = newest.policy() + "@" + newest.policyVersion();
        if (!newest.admitted()) {
            return new Admission.Answer(
                    false,
                    "refused under " + label + " at " + newest.at()
                            + newest.objections().stream()
                                    .findFirst()
                                    .map(one -> ": " + one)
                                    .orElse(""),
                    verdict);
        }
        return newest.policyVersion() == present.get().version()
                ? new Admission.Answer(true, "admitted under " + label + " at " + newest.at(), verdict)
                : new Admission.Answer(
                        false,
                        "admitted under " + label + ", and the policy is at version "
                                + present.get().version() + " by now: examine it again",
                        verdict);
    }

    TrustOutcome apply(TrustCommand.OfAdmission command, Instant now) {
        return switch (command) {
            case TrustCommand.PutAdmissionPolicy put -> put(put, now);
            case TrustCommand.Judge judge -> judge(judge.verdict(), now);
        };
    }

    private TrustOutcome put(TrustCommand.PutAdmissionPolicy put, Instant now) {
        var there = policy(put.name());
        if (!there.isEmpty() && there.getLast().rules().equals(put.rules())) {
            return new TrustOutcome.Done(there.getLast().version());
        }
        if (there.isEmpty() && policies.size() >= TrustLimits.ADMISSION_POLICIES_MAX) {
            return full("admission policies", TrustLimits.ADMISSION_POLICIES_MAX);
        }
        if (policyCharacters + put.rules().characters() > TrustLimits.ADMISSION_CHARACTERS_MAX) {
            return full("characters of admission policies", TrustLimits.ADMISSION_CHARACTERS_MAX);
        }
        int version = there.isEmpty() ? 1 : there.getLast().version() + 1;
        add(new AdmissionPolicy(put.name(), version, put.owner(), now, put.rules()));
        return new TrustOutcome.Done(version);
    }

    private TrustOutcome judge(Verdict verdict, Instant now) {
        int present = Optional.ofNullable(policies.get(verdict.policy()))
                .map(versions -> versions.getLast().version())
                .orElse(0);
        if (verdict.policyVersion() != present) {
            return new TrustOutcome.Denied(
                    TrustOutcome.Reason.CONFLICT,
                    "admission policy " + verdict.policy() + " is at version " + present
                            + ", and the artifact was examined under " + verdict.policyVersion()
                            + ": examine it again");
        }
        add(verdict.numbered(last + 1, now));
        return new TrustOutcome.Done(last);
    }

    private static TrustOutcome full(String what, long max) {
        return new TrustOutcome.Denied(TrustOutcome.Reason.OVERLOADED, "there may be at most " + max + " " + what);
    }

    private void add(AdmissionPolicy policy) {
        var versions = new ArrayList<>(policy(policy.name()));
        versions.add(policy);
        policyCharacters += policy.rules().characters();
        if (versions.size() > TrustLimits.ADMISSION_VERSIONS_MAX) {
            policyCharacters -= versions.removeFirst().rules().characters();
        }
        policies.put(policy.name(), List.copyOf(versions));
    }

    private void add(Verdict verdict) {
        last = verdict.number();
        verdicts.put(last, verdict);
        verdictCharacters += verdict.characters();
        var same = numbers.computeIfAbsent(verdict.sha256(), _ -> new TreeSet<>());
        same.add(last);
        if (same.size() > TrustLimits.VERDICTS_PER_ARTIFACT_MAX) {
            forget(same.first());
        }
        while (verdicts.size() > TrustLimits.VERDICTS_MAX || verdictCharacters > TrustLimits.VERDICT_CHARACTERS_MAX) {
            forget(verdicts.firstKey());
        }
    }

    private void forget(long number) {
        var verdict = verdicts.remove(number);
        if (verdict == null) {
            throw new IllegalStateException("there is no verdict " + number);
        }
        verdictCharacters -= verdict.characters();
        var same = numbers.get(verdict.sha256());
        if (same != null && same.remove(number) && same.isEmpty()) {
            numbers.remove(verdict.sha256());
        }
    }
}

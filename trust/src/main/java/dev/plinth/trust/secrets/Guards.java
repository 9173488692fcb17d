package dev.plinth.trust.secrets;

import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.PolicyBook;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Asks policies; a condition is compiled once. Safe for many threads. */
final class Guards {
    private static final int READY_MAX = 1_000;
    private static final String TENANT = "secrets";
    private static final String POLICY = "release";
    private static final String RESOURCE = "secret";

    private final Map<ReleasePolicy, PolicyBook> ready = new ConcurrentHashMap<>();

    /** @throws SecretsProblem if the condition does not compile */
    static void check(ReleasePolicy policy) {
        var _ = book(policy);
    }

    /** Why not; empty if it grants. */
    List<String> objections(ReleasePolicy policy, AttestationResult result, Instant at) {
        if (ready.size() >= READY_MAX) {
            ready.clear();
        }
        var decision = ready.computeIfAbsent(policy, Guards::book).decide(TENANT, RESOURCE, result, at);
        return decision.granted()
                ? List.of()
                : decision.reasons().stream()
                        .map(reason -> reason.replaceFirst("^" + POLICY + "@1: ", policy.label() + ": "))
                        .toList();
    }

    private static PolicyBook book(ReleasePolicy policy) {
        var book = new PolicyBook();
        try {
            book.putPolicy(TENANT, POLICY, policy.condition(), Set.copyOf(policy.waivers()), "secrets", policy.at());
            book.bind(TENANT, RESOURCE, List.of(POLICY), "secrets", policy.at());
            return book;
        } catch (Malformed | IllegalArgumentException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
    }
}

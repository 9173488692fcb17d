package dev.plinth.trust;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Policies and reference values of all tenants, with their history: decides what a result is good for. Not safe for many threads.
 *
 * <p>Everything that does not exist denies: a resource without policies, a policy that was never written, a reference value that a
 * condition names and nobody gave. One tenant's names mean nothing to another's.
 */
public final class PolicyBook {
    /*
     * Versions are never changed or taken away: a rollback is a new version with an old one's content. So a decision that names a policy
     * and its version can be explained for as long as the book is kept. Time comes from the caller, as everywhere.
     */
    public static final int NAMES_PER_TENANT_MAX = 10_000;
    public static final int VERSIONS_MAX = 1_000;
    public static final int POLICIES_PER_RESOURCE_MAX = 16;
    public static final int TENANTS_MAX = 10_000;
    public static final int DRY_RUN_RESULTS_MAX = 1_000;

    private final Map<String, Tenant> tenants = new HashMap<>();

    private static final class Tenant {
        private final Map<String, List<ReferenceValue>> references = new TreeMap<>();
        private final Map<String, List<Written>> policies = new TreeMap<>();
        private final Map<String, List<Binding>> bindings = new TreeMap<>();
    }

    private record Written(AppraisalPolicy policy, Condition condition) {}

    /** Which policies guard a resource: all of them have to grant. */
    public record Binding(
            String tenant, String resource, int version, String owner, Instant at, List<String> policies) {
        public Binding {
            Names.check("resource", resource);
            Names.check("tenant", tenant);
            Names.check("owner", owner);
            policies = List.copyOf(policies);
            if (policies.size() > POLICIES_PER_RESOURCE_MAX) {
                throw new IllegalArgumentException("policies of " + resource + ": expected at most "
                        + POLICIES_PER_RESOURCE_MAX + ", found " + policies.size());
            }
        }
    }

    /**
     * Granted or not, and why.
     *
     * @param policies those that were asked, as {@code name@version}
     * @param reasons each reason against; empty if granted
     */
    public record Decision(boolean granted, List<String> policies, List<String> reasons) {
        public Decision {
            policies = List.copyOf(policies);
            reasons = List.copyOf(reasons);
        }

        static Decision denied(String reason) {
            return new Decision(false, List.of(), List.of(reason));
        }
    }

    /** What a policy decides of one recorded result, today and as it is proposed. */
    public record Comparison(AttestationResult result, Decision today, Decision proposed) {
        public boolean differs() {
            return today.granted() != proposed.granted();
        }
    }

    public ReferenceValue putReference(String tenant, String name, List<String> values, String owner, Instant at) {
        var history = history(tenant(tenant).references, name);
        var value = new ReferenceValue(tenant, name, history.size() + 1, owner, at, values);
        history.add(value);
        tenant(tenant).references.putIfAbsent(name, history);
        return value;
    }

    /** Writes the next version; a condition that does not compile is {@link Malformed} and changes nothing. */
    public AppraisalPolicy putPolicy(
            String tenant, String name, String condition, Set<String> waivers, String owner, Instant at) {
        var history = history(tenant(tenant).policies, name);
        var policy = new AppraisalPolicy(tenant, name, history.size() + 1, owner, at, condition, waivers);
        history.add(new Written(policy, Condition.compile(name, condition)));
        tenant(tenant).policies.putIfAbsent(name, history);
        return policy;
    }

    /** Says which policies guard a resource. An empty list guards it against everybody. */
    public Binding bind(String tenant, String resource, List<String> policies, String owner, Instant at) {
        var history = history(tenant(tenant).bindings, resource);
        var binding = new Binding(tenant, resource, history.size() + 1, owner, at, policies);
        history.add(binding);
        tenant(tenant).bindings.putIfAbsent(resource, history);
        return binding;
    }

    /** Makes a new version with the content of an old one. */
    public AppraisalPolicy rollBackPolicy(String tenant, String name, int version, String owner, Instant at) {
        var old = policyHistory(tenant, name).stream()
                .filter(policy -> policy.version() == version)
                .findFirst()
                .orElseThrow(() -> absent("policy", tenant, name, version));
        return putPolicy(tenant, name, old.condition(), old.waivers(), owner, at);
    }

    public ReferenceValue rollBackReference(String tenant, String name, int version, String owner, Instant at) {
        var old = referenceHistory(tenant, name).stream()
                .filter(value -> value.version() == version)
                .findFirst()
                .orElseThrow(() -> absent("reference value", tenant, name, version));
        return putReference(tenant, name, old.values(), owner, at);
    }

    private static IllegalArgumentException absent(String what, String tenant, String name, int version) {
        return new IllegalArgumentException(
                what + " of tenant " + tenant + ": expected one that exists, found " + name + "@" + version);
    }

    /** Everything that was ever written, of each name the oldest first. */
    public record Contents(List<ReferenceValue> references, List<AppraisalPolicy> policies, List<Binding> bindings) {
        public Contents {
            references = List.copyOf(references);
            policies = List.copyOf(policies);
            bindings = List.copyOf(bindings);
        }
    }

    /** What another book needs to become the same as this one; see {@link #putAll}. */
    public Contents contents() {
        var references = new ArrayList<ReferenceValue>();
        var policies = new ArrayList<AppraisalPolicy>();
        var bindings = new ArrayList<Binding>();
        new TreeMap<>(tenants).values().forEach(tenant -> {
            tenant.references.values().forEach(references::addAll);
            tenant.policies.values().forEach(versions -> versions.forEach(one -> policies.add(one.policy())));
            tenant.bindings.values().forEach(bindings::addAll);
        });
        return new Contents(references, policies, bindings);
    }

    /** What holds now: of each name the newest; at most {@code limit} of each kind, by tenant and name. */
    public Contents newest(int limit) {
        var byName = new TreeMap<>(tenants);
        return new Contents(
                byName.values().stream()
                        .flatMap(tenant -> tenant.references.values().stream())
                        .limit(limit)
                        .map(List::getLast)
                        .toList(),
                byName.values().stream()
                        .flatMap(tenant -> tenant.policies.values().stream())
                        .limit(limit)
                        .map(versions -> versions.getLast().policy())
                        .toList(),
                byName.values().stream()
                        .flatMap(tenant -> tenant.bindings.values().stream())
                        .limit(limit)
                        .map(List::getLast)
                        .toList());
    }

    /** A book of what decides one policy now, for a {@link #dryRun} elsewhere: its newest version, and the tenant's references. */
    public PolicyBook excerpt(String tenant, String policy) {
        var excerpt = new PolicyBook();
        find(tenant).ifPresent(known -> {
            var there = new Tenant();
            known.references.forEach((name, versions) -> there.references.put(name, List.of(versions.getLast())));
            Optional.ofNullable(known.policies.get(policy))
                    .ifPresent(versions -> there.policies.put(policy, List.of(versions.getLast())));
            excerpt.tenants.put(tenant, there);
        });
        return excerpt;
    }

    /** Writes all of it into this book. */
    public void putAll(Contents contents) {
        contents.references()
                .forEach(one -> putReference(one.tenant(), one.name(), one.values(), one.owner(), one.at()));
        contents.policies()
                .forEach(one ->
                        putPolicy(one.tenant(), one.name(), one.condition(), one.waivers(), one.owner(), one.at()));
        contents.bindings().forEach(one -> bind(one.tenant(), one.resource(), one.policies(), one.owner(), one.at()));
    }

    /** All versions, the oldest first; none if there never was one. */
    public List<AppraisalPolicy> policyHistory(String tenant, String name) {
        return find(tenant).map(known -> known.policies.get(name)).orElse(List.of()).stream()
                .map(Written::policy)
                .toList();
    }

    public List<ReferenceValue> referenceHistory(String tenant, String name) {
        return List.copyOf(find(tenant).map(known -> known.references.get(name)).orElse(List.of()));
    }

    public List<Binding> bindingHistory(String tenant, String resource) {
        return List.copyOf(
                find(tenant).map(known -> known.bindings.get(resource)).orElse(List.of()));
    }

    /** Whether what this result attests may have the resource at this time, by the tenant's policies of now. */
    public Decision decide(String tenant, String resource, AttestationResult result, Instant at) {
        if (at.isBefore(result.at()) || at.isAfter(result.validUntil())) {
            return Decision.denied(
                    "the result is good from " + result.at() + " to " + result.validUntil() + ", and it is " + at);
        }
        var known = find(tenant);
        if (known.isEmpty()) {
            return Decision.denied("there is no tenant " + Bytes.shorten(tenant));
        }
        var bindings = known.get().bindings.get(resource);
        if (bindings == null) {
            return Decision.denied("no policy guards " + Bytes.shorten(resource));
        }
        var names = bindings.getLast().policies();
        if (names.isEmpty()) {
            return Decision.denied(resource + " is closed to everybody");
        }
        var asked = new ArrayList<String>();
        var reasons = new ArrayList<String>();
        for (var name : names) {
            var versions = known.get().policies.get(name);
            if (versions == null) {
                reasons.add("there is no policy " + name);
                continue;
            }
            var one = decide(versions.getLast(), result, references(known.get()));
            asked.addAll(one.policies());
            reasons.addAll(one.reasons());
        }
        return new Decision(reasons.isEmpty(), asked, reasons);
    }

    /** What a proposed version of a policy would decide of recorded results, beside what the present one does. Changes nothing. */
    public List<Comparison> dryRun(
            String tenant, String name, String condition, Set<String> waivers, List<AttestationResult> recorded) {
        if (recorded.size() > DRY_RUN_RESULTS_MAX) {
            throw new IllegalArgumentException(
                    "recorded results: expected at most " + DRY_RUN_RESULTS_MAX + ", found " + recorded.size());
        }
        var known = find(tenant);
        var references = known.map(PolicyBook::references).orElse(Map.of());
        var present = known.map(found -> found.policies.get(name));
        var proposed = new Written(
                new AppraisalPolicy(
                        tenant,
                        name,
                        present.map(versions -> versions.getLast().policy().version())
                                        .orElse(0)
                                + 1,
                        "dry-run",
                        Instant.EPOCH,
                        condition,
                        waivers),
                Condition.compile(name, condition));
        return recorded.stream()
                .map(result -> new Comparison(
                        result,
                        present.map(versions -> decide(versions.getLast(), result, references))
                                .orElse(Decision.denied("there is no policy " + name)),
                        decide(proposed, result, references)))
                .toList();
    }

    private static Decision decide(Written written, AttestationResult result, Map<String, List<String>> references) {
        var policy = written.policy();
        var label = policy.name() + "@" + policy.version();
        var reasons = new ArrayList<String>();
        if (!result.holds(policy.waivers())) {
            result.everyFinding()
                    .filter(finding -> finding.outcome() == Finding.Outcome.FAILED
                            || (finding.outcome() == Finding.Outcome.EXCUSABLE
                                    && !policy.waivers().contains(finding.waiver())))
                    .limit(20)
                    .forEach(finding -> reasons.add(label + ": " + finding));
        }
        var verdict = written.condition().evaluate(result, references);
        if (!verdict.holds()) {
            reasons.add(label + ": " + verdict.reason());
        }
        return new Decision(reasons.isEmpty(), List.of(label), reasons);
    }

    private static Map<String, List<String>> references(Tenant tenant) {
        var now = new HashMap<String, List<String>>();
        tenant.references.forEach(
                (name, versions) -> now.put(name, versions.getLast().values()));
        return now;
    }

    private Optional<Tenant> find(String tenant) {
        return Optional.ofNullable(tenants.get(tenant));
    }

    private Tenant tenant(String name) {
        Names.check("tenant", name);
        if (!tenants.containsKey(name) && tenants.size() >= TENANTS_MAX) {
            throw new IllegalStateException("OVERLOADED: at most " + TENANTS_MAX + " tenants");
        }
        return tenants.computeIfAbsent(name, same -> new Tenant());
    }

    private static <V> List<V> history(Map<String, List<V>> map, String name) {
        var history = map.get(name);
        if (history == null) {
            if (map.size() >= NAMES_PER_TENANT_MAX) {
                throw new IllegalStateException("OVERLOADED: at most " + NAMES_PER_TENANT_MAX + " names a tenant");
            }
            return new ArrayList<>();
        }
        if (history.size() >= VERSIONS_MAX) {
            throw new IllegalStateException("OVERLOADED: at most " + VERSIONS_MAX + " versions of " + name);
        }
        return history;
    }
}

package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Context;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Snapshot;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.audit.AuditHead;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Remembers sealed secrets, their versions and policies, and who got what; decides whether a secret may still be taken. */
final class SecretsEngine implements Engine<SecretsCommand, SecretsOutcome, Rewrap, SecretsView> {
    /*
     * It never sees a key in clear: keys, nonces and their sealing are made outside and come in commands, so that journal, snapshots and
     * backups hold nothing that is worth anything without the root key. Whether evidence fits a condition is decided outside too, for the
     * appraisal needs the time and what vendors publish. What is decided here is whether that decision still stands: a secret is taken
     * under the policy that is in force in this moment, of a version that is not revoked, and the audit log says so before the secret
     * leaves. The alternative, to look at the policy and give the secret without asking the journal, would let a tightened policy or a
     * revocation be overtaken by a request on its way, and lose the note of a release in a crash.
     */
    /** What watchers watch: where the audit log stands. */
    static final String AUDIT = "audit";

    /** And which root key is in force, and which will be. */
    static final String ROOT = "root";

    /** Everything but secrets and the log. */
    record Settings(
            Optional<Root> root,
            Optional<Rotation> rotation,
            long lastRoot,
            TreeMap<String, List<ReleasePolicy>> policies,
            TreeMap<String, SecretsCommand.Vouch> vouched,
            TreeMap<String, SecretsCommand.Anchor> anchors) {}

    /** Keys that owners vouch for, and roots that are trusted beside those of vendors. */
    record Believed(List<SecretsCommand.Vouch> vouched, List<SecretsCommand.Anchor> anchors) {}

    private @Nullable Believed believed;
    private final Resources resources = new Resources();
    private final RootRules roots = new RootRules(resources);
    private final TreeMap<String, List<ReleasePolicy>> policies = new TreeMap<>();
    private final TreeMap<String, SecretsCommand.Vouch> vouched = new TreeMap<>();
    private final TreeMap<String, SecretsCommand.Anchor> anchors = new TreeMap<>();
    private final ArrayDeque<AuditEntry> audit = new ArrayDeque<>();
    private AuditHead head = AuditHead.EMPTY;

    Optional<Root> root() {
        return roots.root();
    }

    /** Which root keys there are and will be. */
    RootRules roots() {
        return roots;
    }

    Optional<Resource> find(ResourceName name) {
        return resources.find(name);
    }

    /** By name. */
    List<Resource> list(String after, int limit) {
        return resources.after(after).values().stream().limit(limit).toList();
    }

    /** All kept versions, oldest first. */
    List<ReleasePolicy> policyHistory(String subject) {
        return policies.getOrDefault(subject, List.of());
    }

    /** The newest of each subject, by subject. */
    List<ReleasePolicy> policies(String after, int limit) {
        return policies.tailMap(after, false).values().stream()
                .limit(limit)
                .map(List::getLast)
                .toList();
    }

    /** What guards a resource: its own policy, or that for all; empty: nobody gets it. */
    Optional<ReleasePolicy> guard(ResourceName name) {
        return newest(name.toString()).or(() -> newest(ReleasePolicy.ALL));
    }

    Optional<ReleasePolicy> newest(String subject) {
        return Optional.ofNullable(policies.get(subject)).map(List::getLast);
    }

    /** Which keys and roots are believed; the same object until something of it changes. */
    Believed believed() {
        if (believed == null) {
            believed = new Believed(List.copyOf(vouched.values()), List.copyOf(anchors.values()));
        }
        return believed;
    }

    AuditHead head() {
        return head;
    }

    /** The entries after this one that are still here, oldest first. */
    List<AuditEntry> auditAfter(long sequence, int limit) {
        return audit.stream()
                .dropWhile(entry -> entry.sequence() <= sequence)
                .limit(limit)
                .toList();
    }

    @Override
    public SecretsOutcome apply(SecretsCommand command, Context<Rewrap> context) {
        return switch (command) {
            case SecretsCommand.Initialize initialize -> roots.initialize(initialize, notes(context), context);
            case SecretsCommand.BeginRotation begin -> roots.begin(begin, notes(context), context);
            case SecretsCommand.HoldRoot hold -> roots.hold(hold, notes(context), context);
            case SecretsCommand.Rewrapped result -> roots.rewrapped(result, notes(context), context);
            case SecretsCommand.EndRotation end -> roots.end(end, notes(context), context);
            case SecretsCommand.Put put -> put(put, context);
            case SecretsCommand.PutCertificates put -> putCertificates(put, context);
            case SecretsCommand.Revoke revoke -> revoke(revoke, context);
            case SecretsCommand.SetPolicy set -> setPolicy(set, context);
            case SecretsCommand.Vouch vouch -> vouch(vouch, context);
            case SecretsCommand.Anchor anchor -> anchor(anchor, context);
            case SecretsCommand.Take take -> take(take, context);
            case SecretsCommand.Refuse refuse -> {
                record(refuse.actor(), "refuse", refuse.subject(), refuse.reason(), context);
                yield new SecretsOutcome.Done(0);
            }
            case SecretsCommand.Note note -> {
                record(note.actor(), note.action(), note.subject(), note.detail(), context);
                yield new SecretsOutcome.Done(0);
            }
        };
    }

    private RootRules.Notes notes(Context<Rewrap> context) {
        return (actor, action, subject, detail) -> record(actor, action, subject, detail, context);
    }

    private SecretsOutcome put(SecretsCommand.Put put, Context<Rewrap> context) {
        var before = find(put.name());
        long last = before.map(Resource::lastNumber).orElse(0L);
        if (last != put.after()) {
            return denied(
                    SecretsOutcome.Reason.CONFLICT,
                    put.name() + " is at version " + last + ", expected " + put.after());
        }
        if (before.isPresent()
                && (before.get().algorithm() != put.algorithm() || before.get().exportable() != put.exportable())) {
            return denied(
                    SecretsOutcome.Reason.CONFLICT,
                    put.name() + " is " + before.get().algorithm().label()
                            + (before.get().exportable() ? ", exportable" : ", not exportable")
                            + "; a version of it has to be the same");
        }
        if (before.isEmpty() && resources.size() >= SecretsLimits.RESOURCES_MAX) {
            return denied(SecretsOutcome.Reason.OVERLOADED, SecretsLimits.RESOURCES_MAX + " secrets are there");
        }
        var material = roots.storable(put.material());
        if (material.isEmpty()) {
            return denied(
                    SecretsOutcome.Reason.CONFLICT,
                    put.name() + ": the root key was changed while it was sealed; ask again");
        }
        if (resources.bytes() + material.get().bytes() > SecretsLimits.TOTAL_BYTES_MAX) {
            return denied(
                    SecretsOutcome.Reason.OVERLOADED,
                    "all secrets together would pass " + SecretsLimits.TOTAL_BYTES_MAX + " bytes");
        }
        var version = new SecretVersion(last + 1, material, put.actor(), stamp(context), Optional.empty());
        var roomy = before.map(SecretsEngine::withRoom);
        if (roomy.isPresent() && roomy.get().versions().size() >= SecretsLimits.VERSIONS_MAX) {
            return denied(
                    SecretsOutcome.Reason.OVERLOADED,
                    put.name() + " has " + SecretsLimits.VERSIONS_MAX + " versions that are not revoked");
        }
        resources.put(roomy.map(there -> there.with(version))
                .orElseGet(() -> new Resource(put.name(), put.algorithm(), put.exportable(), List.of(version))));
        record(
                put.actor(),
                before.isEmpty() ? "create" : "rotate",
                put.name() + "@" + version.number(),
                put.algorithm().label() + (put.exportable() ? "" : ", not exportable"),
                context);
        roots.goOn(notes(context), context);
        return new SecretsOutcome.Done(version.number());
    }

    /** The same without its oldest revoked version, if it has as many versions as it may have. */
    private static Resource withRoom(Resource resource) {
        if (resource.versions().size() < SecretsLimits.VERSIONS_MAX) {
            return resource;
        }
        var kept = new ArrayList<>(resource.versions());
        kept.stream()
                .filter(version -> version.revokedAt().isPresent())
                .findFirst()
                .ifPresent(kept::remove);
        return new Resource(resource.name(), resource.algorithm(), resource.exportable(), kept);
    }

    private SecretsOutcome putCertificates(SecretsCommand.PutCertificates put, Context<Rewrap> context) {
        var before = find(put.name());
        var version = before.flatMap(there -> there.version(put.version()));
        if (before.isEmpty() || version.isEmpty()) {
            return absent(put.name(), put.version());
        }
        var subject = put.name() + "@" + version.get().number();
        if (version.get().material().isEmpty()) {
            return denied(SecretsOutcome.Reason.CONFLICT, subject + " is revoked");
        }
        long more = put.certificates().stream().mapToLong(ByteString::size).sum();
        if (resources.bytes() + more > SecretsLimits.TOTAL_BYTES_MAX) {
            return denied(
                    SecretsOutcome.Reason.OVERLOADED,
                    "all secrets together would pass " + SecretsLimits.TOTAL_BYTES_MAX + " bytes");
        }
        resources.put(before.get()
                .withMaterial((one, material) ->
                        one.number() == version.get().number() ? material.with(put.certificates()) : material));
        record(put.actor(), "certify", subject, "", context);
        return new SecretsOutcome.Done(version.get().number());
    }

    private SecretsOutcome revoke(SecretsCommand.Revoke revoke, Context<Rewrap> context) {
        var before = find(revoke.name());
        var version = before.flatMap(there -> there.version(revoke.version()));
        if (before.isEmpty() || version.isEmpty()) {
            return absent(revoke.name(), revoke.version());
        }
        if (version.get().revokedAt().isEmpty()) {
            resources.put(before.get().replaced(version.get().revoked(stamp(context))));
            record(revoke.actor(), "revoke", revoke.name() + "@" + version.get().number(), "", context);
        }
        return new SecretsOutcome.Done(version.get().number());
    }

    private SecretsOutcome setPolicy(SecretsCommand.SetPolicy set, Context<Rewrap> context) {
        var before = newest(set.subject());
        var policy = new ReleasePolicy(
                set.subject(),
                before.map(ReleasePolicy::version).orElse(0) + 1,
                set.condition(),
                set.waivers(),
                set.actor(),
                stamp(context));
        if (before.isPresent() && before.get().saysAs(policy)) {
            return new SecretsOutcome.Done(before.get().version());
        }
        if (before.isEmpty() && policies.size() >= SecretsLimits.POLICIES_MAX) {
            return denied(SecretsOutcome.Reason.OVERLOADED, SecretsLimits.POLICIES_MAX + " policies are there");
        }
        var history = new ArrayList<>(policyHistory(set.subject()));
        history.add(policy);
        if (history.size() > SecretsLimits.POLICY_VERSIONS_MAX) {
            history.removeFirst();
        }
        policies.put(set.subject(), List.copyOf(history));
        record(
                set.actor(),
                "set-policy",
                policy.label(),
                policy.condition() + (policy.waivers().isEmpty() ? "" : " waives " + policy.sortedWaivers()),
                context);
        return new SecretsOutcome.Done(policy.version());
    }

    private SecretsOutcome vouch(SecretsCommand.Vouch vouch, Context<Rewrap> context) {
        believed = null;
        var key = vouch.vendor() + " " + vouch.fingerprint();
        if (!vouch.holds()) {
            if (vouched.remove(key) != null) {
                record(vouch.actor(), "vouch-no-more", key, "", context);
            }
            return new SecretsOutcome.Done(0);
        }
        if (!vouched.containsKey(key) && vouched.size() + anchors.size() >= SecretsLimits.VOUCHED_MAX) {
            return denied(SecretsOutcome.Reason.OVERLOADED, SecretsLimits.VOUCHED_MAX + " keys are vouched for");
        }
        vouched.put(key, vouch);
        record(vouch.actor(), "vouch", key, vouch.owner(), context);
        return new SecretsOutcome.Done(0);
    }

    private SecretsOutcome anchor(SecretsCommand.Anchor anchor, Context<Rewrap> context) {
        believed = null;
        var key = anchor.vendor() + " " + anchor.fingerprint();
        if (!anchor.holds()) {
            if (anchors.remove(key) != null) {
                record(anchor.actor(), "trust-root-no-more", key, "", context);
            }
            return new SecretsOutcome.Done(0);
        }
        if (!anchors.containsKey(key) && vouched.size() + anchors.size() >= SecretsLimits.VOUCHED_MAX) {
            return denied(SecretsOutcome.Reason.OVERLOADED, SecretsLimits.VOUCHED_MAX + " keys are vouched for");
        }
        anchors.put(key, anchor);
        record(anchor.actor(), "trust-root", key, "", context);
        return new SecretsOutcome.Done(0);
    }

    private SecretsOutcome take(SecretsCommand.Take take, Context<Rewrap> context) {
        var resource = find(take.name());
        var version = resource.flatMap(there -> there.version(take.version()));
        if (resource.isEmpty() || version.isEmpty()) {
            return absent(take.name(), take.version());
        }
        if (version.get().material().isEmpty()) {
            return refused(take, "version " + version.get().number() + " is revoked", context);
        }
        var algorithm = resource.get().algorithm();
        switch (take.purpose()) {
            case RELEASE -> {
                if (!resource.get().exportable()) {
                    return refused(take, "it is not exportable; it may be used, where its policy lets it", context);
                }
                if (take.policy().isEmpty()) {
                    return refused(take, "secrets are released to attested workloads alone", context);
                }
            }
            case SIGN -> {
                if (!algorithm.signs()) {
                    return denied(SecretsOutcome.Reason.INVALID, algorithm.label() + " does not sign");
                }
            }
            case DECRYPT -> {
                if (!algorithm.decrypts()) {
                    return denied(SecretsOutcome.Reason.INVALID, algorithm.label() + " does not decrypt");
                }
            }
            case ENCRYPT -> {
                if (!algorithm.encrypts()) {
                    return denied(
                            SecretsOutcome.Reason.INVALID,
                            algorithm.label() + " does not encrypt here; use its public key");
                }
            }
        }
        var guard = guard(take.name()).map(ReleasePolicy::label).orElse("");
        if (!take.policy().isEmpty() && !take.policy().equals(guard)) {
            return denied(
                    SecretsOutcome.Reason.CONFLICT,
                    "policy " + take.policy() + " said yes, and " + (guard.isEmpty() ? "no policy" : guard)
                            + " is in force now");
        }
        record(
                take.actor(),
                take.purpose().name().toLowerCase(java.util.Locale.ROOT),
                take.name() + "@" + version.get().number(),
                take.policy().isEmpty() ? "by the administrator" : "by policy " + take.policy(),
                context);
        return new SecretsOutcome.Taken(
                version.get().number(), algorithm, version.get().material().get());
    }

    private SecretsOutcome refused(SecretsCommand.Take take, String reason, Context<Rewrap> context) {
        record(take.actor(), "refuse", take.name().toString(), reason, context);
        return denied(SecretsOutcome.Reason.DENIED, take.name() + ": " + reason);
    }

    private static SecretsOutcome absent(ResourceName name, long version) {
        return denied(
                SecretsOutcome.Reason.NOT_FOUND,
                version == 0 ? "there is no secret " + name : "there is no version " + version + " of " + name);
    }

    private static SecretsOutcome denied(SecretsOutcome.Reason reason, String message) {
        return new SecretsOutcome.Denied(reason, message);
    }

    private void record(String actor, String action, String subject, String detail, Context<Rewrap> context) {
        var entry = AuditEntry.after(
                head.hash(),
                head.sequence() + 1,
                stamp(context),
                bounded(actor),
                bounded(action),
                bounded(subject),
                bounded(detail));
        audit.add(entry);
        if (audit.size() > SecretsLimits.AUDIT_KEPT_MAX) {
            audit.removeFirst();
        }
        head = new AuditHead(entry.sequence(), entry.hash());
        context.changed(AUDIT);
    }

    /** Lone surrogates have no UTF-8, so an entry with one would not be the same when it is read. */
    private static String bounded(String text) {
        var whole = text.length() <= SecretsLimits.AUDIT_CHARACTERS_MAX
                ? text
                : text.substring(0, SecretsLimits.AUDIT_CHARACTERS_MAX) + "…";
        return new String(
                whole.getBytes(java.nio.charset.StandardCharsets.UTF_8), java.nio.charset.StandardCharsets.UTF_8);
    }

    /** As it is stored: a replay must come to the same state as a restore. */
    private static Instant stamp(Context<Rewrap> context) {
        return Instant.ofEpochMilli(context.now().toEpochMilli());
    }

    @Override
    public void tick(Context<Rewrap> context) {}

    @Override
    public Optional<Instant> nextDeadline() {
        return Optional.empty();
    }

    @Override
    public Optional<SecretsView> view(String key) {
        return key.equals(AUDIT) || key.equals(ROOT)
                ? Optional.of(new SecretsView(head, roots.root(), roots.rotation()))
                : Optional.empty();
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        return Stream.of(AUDIT, ROOT)
                .filter(key -> key.startsWith(prefix) && key.compareTo(after) > 0)
                .limit(limit)
                .toList();
    }

    @Override
    public Snapshot snapshot() {
        var settings = new Settings(
                roots.root(),
                roots.rotation(),
                roots.lastNumber(),
                new TreeMap<>(policies),
                new TreeMap<>(vouched),
                new TreeMap<>(anchors));
        var secrets = resources.all();
        var entries = List.copyOf(audit);
        var newest = head;
        return out -> SecretsCodecs.writeState(settings, secrets, entries, newest, out);
    }

    @Override
    public void restore(InputStream state) throws IOException {
        var read = SecretsCodecs.readState(state);
        believed = null;
        roots.restore(
                read.settings().root(),
                read.settings().rotation(),
                read.settings().lastRoot());
        policies.clear();
        policies.putAll(read.settings().policies());
        vouched.clear();
        vouched.putAll(read.settings().vouched());
        anchors.clear();
        anchors.putAll(read.settings().anchors());
        resources.replaceAll(read.resources());
        audit.clear();
        audit.addAll(read.audit());
        head = read.head();
    }
}

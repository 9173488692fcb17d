package dev.plinth.trust.secrets;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.EffectId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Decides which root key is in force, and how another one takes its place. */
final class RootRules {
    /*
     * A rotation adds before it takes away. The next root key is announced; each server says when it has it; the leader's performer seals
     * each data key under it as well, some at a time, each batch an effect whose result opens the next one. All that time everything can
     * still be opened with the key in force, so a server that does not have the next one yet misses nothing, and a rotation may be given up
     * at any moment. When nothing is left to seal and every server has the next key, one entry of the journal puts it in force, and what was
     * sealed under the one before is forgotten.
     *
     * The next root key does not travel by the journal. The alternative, to seal it under the one in force and send it there, would give it to whoever has the old key and a copy of the journal: to whom the rotation is meant to put out.
     */
    static final int BATCH_KEYS_MAX = 128;

    private final Resources resources;
    private Optional<Root> root = Optional.empty();
    private Optional<Rotation> rotation = Optional.empty();
    private long lastNumber;

    /** Told of what belongs into the audit log. */
    interface Notes {
        void note(String actor, String action, String subject, String detail);
    }

    RootRules(Resources resources) {
        this.resources = resources;
    }

    /** In force. */
    Optional<Root> root() {
        return root;
    }

    Optional<Rotation> rotation() {
        return rotation;
    }

    /** Of the newest root key that there ever was; 0 if there was none. */
    long lastNumber() {
        return lastNumber;
    }

    /** How many data keys are not sealed under the next root key yet. */
    long left() {
        return rotation.map(under -> resources.all().stream()
                        .mapToLong(resource ->
                                lacking(resource, under.next().number()).size())
                        .sum())
                .orElse(0L);
    }

    void restore(Optional<Root> restored, Optional<Rotation> underWay, long last) {
        root = restored;
        rotation = underWay;
        lastNumber = last;
    }

    SecretsOutcome initialize(SecretsCommand.Initialize initialize, Notes notes, Context<Rewrap> context) {
        if (root.isPresent()) {
            return denied("there is a root key already, kept by " + root.get().keeper());
        }
        root = Optional.of(initialize.root());
        lastNumber = initialize.root().number();
        notes.note(initialize.actor(), "initialize", "root key", described(initialize.root()));
        context.changed(SecretsEngine.ROOT);
        return new SecretsOutcome.Done(0);
    }

    private static String described(Root made) {
        return "kept by " + made.keeper()
                + (made.isShared() ? ", " + made.threshold() + " of " + made.shares() + " shares" : "");
    }

    SecretsOutcome begin(SecretsCommand.BeginRotation begin, Notes notes, Context<Rewrap> context) {
        if (root.isEmpty()) {
            return denied("there is no root key yet");
        }
        if (rotation.filter(under -> !under.holders().isEmpty()).isPresent()) {
            return denied("a rotation to root key " + rotation.get().next().number()
                    + " is under way; finish or abandon that one");
        }
        if (begin.next().number() != lastNumber + 1) {
            return denied("expected root key " + (lastNumber + 1) + ", found "
                    + begin.next().number() + ": another rotation was first");
        }
        lastNumber = begin.next().number();
        rotation = Optional.of(Rotation.to(begin.next(), new TreeSet<>(begin.servers())));
        notes.note(begin.actor(), "begin-root-rotation", name(begin.next()), described(begin.next()));
        context.changed(SecretsEngine.ROOT);
        return new SecretsOutcome.Done(lastNumber);
    }

    /** A server that says it twice changes nothing the second time. */
    SecretsOutcome hold(SecretsCommand.HoldRoot hold, Notes notes, Context<Rewrap> context) {
        var under = rotation.filter(one -> one.next().number() == hold.root());
        if (under.isEmpty()) {
            return denied("no rotation to root key " + hold.root() + " is under way");
        }
        if (!under.get().holders().contains(hold.server())) {
            rotation = Optional.of(under.get().heldBy(hold.server()));
            notes.note(hold.actor(), "hold-root", name(under.get().next()), "server " + hold.server());
            context.changed(SecretsEngine.ROOT);
            goOn(notes, context);
        }
        return new SecretsOutcome.Done(hold.root());
    }

    SecretsOutcome rewrapped(SecretsCommand.Rewrapped result, Notes notes, Context<Rewrap> context) {
        var under = rotation.filter(one -> one.effect() == result.effect());
        if (under.isEmpty()) {
            return new SecretsOutcome.Done(0);
        }
        context.close(new EffectId(result.effect()));
        long next = under.get().next().number();
        for (var key : result.keys()) {
            resources
                    .find(key.name())
                    .ifPresent(there -> resources.put(there.withMaterial(
                            (version, material) -> version.number() == key.version() && !material.isUnder(next)
                                    ? material.with(new Material.Wrap(next, key.sealed()))
                                    : material)));
        }
        rotation = Optional.of(under.get().rewrapped(result.keys().size()));
        goOn(notes, context);
        return new SecretsOutcome.Done(next);
    }

    SecretsOutcome end(SecretsCommand.EndRotation end, Notes notes, Context<Rewrap> context) {
        if (rotation.isEmpty()) {
            return denied("no rotation of the root key is under way");
        }
        var under = rotation.get();
        if (end.finish()) {
            long left = left();
            if (left > 0) {
                return denied(left + " data keys are not sealed under " + name(under.next()) + " yet");
            }
            if (under.holders().isEmpty()) {
                return denied("no server has " + name(under.next()) + " yet");
            }
            finish(end.actor(), notes, context);
            return new SecretsOutcome.Done(under.next().number());
        }
        if (under.effect() != 0) {
            context.close(new EffectId(under.effect()));
        }
        rotation = Optional.empty();
        resources.replaceMaterial(
                material -> material.only(number -> number == root.orElseThrow().number()));
        notes.note(end.actor(), "abandon-root-rotation", name(under.next()), "");
        context.changed(SecretsEngine.ROOT);
        return new SecretsOutcome.Done(root.orElseThrow().number());
    }

    /**
     * What may be stored of this: sealed under the root key in force, and the next one.
     *
     * @return empty if it is not sealed under the one in force
     */
    Optional<Material> storable(Material material) {
        return root.isEmpty()
                ? Optional.of(material)
                : Optional.of(material)
                        .filter(one -> one.isUnder(root.get().number()))
                        .map(one -> one.only(number -> number == root.get().number()
                                || rotation.filter(under -> under.next().number() == number)
                                        .isPresent()));
    }

    /** After something was stored, or a step of a rotation was done: the next step. */
    void goOn(Notes notes, Context<Rewrap> context) {
        if (rotation.isEmpty()
                || rotation.get().effect() != 0
                || rotation.get().holders().isEmpty()) {
            return;
        }
        var under = rotation.get();
        var batch = lackingAfter(under.cursor());
        if (batch.isEmpty() && !under.cursor().isEmpty()) {
            // What was stored meanwhile by a server without the next key.
            batch = lackingAfter("");
        }
        if (!batch.isEmpty()) {
            var effect = context.open(
                    new Rewrap(root.orElseThrow().number(), under.next().number(), batch));
            rotation = Optional.of(
                    under.waitingFor(effect.value(), batch.getLast().name().toString()));
        } else if (under.isHeldByAll()) {
            finish("server", notes, context);
        }
    }

    private List<Rewrap.DataKey> lackingAfter(String name) {
        long next = rotation.orElseThrow().next().number();
        List<Rewrap.DataKey> batch = new ArrayList<>();
        for (var resource : resources.after(name).values()) {
            var more = lacking(resource, next);
            if (batch.size() + more.size() > BATCH_KEYS_MAX) {
                break;
            }
            batch.addAll(more);
        }
        return batch;
    }

    private List<Rewrap.DataKey> lacking(Resource resource, long next) {
        long now = root.orElseThrow().number();
        return resource.versions().stream()
                .filter(version -> version.material()
                        .filter(material -> !material.isUnder(next))
                        .isPresent())
                .map(version -> new Rewrap.DataKey(
                        resource.name(),
                        version.number(),
                        version.material().orElseThrow().under(now).orElseThrow()))
                .toList();
    }

    private void finish(String actor, Notes notes, Context<Rewrap> context) {
        var done = rotation.orElseThrow();
        var before = root.orElseThrow();
        root = Optional.of(done.next());
        rotation = Optional.empty();
        resources.replaceMaterial(
                material -> material.only(number -> number == done.next().number()));
        notes.note(
                actor,
                "rotate-root",
                name(done.next()),
                "in place of " + before.number() + "; " + done.rewrapped() + " data keys sealed anew; held by "
                        + String.join(" ", done.holders()));
        context.changed(SecretsEngine.ROOT);
    }

    private static String name(Root root) {
        return "root key " + root.number();
    }

    private static SecretsOutcome denied(String message) {
        return new SecretsOutcome.Denied(SecretsOutcome.Reason.CONFLICT, message);
    }
}

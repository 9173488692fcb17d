package dev.plinth.kernel;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** What is known of one partition from outside, through all restarts and on all members: what once was, stays. */
final class Truth<C, O, E> {

    /** An effect that an entry opened or, if {@code effect} is null, closed. */
    private record Turn<E>(long id, E effect) {}

    private final Judge judge;

    /** Every entry that some member ever applied: it was durable, so it stays for good. */
    private final TreeMap<Long, Entry<C>> entries = new TreeMap<>();

    /** The whole state after some of them. */
    private final Map<Long, byte[]> states = new HashMap<>();

    /** What anybody could see of the engine after some of them. */
    private final Map<Long, Object> visible = new HashMap<>();

    /** Which entry a command with an id took place at. */
    private final Map<CommandId, Long> tookPlace = new HashMap<>();

    private final Map<CommandId, O> answers = new HashMap<>();
    private final TreeMap<Long, List<Turn<E>>> effects = new TreeMap<>();
    private final Set<Long> engineSaw = new HashSet<>();
    private long incarnation;
    private long acknowledged;

    Truth(Judge judge) {
        this.judge = judge;
    }

    long last() {
        return entries.isEmpty() ? 0 : entries.lastKey();
    }

    SortedMap<Long, Entry<C>> entries() {
        return entries;
    }

    /** The highest entry whose outcome has reached who proposed it. */
    long acknowledged() {
        return acknowledged;
    }

    void acknowledged(long index) {
        acknowledged = Math.max(acknowledged, index);
    }

    /** An entry is about to be applied. Returns whether nobody had it before. */
    boolean entry(Entry<C> entry, String member) {
        var revision = entry.revision();
        judge.check(
                incarnation == 0 || incarnation == revision.incarnation(),
                () -> member + ": incarnation " + revision.incarnation() + " after " + incarnation);
        incarnation = revision.incarnation();
        var before = entries.putIfAbsent(revision.index(), entry);
        judge.check(
                before == null || before.equals(entry),
                () -> member + ": entry " + revision.index() + " was " + before + " and is " + entry);
        if (before == null) {
            var previous = entries.lowerEntry(revision.index());
            judge.check(
                    previous == null
                            || !entry.stamp().isBefore(previous.getValue().stamp()),
                    () -> member + ": entry " + revision.index() + " is stamped " + entry.stamp() + " after "
                            + previous.getValue().stamp());
        }
        return before == null;
    }

    /** The engine decides on a command. */
    void decided(Entry<C> entry, String member) {
        if (entry.input() instanceof Input.Command<C> command && command.id().isPresent()) {
            var id = command.id().get();
            long index = entry.revision().index();
            var before = tookPlace.putIfAbsent(id, index);
            judge.check(
                    before == null || before == index,
                    () -> member + ": " + id + " took place at entry " + before + " and again at " + index);
        }
        engineSaw.add(entry.revision().index());
    }

    /** An entry was applied by some member: whether the engine had to see it is the same for all. */
    void applied(Entry<C> entry, boolean engineDecided, String member) {
        if (entry.input() instanceof Input.Command<C> command && command.id().isEmpty()) {
            judge.check(
                    engineDecided, () -> member + ": entry " + entry.revision().index() + " never reached the engine");
        }
        judge.check(
                engineDecided == engineSaw.contains(entry.revision().index()),
                () -> member + ": entry " + entry.revision().index() + " reached the engine on some members only");
    }

    /** A client has an answer to a command of its session. */
    void answered(CommandId id, O outcome) {
        var before = answers.putIfAbsent(id, outcome);
        judge.check(
                before == null || before.equals(outcome),
                () -> id + " was answered " + before + ", and when repeated " + outcome);
        judge.check(tookPlace.containsKey(id), () -> id + " was answered and never took place");
    }

    void opened(long index, long id, E effect) {
        turns(index).add(new Turn<>(id, effect));
    }

    void closed(long index, long id) {
        turns(index).add(new Turn<>(id, null));
    }

    private List<Turn<E>> turns(long index) {
        return effects.computeIfAbsent(index, _ -> new ArrayList<>());
    }

    /** The effects that are open after an entry. */
    SortedMap<Long, E> openAfter(long index) {
        var open = new TreeMap<Long, E>();
        effects.headMap(index, true)
                .values()
                .forEach(turns -> turns.forEach(turn -> {
                    if (turn.effect() == null) {
                        open.remove(turn.id());
                    } else {
                        open.put(turn.id(), turn.effect());
                    }
                }));
        return open;
    }

    /** The state after an entry is the same on every member, and however one comes to it. */
    void state(long index, byte[] state, String how) {
        var before = states.putIfAbsent(index, state);
        judge.check(
                before == null || Arrays.equals(before, state),
                () -> how + " has another state after entry " + index + " than was seen before");
    }

    /** The same for what can be seen: what a snapshot forgets is missing in its bytes on every member. */
    void visible(long index, Object now, String how) {
        var before = visible.putIfAbsent(index, now);
        judge.check(
                before == null || before.equals(now),
                () -> how + " shows " + now + " after entry " + index + ", where " + before + " was seen before");
    }

    static byte[] bytes(Snapshot snapshot) {
        var to = new ByteArrayOutputStream();
        try {
            snapshot.encode(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return to.toByteArray();
    }
}

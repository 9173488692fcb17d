package dev.plinth.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Those who ask a partition, over a network that loses and doubles, and ask again when they are not answered. */
final class Clients<X extends Engine<C, O, E, V>, C, O, E, V> {
    private static final int AT_ONCE = 3;

    /** Steps after which a client thinks that nobody answers. */
    private static final int PATIENCE_STEPS = 150;

    private final Subject<X, C, O, E, V> subject;
    private final FaultyNetwork network;
    private final Random random;
    private final Truth<C, O, E> truth;
    private final Coverage coverage;
    private final IntFunction<@Nullable Seat<X, C, O, E, V>> seats;
    private final int members;
    private final List<InSession> inSession = new ArrayList<>();
    private long step;
    private int likelyLeader;
    private boolean calm;

    /** @param seats who sits at a member now, or null */
    Clients(
            Subject<X, C, O, E, V> subject,
            FaultyNetwork network,
            Random random,
            Truth<C, O, E> truth,
            Coverage coverage,
            int members,
            IntFunction<@Nullable Seat<X, C, O, E, V>> seats) {
        this.subject = subject;
        this.network = network;
        this.random = random;
        this.truth = truth;
        this.coverage = coverage;
        this.members = members;
        this.seats = seats;
        for (int i = 0; i < 3; i++) {
            inSession.add(new InSession());
        }
    }

    void calm() {
        calm = true;
    }

    boolean atRest() {
        return inSession.stream().allMatch(client -> client.unanswered.isEmpty());
    }

    /** Some client does something. */
    void act(long now) {
        step = now;
        if (random.nextInt(3) == 0) {
            subject.next(random, calm).ifPresent(this::askOnce);
        } else {
            inSession.get(random.nextInt(inSession.size())).act();
        }
    }

    private int member() {
        return random.nextInt(4) == 0 ? random.nextInt(members) : likelyLeader;
    }

    /** Sends to a member, and what the member answers back. */
    private interface Served<X extends Engine<C, O, E, V>, C, O, E, V> {
        void by(Seat<X, C, O, E, V> seat);
    }

    private void send(int member, boolean repeatable, Served<X, C, O, E, V> served) {
        network.send(member, true, repeatable, () -> {
            var seat = seats.apply(member);
            if (seat != null) {
                served.by(seat);
            }
        });
    }

    /** Without a session: sent once, over a line on which nothing comes twice. */
    private void askOnce(Subject.Ask<X, C, O> ask) {
        int member = member();
        switch (ask) {
            case Subject.Ask.Command<X, C, O> command -> {
                coverage.command(command.command());
                send(
                        member,
                        false,
                        seat -> seat.partition().submit(command.command()).whenComplete((outcome, problem) -> {
                            if (outcome != null) {
                                answered(outcome);
                                network.send(member, false, false, () -> {
                                    likelyLeader = member;
                                    command.answered().accept(outcome);
                                });
                            } else if (problem instanceof Refused refused) {
                                refused(seat, refused);
                                if (refused.code() != Refused.Code.UNKNOWN) {
                                    command.refused().run();
                                }
                            }
                        }));
            }
            case Subject.Ask.Query<X, C, O> query ->
                send(
                        member,
                        false,
                        seat -> seat.partition()
                                .read(observed -> query.query().apply(observed.inner()))
                                .whenComplete((answer, problem) -> {
                                    if (answer != null) {
                                        coverage.event("read answered");
                                        network.send(
                                                member,
                                                false,
                                                false,
                                                () -> query.answered().accept(answer));
                                    } else if (problem instanceof Refused refused) {
                                        refused(seat, refused);
                                    }
                                }));
        }
    }

    private void answered(O outcome) {
        coverage.outcome(outcome);
    }

    private void refused(Seat<X, C, O, E, V> seat, Refused refused) {
        coverage.event("refused " + refused.code());
        switch (refused.code()) {
            case STORAGE -> {
                if (refused.retryAfter().isEmpty()) {
                    seat.sawStop();
                }
            }
            case UNKNOWN, STOPPED -> seat.sawStop();
            case NOT_LEADER -> likelyLeader = random.nextInt(members);
            case OVERLOADED, SESSION_EXPIRED, SEQUENCE_TOO_OLD -> {}
            case TOO_LARGE -> throw new AssertionError("refused with " + refused);
        }
    }

    /** Somebody with a session, who repeats what was not answered until it is. */
    private final class InSession {
        private Optional<ClientId> session = Optional.empty();
        private long openingSince = Long.MIN_VALUE / 2;
        private long sequence;
        private final TreeMap<Long, Asked> unanswered = new TreeMap<>();
        private Optional<Asked> lastAnswered = Optional.empty();

        private final class Asked {
            final CommandId id;
            final Subject.Ask.Command<X, C, O> ask;
            long sentAt = Long.MIN_VALUE / 2;
            boolean done;

            Asked(CommandId id, Subject.Ask.Command<X, C, O> ask) {
                this.id = id;
                this.ask = ask;
            }
        }

        void act() {
            if (session.isEmpty()) {
                if (!calm && step - openingSince > PATIENCE_STEPS) {
                    openSession();
                }
                return;
            }
            var again = unanswered.values().stream()
                    .filter(asked -> step - asked.sentAt > PATIENCE_STEPS)
                    .findFirst();
            if (again.isPresent()) {
                ask(again.get());
            } else if (!calm && random.nextInt(6) == 0 && lastAnswered.isPresent()) {
                // The answer was lost on its way, so it thinks.
                coverage.event("answered command repeated");
                ask(lastAnswered.get());
            } else if (!calm && random.nextInt(200) == 0 && unanswered.isEmpty()) {
                int member = member();
                var ending = session.get();
                send(member, true, seat -> seat.partition().closeSession(ending));
                session = Optional.empty();
                lastAnswered = Optional.empty();
            } else if (unanswered.size() < AT_ONCE) {
                var next = subject.next(random, calm);
                if (next.isPresent() && next.get() instanceof Subject.Ask.Command<X, C, O> command) {
                    sequence++;
                    var asked = new Asked(new CommandId(session.get(), sequence), command);
                    unanswered.put(sequence, asked);
                    coverage.command(command.command());
                    ask(asked);
                } else {
                    next.ifPresent(Clients.this::askOnce);
                }
            }
        }

        private void openSession() {
            openingSince = step;
            int member = member();
            send(
                    member,
                    true,
                    seat -> seat.partition().openSession().whenComplete((id, problem) -> {
                        if (id != null) {
                            network.send(member, false, true, () -> {
                                if (session.isEmpty()) {
                                    likelyLeader = member;
                                    session = Optional.of(id);
                                    sequence = 0;
                                }
                            });
                        } else if (problem instanceof Refused refused) {
                            refused(seat, refused);
                        }
                    }));
        }

        private void ask(Asked asked) {
            asked.sentAt = step;
            int member = member();
            send(
                    member,
                    true,
                    seat -> seat.partition()
                            .submit(asked.id, asked.ask.command())
                            .whenComplete((outcome, problem) -> {
                                if (outcome != null) {
                                    truth.answered(asked.id, outcome);
                                    answered(outcome);
                                    network.send(member, false, true, () -> answer(asked, member, outcome));
                                } else if (problem instanceof Refused refused) {
                                    refused(seat, refused);
                                    network.send(member, false, true, () -> refusal(asked, refused));
                                }
                            }));
        }

        private void answer(Asked asked, int member, O outcome) {
            likelyLeader = member;
            unanswered.remove(asked.id.sequence(), asked);
            lastAnswered = Optional.of(asked);
            if (!asked.done) {
                asked.done = true;
                asked.ask.answered().accept(outcome);
            }
        }

        private void refusal(Asked asked, Refused refused) {
            if (refused.code() == Refused.Code.SESSION_EXPIRED && session.equals(Optional.of(asked.id.client()))) {
                // What was under way may have taken place, and nobody will ever say.
                session = Optional.empty();
                openingSince = Long.MIN_VALUE / 2;
                unanswered.clear();
                lastAnswered = Optional.empty();
            } else if (refused.code() == Refused.Code.OVERLOADED || refused.code() == Refused.Code.NOT_LEADER) {
                asked.sentAt = Long.MIN_VALUE / 2;
            }
        }
    }
}

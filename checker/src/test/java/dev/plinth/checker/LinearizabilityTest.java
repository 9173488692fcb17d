package dev.plinth.checker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LinearizabilityTest {
    private static final Optional<Integer> NOTHING = Optional.empty();

    /** A history of one register, written by hand. */
    private final History<String, RegisterModel.Input<Integer>, RegisterModel.Output<Integer>> register =
            new History<>();

    private History<String, RegisterModel.Input<Integer>, RegisterModel.Output<Integer>>.Call write(int value) {
        return register.call("w" + value, "x", new RegisterModel.Write<>(value));
    }

    private void wrote(int value) {
        write(value).returned(new RegisterModel.Written<>());
    }

    private History<String, RegisterModel.Input<Integer>, RegisterModel.Output<Integer>>.Call read(String client) {
        return register.call(client, "x", new RegisterModel.Read<>());
    }

    private void readBy(String client, Optional<Integer> value) {
        read(client).returned(new RegisterModel.Value<>(value));
    }

    private static RegisterModel.Value<Integer> value(int value) {
        return new RegisterModel.Value<>(Optional.of(value));
    }

    private Verdict verdict() {
        return new Linearizability<>(new RegisterModel<Integer>()).check(register);
    }

    @Test
    void what_one_client_does_alone_is_linearizable() {
        readBy("r", NOTHING);
        wrote(1);
        readBy("r", Optional.of(1));
        wrote(2);
        readBy("r", Optional.of(2));

        assertThat(verdict()).isEqualTo(new Verdict.Linearizable(5, 1));
    }

    @Test
    void a_read_beside_a_write_may_see_either_value() {
        wrote(1);
        var write = write(2);
        readBy("a", Optional.of(1));
        readBy("b", Optional.of(2));
        write.returned(new RegisterModel.Written<>());

        assertThat(verdict()).isInstanceOf(Verdict.Linearizable.class);
    }

    @Test
    void no_read_sees_the_old_value_after_another_saw_the_new_one() {
        wrote(1);
        var write = write(2);
        readBy("a", Optional.of(2));
        readBy("b", Optional.of(1));
        write.returned(new RegisterModel.Written<>());

        assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void a_read_after_a_write_does_not_see_what_was_there_before() {
        wrote(1);
        wrote(2);
        readBy("a", Optional.of(1));

        assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void a_lost_write_is_found() {
        wrote(1);
        readBy("a", NOTHING);

        assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void a_value_that_nobody_wrote_is_found() {
        readBy("a", Optional.of(7));

        assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void a_write_without_an_answer_may_take_place_late_or_never() {
        wrote(1);
        write(2);
        readBy("a", Optional.of(1));
        wrote(3);
        readBy("a", Optional.of(3));
        readBy("b", Optional.of(2));
        readBy("a", Optional.of(2));

        assertThat(verdict()).isInstanceOf(Verdict.Linearizable.class);
    }

    @Test
    void a_write_without_an_answer_takes_place_once() {
        wrote(1);
        write(2);
        readBy("a", Optional.of(2));
        wrote(3);
        readBy("b", Optional.of(2));

        assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void a_write_without_an_answer_does_not_take_place_before_its_call() {
        readBy("a", Optional.of(2));
        write(2);

        assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void a_refused_write_was_never_there() {
        write(2).refused();
        readBy("a", Optional.of(2));

        assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void of_two_who_swap_the_same_value_one_gets_through() {
        wrote(1);
        var one = register.call("a", "x", new RegisterModel.Cas<>(Optional.of(1), 2));
        var other = register.call("b", "x", new RegisterModel.Cas<>(Optional.of(1), 3));
        one.returned(new RegisterModel.Swapped<>(true));
        other.returned(new RegisterModel.Swapped<>(false));
        readBy("a", Optional.of(2));
        assertThat(verdict()).isInstanceOf(Verdict.Linearizable.class);

        var again = register.call("a", "x", new RegisterModel.Cas<>(Optional.of(2), 4));
        var twice = register.call("b", "x", new RegisterModel.Cas<>(Optional.of(2), 5));
        again.returned(new RegisterModel.Swapped<>(true));
        twice.returned(new RegisterModel.Swapped<>(true));
        assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void each_key_is_decided_by_itself_and_the_wrong_one_is_named() {
        for (int i = 0; i < 50; i++) {
            var key = "key" + i;
            var write = register.call("w", key, new RegisterModel.Write<>(i));
            register.call("r", key, new RegisterModel.Read<>()).returned(value(i));
            write.returned(new RegisterModel.Written<>());
        }
        assertThat(verdict()).isEqualTo(new Verdict.Linearizable(100, 50));

        register.call("r", "key33", new RegisterModel.Read<>()).returned(value(34));
        assertThat(verdict())
                .isInstanceOfSatisfying(
                        Verdict.Violation.class,
                        violation -> assertThat(violation.key()).isEqualTo("key33"));
    }

    @Test
    void a_lock_is_held_by_one() {
        var lock = new History<String, LockModel.Input, Boolean>();
        var first = lock.call("a", "l", new LockModel.Acquire("a"));
        var second = lock.call("b", "l", new LockModel.Acquire("b"));
        second.returned(true);
        first.returned(false);
        lock.call("b", "l", new LockModel.Release("b")).returned(true);
        lock.call("a", "l", new LockModel.Acquire("a")).returned(true);
        assertThat(new Linearizability<>(new LockModel()).check(lock)).isInstanceOf(Verdict.Linearizable.class);

        lock.call("b", "l", new LockModel.Acquire("b")).returned(true);
        assertThat(new Linearizability<>(new LockModel()).check(lock)).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void a_lock_whose_release_has_no_answer_may_be_free() {
        var lock = new History<String, LockModel.Input, Boolean>();
        lock.call("a", "l", new LockModel.Acquire("a")).returned(true);
        lock.call("a", "l", new LockModel.Release("a"));
        lock.call("b", "l", new LockModel.Acquire("b")).returned(true);
        assertThat(new Linearizability<>(new LockModel()).check(lock)).isInstanceOf(Verdict.Linearizable.class);

        // It was released for b; a cannot release it a second time.
        lock.call("c", "l", new LockModel.Acquire("c")).returned(true);
        assertThat(new Linearizability<>(new LockModel()).check(lock)).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void a_queue_gives_each_value_once_and_in_order() {
        var queue = new History<String, QueueModel.Input<Integer>, Optional<Integer>>();
        var one = queue.call("a", "q", new QueueModel.Put<>(1));
        var two = queue.call("b", "q", new QueueModel.Put<>(2));
        one.returned(NOTHING);
        two.returned(NOTHING);
        queue.call("c", "q", new QueueModel.Take<>()).returned(Optional.of(2));
        queue.call("c", "q", new QueueModel.Take<>()).returned(Optional.of(1));
        queue.call("c", "q", new QueueModel.Take<>()).returned(NOTHING);
        assertThat(new Linearizability<>(new QueueModel<Integer>()).check(queue))
                .isInstanceOf(Verdict.Linearizable.class);

        queue.call("c", "q", new QueueModel.Take<>()).returned(Optional.of(2));
        assertThat(new Linearizability<>(new QueueModel<Integer>()).check(queue))
                .isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void a_queue_that_gives_values_in_the_wrong_order_is_found() {
        var queue = new History<String, QueueModel.Input<Integer>, Optional<Integer>>();
        queue.call("a", "q", new QueueModel.Put<>(1)).returned(NOTHING);
        queue.call("b", "q", new QueueModel.Put<>(2)).returned(NOTHING);
        queue.call("c", "q", new QueueModel.Take<>()).returned(Optional.of(2));

        assertThat(new Linearizability<>(new QueueModel<Integer>()).check(queue))
                .isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void the_counterexample_shows_the_smallest_window_and_marks_the_answer() {
        for (int i = 0; i < 100; i++) {
            wrote(i);
            readBy("r", Optional.of(i));
        }
        var write = write(100);
        readBy("a", Optional.of(100));
        readBy("b", Optional.of(99));
        write.returned(new RegisterModel.Written<>());
        wrote(101);

        assertThat(verdict()).isInstanceOfSatisfying(Verdict.Violation.class, violation -> {
            assertThat(violation.explanation()).isEqualTo("""
                    not linearizable: x
                    before: Optional[99] (200 operations are left out)
                      w100 |----------> write 100 (no answer)
                      a      |-|        read -> 100
                      b          |-|    read -> 99   <-- this answer
                    no order of these explains the answer that is marked
                    """);
        });
    }

    @Test
    void a_history_that_holds_too_many_orders_is_said_to_be_undecided() {
        var calls = new ArrayList<History<String, QueueModel.Input<Integer>, Optional<Integer>>.Call>();
        var queue = new History<String, QueueModel.Input<Integer>, Optional<Integer>>();
        for (int i = 0; i < 12; i++) {
            calls.add(queue.call("c" + i, "q", new QueueModel.Put<>(i)));
        }
        calls.forEach(call -> call.returned(NOTHING));

        assertThat(new Linearizability<>(new QueueModel<Integer>(), 1_000).check(queue))
                .isInstanceOf(Verdict.Undecided.class);
    }

    @Test
    void thousands_of_operations_of_many_clients_are_decided_in_a_moment() {
        var open = new ArrayList<History<String, RegisterModel.Input<Integer>, RegisterModel.Output<Integer>>.Call>();
        for (int i = 0; i < 4_000; i++) {
            open.add(write(i));
            if (open.size() == 4) {
                open.removeFirst().returned(new RegisterModel.Written<>());
            }
        }
        open.forEach(call -> call.returned(new RegisterModel.Written<>()));
        readBy("r", Optional.of(3_999));
        assertThat(verdict()).isEqualTo(new Verdict.Linearizable(4_001, 1));

        readBy("r", Optional.of(3_900));
        assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void an_operation_ends_once() {
        var call = write(1);
        call.returned(new RegisterModel.Written<>());

        assertThat(List.<Runnable>of(call::refused, () -> call.returned(new RegisterModel.Written<>())))
                .allSatisfy(again -> assertThatThrownBy(again::run).isInstanceOf(IllegalStateException.class));
    }
}

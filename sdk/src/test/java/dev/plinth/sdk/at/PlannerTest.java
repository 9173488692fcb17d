package dev.plinth.sdk.at;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.sdk.at.AtRefusedException.Reason;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is undone, what goes through, and what is refused. */
final class PlannerTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select 1",
                "select * from a join b on a.id = b.id where a.x in (select y from c)",
                "with x as (select 1) select * from x",
                "select * from a union select * from b",
                "set time zone 'UTC'",
                "show search_path",
                "explain select * from a",
            })
    void what_changes_nothing_goes_through(String sql) {
        assertThat(Planner.plan(sql)).isInstanceOf(Plan.PassThrough.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "JOIN | update a set x = b.x from b where a.id = b.id",
                "JOIN | update a join b on a.id = b.id set a.x = 1",
                "JOIN | update a, b set a.x = 1 where a.id = b.id",
                "JOIN | delete from a using b where a.id = b.id",
                "JOIN | delete a from a join b on a.id = b.id",
                "JOIN | select * from a join b on a.id = b.id for update",
                "JOIN | select distinct x from a for update",
                "SUBQUERY | update a set x = 1 where id in (select id from b)",
                "SUBQUERY | update a set x = 1 where exists (select 1 from b where b.id = a.id)",
                "SUBQUERY | update a set x = 1 where id = (select max(id) from b)",
                "SUBQUERY | delete from a where id not in (select id from b)",
                "SUBQUERY | insert into a (id) select id from b",
                "SUBQUERY | with x as (select 1) update a set x = 1",
                "SUBQUERY | with gone as (delete from a returning *) select * from gone",
                "NOT_REPEATABLE | update a set x = 1 where id = 1 order by id limit 1",
                "NOT_REPEATABLE | delete from a where x = 1 limit 10",
                "NOT_REPEATABLE | update a set x = 1 where random() < 0.5",
                "NOT_REPEATABLE | delete from a where clock_timestamp() > at",
                "KIND | insert into a (id) values (1) on conflict do nothing",
                "KIND | insert into a (id) values (1) on conflict (id) do update set x = 1",
                "KIND | insert into a (id) values (1) on duplicate key update x = 1",
                "KIND | insert ignore into a (id) values (1)",
                "KIND | replace into a (id) values (1)",
                "KIND | insert into a (id) values (1) returning id",
                "KIND | truncate table a",
                "KIND | drop table a",
                "KIND | create table a (id int)",
                "KIND | alter table a add column x int",
                "KIND | merge into a using b on (a.id = b.id) when matched then update set a.x = 1",
                "KIND | commit",
                "UNREADABLE | frobnicate the table",
                "UNREADABLE | do $$ begin delete from a; end $$",
            })
    void what_could_not_be_undone_is_refused_with_its_reason(Reason reason, String sql) {
        assertThat(Planner.plan(sql)).isInstanceOfSatisfying(Plan.Refused.class, refused -> {
            assertThat(refused.reason()).as(refused.what()).isEqualTo(reason);
            assertThat(refused.what()).isNotBlank();
            assertThat(refused.advice()).isNotBlank();
        });
    }

    @Test
    void an_update_names_its_columns_its_condition_and_the_keys_that_it_is_bound_to() {
        assertThat(Planner.plan("UPDATE accounts a SET balance = balance - ?, name = (select n from x where y = ?)"
                        + " WHERE (a.id = ? AND balance >= ?)"))
                .isEqualTo(new Plan.Update(
                        new Plan.Target(null, "accounts", "a"),
                        java.util.Set.of("balance", "name"),
                        new Plan.Condition(
                                " where (a.id = ? AND balance >= ?)",
                                List.of(3, 4),
                                Map.of("id", List.of(new Plan.Parameter(3))))));
    }

    @Test
    void keys_may_be_listed_written_out_and_negative() {
        assertThat(Planner.plan("delete from s.t where k in (?, 7, -8) and c > 1 and 'x' = name"))
                .isEqualTo(new Plan.Delete(
                        new Plan.Target("s", "t", ""),
                        new Plan.Condition(
                                " where k IN (?, 7, -8) AND c > 1 AND 'x' = name",
                                List.of(1),
                                Map.of(
                                        "k",
                                        List.of(
                                                new Plan.Parameter(1),
                                                new Plan.Constant(BigInteger.valueOf(7)),
                                                new Plan.Constant(BigInteger.valueOf(-8))),
                                        "name",
                                        List.of(new Plan.Constant("x"))))));
    }

    @Test
    void under_an_or_or_a_not_nothing_is_bound() {
        for (String condition : List.of(
                "id = 1 or id = 2", "not (id = 1)", "id not in (1, 2)", "id > 1", "a = 1 and b in (2) or c = 3")) {
            assertThat(Planner.plan("update a set x = 1 where " + condition))
                    .as(condition)
                    .isInstanceOfSatisfying(
                            Plan.Update.class,
                            update ->
                                    assertThat(update.condition().equalities()).isEmpty());
        }
    }

    @Test
    void an_insert_has_an_operand_for_each_column_of_each_row() {
        assertThat(Planner.plan("insert into t (id, a, b) values (?, 'x', now()), (default, ?, null)"))
                .isEqualTo(new Plan.Insert(
                        new Plan.Target(null, "t", ""),
                        List.of("id", "a", "b"),
                        List.of(
                                List.of(new Plan.Parameter(1), new Plan.Constant("x"), new Plan.Unknown()),
                                List.of(new Plan.Unknown(), new Plan.Parameter(2), new Plan.Constant(null)))));
    }

    @Test
    void a_locking_select_keeps_its_order_its_limit_and_the_way_it_locks() {
        assertThat(Planner.plan("select name from t where x = ? order by id limit ? for update skip locked"))
                .isInstanceOfSatisfying(Plan.LockingSelect.class, select -> {
                    assertThat(select.condition().sql()).isEqualTo(" where x = ? ORDER BY id LIMIT ?");
                    assertThat(select.condition().parameters()).containsExactly(1, 2);
                    assertThat(select.lockingClause()).isEqualToIgnoringCase("for update skip locked");
                });
    }

    @Test
    void question_marks_in_texts_are_no_parameters() {
        assertThat(Planner.plan("update t set x = ? where name = 'who?' and id = ?"))
                .isInstanceOfSatisfying(
                        Plan.Update.class,
                        update -> assertThat(update.condition().parameters()).containsExactly(2));
    }
}

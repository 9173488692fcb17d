package dev.plinth.sdk.at;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What AT does about one statement. Names are as the statement wrote them. */
sealed interface Plan {

    /** Changes nothing that would have to be undone, and locks nothing. */
    record PassThrough() implements Plan {}

    /** Cannot be undone. */
    record Refused(AtRefusedException.Reason reason, String what, String advice) implements Plan {
        AtRefusedException exception() {
            return new AtRefusedException(reason, what, advice);
        }
    }

    /** What is about the rows of one table. */
    sealed interface OnTable extends Plan {
        Target target();
    }

    /** What is about rows that are there, and that a condition names. */
    sealed interface OnRows extends OnTable {
        Condition condition();
    }

    /**
     * New rows.
     *
     * @param columns none if the statement names none, and so means all
     * @param rows each with an operand for each column
     */
    record Insert(Target target, List<String> columns, List<List<Operand>> rows) implements OnTable {}

    record Update(Target target, Set<String> columns, Condition condition) implements OnRows {}

    record Delete(Target target, Condition condition) implements OnRows {}

    /** A {@code SELECT ... FOR UPDATE}. */
    record LockingSelect(Target target, Condition condition, String lockingClause) implements OnRows {}

    /**
     * A table.
     *
     * @param alias empty if it has none
     */
    record Target(@Nullable String schema, String table, String alias) {}

    /**
     * Which rows.
     *
     * @param sql what follows the table's name: {@code where ...}, maybe more; empty for all rows
     * @param parameters the statement's numbers of the parameters in it, in their order
     * @param equalities columns that must have one of these values, by their names
     */
    record Condition(String sql, List<Integer> parameters, Map<String, List<Operand>> equalities) {}

    /** A value in a statement. */
    sealed interface Operand {}

    record Parameter(int number) implements Operand {}

    record Constant(@Nullable Object value) implements Operand {}

    /** Only the database knows. */
    record Unknown() implements Operand {}
}

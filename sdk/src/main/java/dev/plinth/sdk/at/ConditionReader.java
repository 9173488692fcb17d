package dev.plinth.sdk.at;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import net.sf.jsqlparser.expression.ExpressionVisitorAdapter;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.JdbcNamedParameter;
import net.sf.jsqlparser.expression.JdbcParameter;
import net.sf.jsqlparser.expression.NextValExpression;
import net.sf.jsqlparser.expression.UserVariable;
import net.sf.jsqlparser.expression.operators.conditional.OrExpression;
import net.sf.jsqlparser.expression.operators.conditional.XorExpression;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.Select;
import org.jspecify.annotations.Nullable;

/** Finds in a condition what decides whether it can be asked twice. */
final class ConditionReader extends ExpressionVisitorAdapter<Void> {

    private static final Set<String> NOT_REPEATABLE = Set.of(
            "rand",
            "random",
            "random_normal",
            "uuid",
            "uuid_short",
            "uuid_generate_v4",
            "gen_random_uuid",
            "uuidv4",
            "uuidv7",
            "nextval",
            "currval",
            "lastval",
            "setval",
            "last_insert_id",
            "clock_timestamp",
            "timeofday",
            "sysdate",
            "sleep",
            "pg_sleep",
            "get_lock",
            "release_lock");

    private final List<Integer> parameters = new ArrayList<>();
    private String notRepeatable = "";
    private boolean queries;
    private boolean alternatives;

    List<Integer> parameters() {
        return parameters;
    }

    boolean queries() {
        return queries;
    }

    /** Whether there is an "or". */
    boolean alternatives() {
        return alternatives;
    }

    /** What is not repeatable; empty if everything is. */
    String notRepeatable() {
        return notRepeatable;
    }

    @Override
    public <S> @Nullable Void visit(JdbcParameter parameter, S context) {
        parameters.add(parameter.getIndex());
        return null;
    }

    @Override
    public <S> @Nullable Void visit(JdbcNamedParameter parameter, S context) {
        notRepeatable = parameter.toString();
        return null;
    }

    @Override
    public <S> @Nullable Void visit(ParenthesedSelect select, S context) {
        queries = true;
        return null;
    }

    @Override
    public <S> @Nullable Void visit(Select select, S context) {
        queries = true;
        return null;
    }

    @Override
    public <S> @Nullable Void visit(Function function, S context) {
        if (NOT_REPEATABLE.contains(function.getName().toLowerCase(Locale.ROOT))) {
            notRepeatable = function.getName();
        }
        return super.visit(function, context);
    }

    @Override
    public <S> @Nullable Void visit(OrExpression or, S context) {
        alternatives = true;
        return super.visit(or, context);
    }

    @Override
    public <S> @Nullable Void visit(XorExpression xor, S context) {
        alternatives = true;
        return super.visit(xor, context);
    }

    @Override
    public <S> @Nullable Void visit(NextValExpression expression, S context) {
        notRepeatable = expression.toString();
        return null;
    }

    @Override
    public <S> @Nullable Void visit(UserVariable variable, S context) {
        notRepeatable = variable.toString();
        return null;
    }
}

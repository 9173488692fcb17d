package dev.plinth.sdk.at;

import dev.plinth.sdk.at.AtRefusedException.Reason;
import dev.plinth.sdk.at.Plan.Condition;
import dev.plinth.sdk.at.Plan.Operand;
import dev.plinth.sdk.at.Plan.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import net.sf.jsqlparser.JSQLParserException;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.JdbcParameter;
import net.sf.jsqlparser.expression.LongValue;
import net.sf.jsqlparser.expression.NullValue;
import net.sf.jsqlparser.expression.SignedExpression;
import net.sf.jsqlparser.expression.StringValue;
import net.sf.jsqlparser.expression.operators.conditional.AndExpression;
import net.sf.jsqlparser.expression.operators.relational.EqualsTo;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.expression.operators.relational.InExpression;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.parser.CCJSqlParser;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.parser.ParseException;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.statement.DescribeStatement;
import net.sf.jsqlparser.statement.ExplainStatement;
import net.sf.jsqlparser.statement.ReturningClause;
import net.sf.jsqlparser.statement.SetStatement;
import net.sf.jsqlparser.statement.ShowColumnsStatement;
import net.sf.jsqlparser.statement.ShowStatement;
import net.sf.jsqlparser.statement.Statement;
import net.sf.jsqlparser.statement.UseStatement;
import net.sf.jsqlparser.statement.delete.Delete;
import net.sf.jsqlparser.statement.insert.Insert;
import net.sf.jsqlparser.statement.select.FromItem;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.PlainSelect;
import net.sf.jsqlparser.statement.select.Select;
import net.sf.jsqlparser.statement.select.SetOperationList;
import net.sf.jsqlparser.statement.select.Values;
import net.sf.jsqlparser.statement.select.WithItem;
import net.sf.jsqlparser.statement.show.ShowIndexStatement;
import net.sf.jsqlparser.statement.show.ShowTablesStatement;
import net.sf.jsqlparser.statement.update.Update;
import net.sf.jsqlparser.statement.update.UpdateSet;
import org.jspecify.annotations.Nullable;

/** Reads a statement, and says what AT does about it. */
final class Planner {
    /*
     * What is allowed is written down, everything else is refused: a statement that changes rows which no image shows would be
     * committed by a rollback. The rows of an update or a deletion must follow from each row by itself, for we ask for them first
     * and let the statement change them afterwards; so no joins, no subqueries, no "limit", nothing random in a condition. What is
     * assigned may come from anywhere: the images show what came out.
     */
    private static final String BY_KEY = "select the rows first, and change them by their primary keys";

    private Planner() {}

    static Plan plan(String sql) {
        Statement statement;
        try {
            statement = parse(sql);
        } catch (ParseException | JSQLParserException | RuntimeException | Error e) { // its lexer throws an Error
            return harmlessThoughUnread(sql)
                    ? new Plan.PassThrough()
                    : refused(
                            Reason.UNREADABLE,
                            "the statement cannot be read, so it is not known what would have to be undone: "
                                    + firstLine(e),
                            "write it in plainer SQL, or run it outside of global transactions");
        }
        try {
            return plan(statement);
        } catch (Unplannable e) {
            return e.refused;
        }
    }

    private static Statement parse(String sql) throws ParseException, JSQLParserException {
        try {
            return CCJSqlParserUtil.newParser(sql)
                    .withAllowComplexParsing(false)
                    .Statement();
        } catch (ParseException e) {
            CCJSqlParser slower = CCJSqlParserUtil.newParser(sql).withAllowComplexParsing(true);
            return slower.Statement();
        }
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static boolean harmlessThoughUnread(String sql) {
        String text = sql.strip().toLowerCase(Locale.ROOT);
        boolean reads = text.startsWith("select") || text.startsWith("show") || text.startsWith("set ");
        return reads && !text.contains(" for ") && !text.contains(";");
    }

    private static Plan plan(Statement statement) {
        return switch (statement) {
            case Insert insert -> insert(insert);
            case Update update -> update(update);
            case Delete delete -> delete(delete);
            case Select select -> select(select);
            // It explains queries only; "explain analyze update" is not read, and so refused.
            case ExplainStatement harmless -> new Plan.PassThrough();
            case SetStatement harmless -> new Plan.PassThrough();
            case ShowStatement harmless -> new Plan.PassThrough();
            case ShowColumnsStatement harmless -> new Plan.PassThrough();
            case ShowIndexStatement harmless -> new Plan.PassThrough();
            case ShowTablesStatement harmless -> new Plan.PassThrough();
            case DescribeStatement harmless -> new Plan.PassThrough();
            case UseStatement harmless -> new Plan.PassThrough();
            default ->
                refused(
                        Reason.KIND,
                        "statements like '" + firstWords(statement) + "' are not undone",
                        "use insert, update and delete; end transactions by the connection's methods; change schemas outside of"
                                + " global transactions");
        };
    }

    private static String firstWords(Statement statement) {
        String text = String.valueOf(statement);
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }

    private static Plan insert(Insert insert) {
        noWith(insert.getWithItemsList());
        require(
                !insert.isModifierIgnore()
                        && insert.getDuplicateUpdateSets() == null
                        && insert.getConflictTarget() == null
                        && insert.getConflictAction() == null,
                Reason.KIND,
                "an insert that does something else about rows that are there (on conflict, on duplicate key, ignore) is not"
                        + " undone",
                "select the row for update first, and then insert or update");
        require(
                insert.getSetUpdateSets() == null,
                Reason.KIND,
                "'insert ... set' is not undone",
                "write 'insert into ... (columns) values (...)'");
        List<String> columns = insert.getColumns() == null
                ? List.of()
                : insert.getColumns().stream().map(Column::getColumnName).toList();
        noReturning(insert.getReturningClause());
        if (insert.isOnlyDefaultValues()) {
            return new Plan.Insert(target(insert.getTable()), columns, List.of(List.of()));
        }
        require(
                insert.getSelect() instanceof Values,
                Reason.SUBQUERY,
                "an insert of the rows of a query is not undone, for their keys are not known beforehand",
                "select the rows, and insert them with values");
        Values values = (Values) insert.getSelect();
        List<List<Operand>> rows = new ArrayList<>();
        if (values.getExpressions() instanceof ParenthesedExpressionList<?> one) {
            rows.add(operands(one));
        } else {
            for (Expression row : values.getExpressions()) {
                require(
                        row instanceof ExpressionList<?>,
                        Reason.UNREADABLE,
                        "a row of an insert cannot be read: " + row,
                        "write 'values (...), (...)'");
                rows.add(operands((ExpressionList<?>) row));
            }
        }
        return new Plan.Insert(target(insert.getTable()), columns, rows);
    }

    private static List<Operand> operands(ExpressionList<?> row) {
        List<Operand> operands = new ArrayList<>();
        for (Expression value : row) {
            operands.add(operand(value));
        }
        return operands;
    }

    private static Plan update(Update update) {
        noWith(update.getWithItemsList());
        require(
                update.getFromItem() == null && none(update.getJoins()) && none(update.getStartJoins()),
                Reason.JOIN,
                "an update that joins tables is not undone",
                BY_KEY);
        noReturning(update.getReturningClause());
        noLimit(update.getLimit() != null || !none(update.getOrderByElements()), "an update");
        require(!update.isModifierIgnore(), Reason.KIND, "'update ignore' is not undone", "leave out 'ignore'");
        Set<String> columns = new LinkedHashSet<>();
        for (UpdateSet set : update.getUpdateSets()) {
            set.getColumns().forEach(column -> columns.add(column.getColumnName()));
        }
        return new Plan.Update(target(update.getTable()), columns, condition(update.getWhere()));
    }

    private static Plan delete(Delete delete) {
        noWith(delete.getWithItemsList());
        require(
                none(delete.getTables()) && none(delete.getUsingList()) && none(delete.getJoins()),
                Reason.JOIN,
                "a deletion that joins tables is not undone",
                BY_KEY);
        noReturning(delete.getReturningClause());
        noLimit(delete.getLimit() != null || !none(delete.getOrderByElements()), "a deletion");
        return new Plan.Delete(target(delete.getTable()), condition(delete.getWhere()));
    }

    private static Plan select(Select select) {
        if (select.getWithItemsList() != null) {
            for (WithItem<?> item : select.getWithItemsList()) {
                require(
                        item.getParenthesedStatement() instanceof ParenthesedSelect,
                        Reason.SUBQUERY,
                        "a 'with' that changes rows is not undone",
                        "write it as a statement of its own");
            }
        }
        if (!locks(select)) {
            return new Plan.PassThrough();
        }
        require(
                select instanceof PlainSelect,
                Reason.JOIN,
                "the rows that this locks are not those of one table",
                "lock the rows of each table in a statement of its own");
        PlainSelect plain = (PlainSelect) select;
        FromItem from = plain.getFromItem();
        require(
                from instanceof net.sf.jsqlparser.schema.Table
                        && none(plain.getJoins())
                        && none(plain.getWithItemsList())
                        && plain.getGroupBy() == null
                        && plain.getHaving() == null
                        && plain.getFetch() == null
                        && plain.getDistinct() == null,
                Reason.JOIN,
                "the rows that this locks are not simply rows of one table",
                "lock the rows of each table in a statement of its own, by primary keys");
        Condition condition = condition(plain.getWhere());
        StringBuilder sql = new StringBuilder(condition.sql());
        if (!none(plain.getOrderByElements())) {
            sql.append(Select.orderByToString(plain.getOrderByElements()));
        }
        List<Integer> parameters = new ArrayList<>(condition.parameters());
        if (plain.getLimit() != null) {
            sql.append(plain.getLimit());
            parameter(plain.getLimit().getOffset(), parameters);
            parameter(plain.getLimit().getRowCount(), parameters);
        }
        if (plain.getOffset() != null) {
            sql.append(plain.getOffset());
            parameter(plain.getOffset().getOffset(), parameters);
        }
        // With a limit, equal keys are those that may be locked; without one as well.
        String text = sql.toString();
        checkParameters(text, parameters);
        return new Plan.LockingSelect(
                target((net.sf.jsqlparser.schema.Table) from),
                new Condition(text, parameters, condition.equalities()),
                "for " + plain.getForMode().getValue()
                        + (plain.isNoWait() ? " nowait" : "")
                        + (plain.isSkipLocked() ? " skip locked" : ""));
    }

    private static boolean locks(Select select) {
        return switch (select) {
            case SetOperationList list ->
                list.getForMode() != null || list.getSelects().stream().anyMatch(Planner::locks);
            case ParenthesedSelect inner -> inner.getForMode() != null || locks(inner.getSelect());
            default -> select.getForMode() != null;
        };
    }

    private static void parameter(@Nullable Expression expression, List<Integer> parameters) {
        if (expression instanceof JdbcParameter parameter) {
            parameters.add(parameter.getIndex());
        }
    }

    private static Target target(net.sf.jsqlparser.schema.Table table) {
        return new Target(
                table.getSchemaName(),
                table.getName(),
                table.getAlias() == null ? "" : table.getAlias().getName());
    }

    private static Condition condition(@Nullable Expression where) {
        if (where == null) {
            return new Condition("", List.of(), Map.of());
        }
        ConditionReader reader = new ConditionReader();
        where.accept(reader, null);
        require(
                !reader.queries(),
                Reason.SUBQUERY,
                "which rows this changes depends on another query, whose result may change in between",
                BY_KEY);
        require(
                reader.notRepeatable().isEmpty(),
                Reason.NOT_REPEATABLE,
                "'" + reader.notRepeatable() + "' in a condition may choose other rows when asked twice",
                BY_KEY);
        String sql = " where " + where;
        checkParameters(sql, reader.parameters());
        Map<String, List<Operand>> equalities = new LinkedHashMap<>();
        // With an "or" anywhere, the parser's tree does not always bind as SQL does: then the database is asked.
        if (!reader.alternatives()) {
            equalities(where, equalities);
        }
        return new Condition(sql, List.copyOf(reader.parameters()), equalities);
    }

    /** The condition is written anew from what was read: its parameters must be all there, and in order. */
    private static void checkParameters(String sql, List<Integer> parameters) {
        boolean inOrder = true;
        for (int i = 1; i < parameters.size(); i++) {
            inOrder &= parameters.get(i - 1) < parameters.get(i);
        }
        require(
                inOrder && parameters.size() == questionMarks(sql),
                Reason.UNREADABLE,
                "the parameters of this condition cannot be followed: " + sql,
                "write the condition in plainer SQL");
    }

    private static int questionMarks(String sql) {
        int count = 0;
        char quote = 0;
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"' || c == '`') {
                quote = c;
            } else if (c == '?') {
                count++;
            }
        }
        return count;
    }

    /** Collects the columns that "and" binds to values. */
    private static void equalities(Expression condition, Map<String, List<Operand>> into) {
        switch (condition) {
            case AndExpression and -> {
                equalities(and.getLeftExpression(), into);
                equalities(and.getRightExpression(), into);
            }
            case ParenthesedExpressionList<?> one when one.size() == 1 -> equalities(one.getFirst(), into);
            case EqualsTo equal -> {
                if (equal.getLeftExpression() instanceof Column column) {
                    into.putIfAbsent(column.getColumnName(), List.of(operand(equal.getRightExpression())));
                } else if (equal.getRightExpression() instanceof Column column) {
                    into.putIfAbsent(column.getColumnName(), List.of(operand(equal.getLeftExpression())));
                }
            }
            case InExpression in -> {
                // What follows the list with "and", the parser takes for a part of the list.
                Expression list = in.getRightExpression();
                while (list instanceof AndExpression and) {
                    equalities(and.getRightExpression(), into);
                    list = and.getLeftExpression();
                }
                if (!in.isNot()
                        && in.getLeftExpression() instanceof Column column
                        && list instanceof ExpressionList<?> values) {
                    into.putIfAbsent(column.getColumnName(), operands(values));
                }
            }
            default -> {
                // It can only make the rows fewer.
            }
        }
    }

    private static Operand operand(Expression expression) {
        return switch (expression) {
            case JdbcParameter parameter -> new Plan.Parameter(parameter.getIndex());
            case LongValue number -> new Plan.Constant(number.getBigIntegerValue());
            case SignedExpression signed
            when signed.getSign() == '-' && signed.getExpression() instanceof LongValue number ->
                new Plan.Constant(number.getBigIntegerValue().negate());
            case StringValue text
            when text.getPrefix() == null && text.getValue().indexOf('\\') < 0 ->
                new Plan.Constant(text.getNotExcapedValue());
            case NullValue none -> new Plan.Constant(null);
            default -> new Plan.Unknown();
        };
    }

    private static void noWith(@Nullable List<WithItem<?>> items) {
        require(none(items), Reason.SUBQUERY, "a statement with 'with' is not undone", BY_KEY);
    }

    private static void noLimit(boolean limited, String what) {
        require(
                !limited,
                Reason.NOT_REPEATABLE,
                what + " with a limit or an order may choose other rows when asked twice",
                BY_KEY);
    }

    private static void noReturning(@Nullable ReturningClause clause) {
        require(
                clause == null,
                Reason.KIND,
                "a change that is a query, too ('returning') is not undone",
                "ask for generated keys when you prepare it, and select what else you want to know");
    }

    private static boolean none(@Nullable List<?> items) {
        return items == null || items.isEmpty();
    }

    private static void require(boolean holds, Reason reason, String what, String advice) {
        if (!holds) {
            throw new Unplannable(refused(reason, what, advice));
        }
    }

    private static Plan.Refused refused(Reason reason, String what, String advice) {
        return new Plan.Refused(reason, what, advice);
    }

    private static final class Unplannable extends RuntimeException {
        private final transient Plan.Refused refused;

        Unplannable(Plan.Refused refused) {
            super(refused.what(), null, false, false);
            this.refused = refused;
        }
    }
}

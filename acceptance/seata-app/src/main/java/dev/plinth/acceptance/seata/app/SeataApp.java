package dev.plinth.acceptance.seata.app;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.apache.seata.core.context.RootContext;
import org.apache.seata.core.exception.TransactionException;
import org.apache.seata.core.model.BranchType;
import org.apache.seata.core.model.GlobalLockConfig;
import org.apache.seata.discovery.registry.RegistryFactory;
import org.apache.seata.discovery.registry.RegistryService;
import org.apache.seata.integration.tx.api.util.ProxyUtil;
import org.apache.seata.rm.GlobalLockExecutor;
import org.apache.seata.rm.GlobalLockTemplate;
import org.apache.seata.rm.RMClient;
import org.apache.seata.rm.datasource.DataSourceProxy;
import org.apache.seata.rm.datasource.xa.DataSourceProxyXA;
import org.apache.seata.rm.tcc.api.BusinessActionContext;
import org.apache.seata.tm.TMClient;
import org.apache.seata.tm.api.GlobalTransaction;
import org.apache.seata.tm.api.GlobalTransactionContext;
import org.apache.seata.tm.api.TransactionalExecutor;
import org.apache.seata.tm.api.TransactionalTemplate;
import org.apache.seata.tm.api.transaction.TransactionInfo;

/**
 * The application: two schemas in AT and in XA mode, a TCC participant on the first, a saga over both, and a transaction manager.
 *
 * <p>Arguments: the JDBC addresses of the two schemas. Then one command a line on the standard input, {@code number verb
 * arguments…}; each runs on a thread of its own and is answered with one line, {@code number ok …} or {@code number failed …}.
 */
public final class SeataApp {
    private static final String APPLICATION = System.getProperty("application", "acceptance-app");
    private static final String GROUP = System.getProperty("group", "default_tx_group");

    private final DataSource first;
    private final DataSource second;
    private final DataSource firstXa;
    private final DataSource secondXa;
    private final FreezeAction freeze;
    private final Ledger ledger;
    private final Transfers transfers;

    private SeataApp(String firstUrl, String secondUrl) throws Exception {
        var plainFirst = Databases.of(firstUrl);
        var plainSecond = Databases.of(secondUrl);
        FreezeOnDatabase.use(plainFirst);
        first = new DataSourceProxy(plainFirst);
        second = new DataSourceProxy(plainSecond);
        firstXa = new DataSourceProxyXA(plainFirst);
        secondXa = new DataSourceProxyXA(plainSecond);
        freeze = ProxyUtil.createProxy(new FreezeOnDatabase());
        ledger = new Ledger(plainFirst, plainSecond);
        transfers = new Transfers(APPLICATION, GROUP, plainFirst, ledger);
    }

    public static void main(String[] args) throws Exception {
        TMClient.init(APPLICATION, GROUP);
        RMClient.init(APPLICATION, GROUP);
        var app = new SeataApp(args[0], args[1]);
        System.out.println("0 ok ready");
        ExecutorService threads = Executors.newCachedThreadPool();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            var words = line.split(" ");
            threads.execute(() -> System.out.println(words[0] + " " + app.answer(words)));
        }
        System.exit(0);
    }

    private String answer(String[] words) {
        try {
            return "ok " + run(words[1], Arrays.asList(words).subList(2, words.length));
        } catch (Exception e) {
            return "failed " + causes(e);
        }
    }

    /** All names and messages down to the root, on one line. */
    private static String causes(Throwable failure) {
        var text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            text.append(cause.getClass().getSimpleName())
                    .append(": ")
                    .append(cause.getMessage())
                    .append(" | ");
        }
        return text.toString().replace('\n', ' ').replace('\r', ' ');
    }

    private String run(String verb, List<String> words) throws Exception {
        return switch (verb) {
            case "begin" -> begin(Integer.parseInt(words.get(0)));
            case "add" -> in(words.get(0), BranchType.AT, () -> add(at(words.get(1)), words.get(2), words.get(3)));
            case "xa" -> in(words.get(0), BranchType.XA, () -> add(xa(words.get(1)), words.get(2), words.get(3)));
            case "locked" -> locked(at(words.get(0)), words.get(1), words.get(2));
            case "stubborn" -> {
                ledger.beStubborn();
                yield "";
            }
            case "saga" ->
                transfers.run(
                        Integer.parseInt(words.get(0)), Integer.parseInt(words.get(1)), Integer.parseInt(words.get(2)));
            case "freeze" ->
                in(
                        words.get(0),
                        BranchType.AT,
                        () -> ""
                                + freeze.freeze(
                                        new BusinessActionContext(),
                                        Integer.parseInt(words.get(1)),
                                        Integer.parseInt(words.get(2))));
            case "commit" -> end(words.get(0), GlobalTransaction::commit);
            case "rollback" -> end(words.get(0), GlobalTransaction::rollback);
            case "status" ->
                GlobalTransactionContext.reload(words.get(0)).getStatus().name();
            case "reachable" -> reachable();
            case "transfer" ->
                transfer(words.get(0), words.get(1), words.get(2), words.get(3).equals("fail"));
            default -> throw new IllegalArgumentException("unknown command: " + verb);
        };
    }

    /** The servers that the client takes for alive, and draws from. */
    private static String reachable() {
        RegistryService<?> registry = RegistryFactory.getInstance();
        return registry.aliveLookup(GROUP).stream()
                .map(server -> server.getHostString() + ":" + server.getPort())
                .collect(Collectors.joining(","));
    }

    private static String begin(int timeoutMillis) throws TransactionException {
        var transaction = GlobalTransactionContext.createNew();
        transaction.begin(timeoutMillis, "step-by-step");
        RootContext.unbind();
        return transaction.getXid();
    }

    /** One local transaction, a branch of the global one. */
    private static String add(DataSource database, String account, String amount) throws SQLException {
        try (var connection = database.getConnection();
                var statement = connection.prepareStatement("UPDATE account SET balance = balance + ? WHERE id = ?")) {
            statement.setInt(1, Integer.parseInt(amount));
            statement.setInt(2, Integer.parseInt(account));
            return "" + statement.executeUpdate();
        }
    }

    private DataSource at(String schema) {
        return schema.equals("a") ? first : second;
    }

    private DataSource xa(String schema) {
        return schema.equals("a") ? firstXa : secondXa;
    }

    /** A local transaction outside of all global ones, which waits for their locks (Seata's @GlobalLock). */
    private static String locked(DataSource database, String account, String amount) throws Exception {
        try {
            return (String) new GlobalLockTemplate().execute(new GlobalLockExecutor() {
                @Override
                public Object execute() throws Throwable {
                    return add(database, account, amount);
                }

                @Override
                public GlobalLockConfig getGlobalLockConfig() {
                    var config = new GlobalLockConfig();
                    config.setLockRetryInterval(10);
                    config.setLockRetryTimes(3);
                    return config;
                }
            });
        } catch (Throwable e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private interface Ending {
        void of(GlobalTransaction transaction) throws TransactionException;
    }

    private static String end(String xid, Ending ending) throws TransactionException {
        var transaction = GlobalTransactionContext.reload(xid);
        ending.of(transaction);
        return transaction.getLocalStatus().name();
    }

    private interface Step {
        String run() throws Exception;
    }

    /** The kind is bound too: an application with both says which, for by default its last data source decides for all. */
    private static String in(String xid, BranchType kind, Step step) throws Exception {
        RootContext.bind(xid);
        RootContext.bindBranchType(kind);
        try {
            return step.run();
        } finally {
            RootContext.unbindBranchType();
            RootContext.unbind();
        }
    }

    /** As an application's code does it: AT in both schemas and TCC in the first, in one global transaction. */
    private String transfer(String from, String to, String amount, boolean fail) throws Exception {
        try {
            return (String) new TransactionalTemplate().execute(new TransactionalExecutor() {
                @Override
                public Object execute() throws Throwable {
                    RootContext.bindBranchType(BranchType.AT);
                    add(first, from, "-" + amount);
                    add(second, to, amount);
                    freeze.freeze(new BusinessActionContext(), Integer.parseInt(to), Integer.parseInt(amount));
                    if (fail) {
                        throw new IllegalStateException("the application does not want to");
                    }
                    return RootContext.getXID();
                }

                @Override
                public TransactionInfo getTransactionInfo() {
                    var info = new TransactionInfo();
                    info.setName("transfer");
                    info.setTimeOut(30_000);
                    return info;
                }
            });
        } catch (TransactionalExecutor.ExecutionException e) {
            var original = e.getOriginalException();
            throw new IllegalStateException(
                    e.getCode() + (original == null ? "" : " after " + original.getMessage()), e);
        } catch (Throwable e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}

package dev.plinth.acceptance.seata.app;

import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.seata.saga.engine.StateMachineEngine;
import org.apache.seata.saga.engine.config.DbStateMachineConfig;
import org.apache.seata.saga.engine.impl.ProcessCtrlStateMachineEngine;
import org.apache.seata.saga.rm.StateMachineEngineHolder;
import org.apache.seata.saga.statelang.domain.StateMachineInstance;
import org.springframework.context.support.GenericApplicationContext;

/** Seata's Saga engine with its state machines on the classpath, its log in the first schema, and {@link Ledger} as its service. */
final class Transfers {
    private final StateMachineEngine engine;

    Transfers(String application, String group, DataSource log, Ledger ledger) throws Exception {
        var context = new GenericApplicationContext();
        context.registerBean("ledger", Ledger.class, () -> ledger);
        context.refresh();
        var config = new DbStateMachineConfig();
        config.setApplicationContext(context);
        config.setApplicationId(application);
        config.setTxServiceGroup(group);
        config.setDataSource(log);
        config.setSagaJsonParser("jackson");
        config.setSagaBranchRegisterEnable(true);
        config.setRmReportSuccessEnable(true);
        config.setTransOperationTimeout(60_000);
        config.afterPropertiesSet();
        var started = new ProcessCtrlStateMachineEngine();
        started.setStateMachineConfig(config);
        // The coordinator's questions about whole sagas come to this one.
        StateMachineEngineHolder.setStateMachineEngine(started);
        engine = started;
    }

    /** Runs to its end, and says XID, status and status of the compensation. */
    String run(int from, int to, int amount) {
        // Its JSON names the classes of what may have others in its place: so it wants a map whose class is not final.
        var input = new HashMap<String, Object>(Map.of("from", from, "to", to, "amount", amount));
        StateMachineInstance ran = engine.start("transfer", null, input);
        return ran.getId() + " " + ran.getStatus() + " " + ran.getCompensationStatus();
    }
}

package dev.plinth.acceptance.seata.app;

import org.apache.seata.rm.tcc.api.BusinessActionContext;
import org.apache.seata.rm.tcc.api.LocalTCC;
import org.apache.seata.rm.tcc.api.TwoPhaseBusinessAction;

/** Takes money out of an account in two steps: frozen first, gone or given back after. */
@LocalTCC
public interface FreezeAction {

    @TwoPhaseBusinessAction(name = "freeze", commitMethod = "take", rollbackMethod = "giveBack")
    boolean freeze(BusinessActionContext context, int account, int amount);

    boolean take(BusinessActionContext context);

    boolean giveBack(BusinessActionContext context);
}

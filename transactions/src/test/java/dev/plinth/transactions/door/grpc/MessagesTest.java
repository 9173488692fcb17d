package dev.plinth.transactions.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.transactions.TimelineEvent;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.transactions.v1.Branch;
import dev.plinth.wire.transactions.v1.Event;
import org.junit.jupiter.api.Test;

class MessagesTest {
    @Test
    void every_status_type_and_event_has_a_name_in_the_contract_and_seatas_code_plus_one() {
        for (GlobalStatus status : GlobalStatus.values()) {
            assertThat(Messages.status(status).getNumber()).isEqualTo(status.code() + 1);
        }
        for (BranchStatus status : BranchStatus.values()) {
            assertThat(Branch.Status.valueOf(status.name()).getNumber()).isEqualTo(status.code() + 1);
        }
        for (BranchType type : BranchType.values()) {
            assertThat(Branch.Type.valueOf(type.name()).getNumber()).isEqualTo(type.code() + 1);
        }
        for (TimelineEvent.Kind kind : TimelineEvent.Kind.values()) {
            assertThat(Event.Kind.valueOf(kind.name()).getNumber()).isPositive();
        }
    }
}

package dev.plinth.transactions.door.peer;

import dev.plinth.transactions.Participants;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.TransactionId;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.transactions.v1.PerformPhaseTwoRequest;
import dev.plinth.wire.transactions.v1.PerformPhaseTwoResponse;

/** A branch's phase two on its way from one server to another. */
final class Messages {
    private Messages() {}

    static PerformPhaseTwoRequest message(PhaseTwo phaseTwo) {
        return PerformPhaseTwoRequest.newBuilder()
                .setTransaction(phaseTwo.transaction().value())
                .setBranch(phaseTwo.branchId())
                .setType(phaseTwo.type().code())
                .setResourceId(phaseTwo.resourceId())
                .setClientId(phaseTwo.clientId())
                .setApplicationData(phaseTwo.applicationData())
                .setCommit(phaseTwo.direction() == PhaseTwo.Direction.COMMIT)
                .setXidAddress(phaseTwo.xidAddress())
                .build();
    }

    /** @throws IllegalArgumentException if it is no such message; it says what was expected */
    static PhaseTwo phaseTwo(PerformPhaseTwoRequest request) {
        return new PhaseTwo(
                new TransactionId(request.getTransaction()),
                request.getBranch(),
                coded("branch type", BranchType.values(), request.getType()),
                request.getResourceId(),
                request.getClientId(),
                request.getXidAddress(),
                request.getApplicationData(),
                request.getCommit() ? PhaseTwo.Direction.COMMIT : PhaseTwo.Direction.ROLLBACK);
    }

    /** @throws IllegalArgumentException if it is no branch status of Seata's */
    static Participants.Answer answer(PerformPhaseTwoResponse response) {
        return new Participants.Answer(
                coded("branch status", BranchStatus.values(), response.getBranchStatus()), response.getWords());
    }

    private static <T> T coded(String what, T[] constants, int code) {
        if (code < 0 || code >= constants.length) {
            throw new IllegalArgumentException(what + ": expected 0 to " + (constants.length - 1) + ", not " + code);
        }
        return constants[code];
    }
}

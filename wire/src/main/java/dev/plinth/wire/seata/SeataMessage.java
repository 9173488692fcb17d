package dev.plinth.wire.seata;

import java.util.List;

/**
 * What transaction managers (TM), resource managers (RM) and the transaction coordinator (TC) say to one another.
 *
 * <p>The names are Seata's. A text that is not there is empty: on the wire the two are one. Texts are at most {@link
 * SeataCodec#TEXT_BYTES_MAX} bytes long but where another limit is named.
 */
public sealed interface SeataMessage {

    /** What a client asks of the coordinator, and what it may put into a {@link MergedRequest}. */
    sealed interface Request extends SeataMessage {}

    /** What the coordinator answers, or a resource manager to {@link BranchEndRequest}; may be part of a merged answer. */
    sealed interface Response extends SeataMessage {}

    /** What the coordinator asks of a resource manager to end a branch. */
    sealed interface BranchEndRequest extends SeataMessage {
        String xid();

        long branchId();

        BranchType branchType();

        String resourceId();

        /** What the resource manager said at registration; at most a frame long. */
        String applicationData();
    }

    /** A resource manager's answer to {@link BranchEndRequest}. */
    sealed interface BranchEndResponse extends Response {
        Result result();

        String xid();

        long branchId();

        BranchStatus branchStatus();
    }

    /** The coordinator's answer that names where the global transaction stands. */
    sealed interface GlobalEndResponse extends Response {
        Result result();

        GlobalStatus globalStatus();
    }

    /**
     * Whether it was done.
     *
     * @param message why not; empty in a success. What is over {@link SeataCodec#TEXT_BYTES_MAX} is cut off on the wire.
     */
    record Result(boolean success, String message, TransactionExceptionCode code) {
        private static final Result SUCCESS = new Result(true, "", TransactionExceptionCode.UNKNOWN);

        public Result {
            if (success && !message.isEmpty()) {
                throw new IllegalArgumentException("a success has no message, not \"" + message + "\"");
            }
        }

        public static Result ok() {
            return SUCCESS;
        }

        public static Result failed(TransactionExceptionCode code, String message) {
            return new Result(false, message, code);
        }
    }

    // TM to TC: the global transaction.

    /** Opens a global transaction. */
    record GlobalBeginRequest(int timeoutMillis, String transactionName) implements Request {}

    record GlobalBeginResponse(Result result, String xid, String extraData) implements Response {}

    record GlobalCommitRequest(String xid, String extraData) implements Request {}

    record GlobalCommitResponse(Result result, GlobalStatus globalStatus) implements GlobalEndResponse {}

    record GlobalRollbackRequest(String xid, String extraData) implements Request {}

    record GlobalRollbackResponse(Result result, GlobalStatus globalStatus) implements GlobalEndResponse {}

    record GlobalStatusRequest(String xid, String extraData) implements Request {}

    record GlobalStatusResponse(Result result, GlobalStatus globalStatus) implements GlobalEndResponse {}

    /**
     * A saga's own coordinator says how its transaction ended.
     *
     * @param globalStatus {@link GlobalStatus#UNKNOWN} also if the sender named none
     */
    record GlobalReportRequest(String xid, String extraData, GlobalStatus globalStatus) implements Request {}

    record GlobalReportResponse(Result result, GlobalStatus globalStatus) implements GlobalEndResponse {}

    // RM to TC: branches and locks.

    /**
     * Adds a branch, and takes its locks.
     *
     * @param lockKey {@code table:pk,pk;table:pk}; at most a frame long
     * @param applicationData comes back with phase two; at most a frame long
     */
    record BranchRegisterRequest(
            String xid, BranchType branchType, String resourceId, String lockKey, String applicationData)
            implements Request {}

    record BranchRegisterResponse(Result result, long branchId) implements Response {}

    /** Says how phase one of a branch ended. */
    record BranchReportRequest(
            String xid,
            long branchId,
            BranchStatus status,
            String resourceId,
            String applicationData,
            BranchType branchType)
            implements Request {}

    record BranchReportResponse(Result result) implements Response {}

    /** Asks whether these locks could be taken now; takes none. */
    record GlobalLockQueryRequest(
            String xid, BranchType branchType, String resourceId, String lockKey, String applicationData)
            implements Request {}

    record GlobalLockQueryResponse(Result result, boolean lockable) implements Response {}

    // TC to RM: phase two.

    record BranchCommitRequest(
            String xid, long branchId, BranchType branchType, String resourceId, String applicationData)
            implements BranchEndRequest {}

    record BranchCommitResponse(Result result, String xid, long branchId, BranchStatus branchStatus)
            implements BranchEndResponse {}

    record BranchRollbackRequest(
            String xid, long branchId, BranchType branchType, String resourceId, String applicationData)
            implements BranchEndRequest {}

    record BranchRollbackResponse(Result result, String xid, long branchId, BranchStatus branchStatus)
            implements BranchEndResponse {}

    /** Asks a resource manager to delete undo records that nobody can need; goes one way. */
    record UndoLogDeleteRequest(BranchType branchType, String resourceId, int saveDays) implements SeataMessage {
        public UndoLogDeleteRequest {
            if (saveDays < Short.MIN_VALUE || saveDays > Short.MAX_VALUE) {
                throw new IllegalArgumentException("saveDays must fit 16 bits, not " + saveDays);
            }
        }
    }

    // Registration of clients.

    /** A transaction manager says who it is. */
    record RegisterTMRequest(String version, String applicationId, String transactionServiceGroup, String extraData)
            implements SeataMessage {}

    /**
     * Whether the coordinator takes this transaction manager.
     *
     * @param version of the coordinator; clients choose features by it
     */
    record RegisterTMResponse(boolean identified, String version) implements Response {}

    /**
     * A resource manager says who it is and which resources it serves.
     *
     * @param resourceIds separated by commas; at most a frame long
     */
    record RegisterRMRequest(
            String version, String applicationId, String transactionServiceGroup, String extraData, String resourceIds)
            implements SeataMessage {}

    /**
     * Whether the coordinator takes this resource manager.
     *
     * @param version of the coordinator; clients choose features by it
     */
    record RegisterRMResponse(boolean identified, String version) implements Response {}

    // Many in one.

    /**
     * Requests that a client sends together, each with its own id.
     *
     * @param ids one for each message, or none at all: very old clients sent none
     */
    record MergedRequest(List<SeataMessage> messages, List<Integer> ids) implements SeataMessage {
        public MergedRequest {
            messages = checked(messages);
            ids = List.copyOf(ids);
            if (!ids.isEmpty() && ids.size() != messages.size()) {
                throw new IllegalArgumentException(messages.size() + " messages with " + ids.size() + " ids");
            }
        }
    }

    /** The answers to a whole {@link MergedRequest}, in its order, in a frame with its id. */
    record MergedResponse(List<Response> messages) implements SeataMessage {
        public MergedResponse {
            messages = checked(messages);
        }
    }

    /** Answers to parts of merged requests, in any order and selection, each under its request's own id. */
    record BatchResponse(List<Response> messages, List<Integer> ids) implements SeataMessage {
        public BatchResponse {
            messages = checked(messages);
            ids = List.copyOf(ids);
            if (ids.size() != messages.size()) {
                throw new IllegalArgumentException(messages.size() + " messages with " + ids.size() + " ids");
            }
        }
    }

    /** A frame without a body. */
    record Heartbeat() implements SeataMessage {}

    private static <M extends SeataMessage> List<M> checked(List<? extends M> messages) {
        List<M> copy = List.copyOf(messages);
        if (copy.size() > SeataCodec.MERGED_MESSAGES_MAX) {
            throw new IllegalArgumentException(
                    copy.size() + " messages in one; the limit is " + SeataCodec.MERGED_MESSAGES_MAX);
        }
        for (SeataMessage message : copy) {
            if (message instanceof MergedRequest
                    || message instanceof MergedResponse
                    || message instanceof BatchResponse
                    || message instanceof Heartbeat) {
                throw new IllegalArgumentException(message.getClass().getSimpleName() + " cannot be part of another");
            }
        }
        return copy;
    }
}

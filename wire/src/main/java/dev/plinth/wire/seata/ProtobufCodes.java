package dev.plinth.wire.seata;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The numbers of transaction exceptions in Seata's {@code .proto} file, which are others than in its own serializer. */
final class ProtobufCodes {
    private static final List<TransactionExceptionCode> IN_FILE = List.of(
            TransactionExceptionCode.UNKNOWN,
            TransactionExceptionCode.LOCK_KEY_CONFLICT,
            TransactionExceptionCode.IO,
            TransactionExceptionCode.BRANCH_ROLLBACK_FAILED_RETRIABLE,
            TransactionExceptionCode.BRANCH_ROLLBACK_FAILED_UNRETRIABLE,
            TransactionExceptionCode.BRANCH_REGISTER_FAILED,
            TransactionExceptionCode.BRANCH_REPORT_FAILED,
            TransactionExceptionCode.LOCKABLE_CHECK_FAILED,
            TransactionExceptionCode.BRANCH_TRANSACTION_NOT_EXIST,
            TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_EXIST,
            TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_ACTIVE,
            TransactionExceptionCode.GLOBAL_TRANSACTION_STATUS_INVALID,
            TransactionExceptionCode.FAILED_TO_SEND_BRANCH_COMMIT_REQUEST,
            TransactionExceptionCode.FAILED_TO_SEND_BRANCH_ROLLBACK_REQUEST,
            TransactionExceptionCode.FAILED_TO_ADD_BRANCH,
            // Misspelt in the file, so that Seata's client cannot read it: never written.
            TransactionExceptionCode.FAILED_LOCK_GLOBAL_TRANSACTION,
            TransactionExceptionCode.FAILED_WRITE_SESSION,
            TransactionExceptionCode.FAILED_STORE);

    private static final Map<TransactionExceptionCode, Integer> CODES = codes();

    private ProtobufCodes() {}

    private static Map<TransactionExceptionCode, Integer> codes() {
        var codes = new EnumMap<TransactionExceptionCode, Integer>(TransactionExceptionCode.class);
        for (int code = 0; code < IN_FILE.size(); code++) {
            codes.put(IN_FILE.get(code), code);
        }
        codes.remove(TransactionExceptionCode.FAILED_LOCK_GLOBAL_TRANSACTION);
        // The client then waits and tries again, where it would have given up at once; that is allowed, only slower.
        codes.put(
                TransactionExceptionCode.LOCK_KEY_CONFLICT_FAIL_FAST,
                IN_FILE.indexOf(TransactionExceptionCode.LOCK_KEY_CONFLICT));
        return codes;
    }

    static int code(TransactionExceptionCode code) {
        return CODES.getOrDefault(code, 0);
    }

    /** The constant of a number; {@code UNKNOWN} for one that the file lacks. */
    static TransactionExceptionCode of(int code) {
        return code >= 0 && code < IN_FILE.size() ? IN_FILE.get(code) : TransactionExceptionCode.UNKNOWN;
    }
}

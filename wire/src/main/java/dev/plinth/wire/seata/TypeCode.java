package dev.plinth.wire.seata;

/** The numbers that stand for the messages on the wire, by Seata's {@code MessageType}. */
final class TypeCode {
    private TypeCode() {}

    static final int GLOBAL_BEGIN = 1;
    static final int GLOBAL_BEGIN_RESULT = 2;
    static final int BRANCH_COMMIT = 3;
    static final int BRANCH_COMMIT_RESULT = 4;
    static final int BRANCH_ROLLBACK = 5;
    static final int BRANCH_ROLLBACK_RESULT = 6;
    static final int GLOBAL_COMMIT = 7;
    static final int GLOBAL_COMMIT_RESULT = 8;
    static final int GLOBAL_ROLLBACK = 9;
    static final int GLOBAL_ROLLBACK_RESULT = 10;
    static final int BRANCH_REGISTER = 11;
    static final int BRANCH_REGISTER_RESULT = 12;
    static final int BRANCH_REPORT = 13;
    static final int BRANCH_REPORT_RESULT = 14;
    static final int GLOBAL_STATUS = 15;
    static final int GLOBAL_STATUS_RESULT = 16;
    static final int GLOBAL_REPORT = 17;
    static final int GLOBAL_REPORT_RESULT = 18;
    static final int GLOBAL_LOCK_QUERY = 21;
    static final int GLOBAL_LOCK_QUERY_RESULT = 22;
    static final int MERGED = 59;
    static final int MERGED_RESULT = 60;
    static final int REGISTER_TM = 101;
    static final int REGISTER_TM_RESULT = 102;
    static final int REGISTER_RM = 103;
    static final int REGISTER_RM_RESULT = 104;
    static final int UNDO_LOG_DELETE = 111;
    static final int BATCH_RESULT = 121;
}

package dev.plinth.sdk.xa;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import javax.transaction.xa.Xid;

/** A branch's name in its database, as Seata's XA names it: either client can end what the other has prepared. */
record BranchXid(String xid, long branchId) implements Xid {

    private static final int FORMAT_ID = 9752;

    /** The branch that this names; empty if it is none of a global transaction of ours. */
    static Optional<BranchXid> of(Xid found) {
        if (found.getFormatId() != FORMAT_ID) {
            return Optional.empty();
        }
        String qualifier = new String(found.getBranchQualifier(), StandardCharsets.UTF_8);
        try {
            return Optional.of(new BranchXid(
                    new String(found.getGlobalTransactionId(), StandardCharsets.UTF_8),
                    Long.parseLong(qualifier.substring(Math.min(1, qualifier.length())))));
        } catch (NumberFormatException e) {
            return Optional.empty(); // somebody else's, with the same format
        }
    }

    @Override
    public int getFormatId() {
        return FORMAT_ID;
    }

    @Override
    public byte[] getGlobalTransactionId() {
        return xid.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] getBranchQualifier() {
        return ("-" + branchId).getBytes(StandardCharsets.UTF_8);
    }
}

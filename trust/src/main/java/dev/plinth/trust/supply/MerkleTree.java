package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Signatures;
import java.util.List;

/** Proofs that something is a leaf of a log's tree (RFC 9162, section 2.1.3.2). */
final class MerkleTree {
    private static final byte[] LEAF = {0};
    private static final byte[] NODE = {1};

    private MerkleTree() {}

    static byte[] leaf(Bytes entry) {
        return Signatures.digest("SHA-256", LEAF, entry.copy());
    }

    static byte[] node(byte[] left, byte[] right) {
        return Signatures.digest("SHA-256", NODE, left, right);
    }

    static boolean includes(Bytes entry, long index, long size, List<Bytes> hashes, Bytes root) {
        if (index < 0 || index >= size) {
            return false;
        }
        long at = index;
        long last = size - 1;
        var hash = leaf(entry);
        for (var sibling : hashes) {
            if (last == 0) {
                return false;
            }
            if ((at & 1) == 1 || at == last) {
                hash = node(sibling.copy(), hash);
                while ((at & 1) == 0 && at != 0) {
                    at >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node(hash, sibling.copy());
            }
            at >>= 1;
            last >>= 1;
        }
        return last == 0 && root.same(hash);
    }
}

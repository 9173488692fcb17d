package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import java.util.List;

/**
 * What has to be done outside: data keys have to be sealed under the next root key as well, for an engine has no keys.
 *
 * @param from the root key under which they are
 * @param to the one under which they shall be
 */
record Rewrap(long from, long to, List<DataKey> keys) {
    Rewrap {
        keys = List.copyOf(keys);
    }

    /** The sealed data key of one version of a secret. */
    record DataKey(ResourceName name, long version, ByteString sealed) {}
}

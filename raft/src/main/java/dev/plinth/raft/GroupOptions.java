package dev.plinth.raft;

import com.alipay.sofa.jraft.option.NodeOptions;
import java.util.Optional;

/** JRaft's options of one group, and what its factory needs beside them. */
final class GroupOptions extends NodeOptions {
    private final Optional<TlsHandlers> tls;

    GroupOptions(Optional<TlsHandlers> tls) {
        this.tls = tls;
    }

    Optional<TlsHandlers> tls() {
        return tls;
    }
}

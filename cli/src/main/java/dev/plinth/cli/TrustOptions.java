package dev.plinth.cli;

import dev.plinth.wire.trust.v1.TrustGrpc;
import java.io.IOException;
import java.util.function.Function;

/** What the commands on trust have in common. */
abstract class TrustOptions extends TokenOptions {
    <R> R ask(Function<TrustGrpc.TrustBlockingStub, R> question) throws InterruptedException, IOException {
        return ask(TrustGrpc::newBlockingStub, Connection.ANSWER_MAX.toSeconds(), question);
    }
}

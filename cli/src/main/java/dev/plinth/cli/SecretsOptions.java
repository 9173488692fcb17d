package dev.plinth.cli;

import dev.plinth.wire.secrets.v1.SecretsGrpc;
import java.io.IOException;
import java.util.function.Function;

/** What the commands on keys and secrets have in common. */
abstract class SecretsOptions extends AuditedOptions {
    /** RSA keys of 4,096 bits take their time. */
    private static final long ANSWER_SECONDS_MAX = 60;

    <R> R ask(Function<SecretsGrpc.SecretsBlockingStub, R> question) throws InterruptedException, IOException {
        return ask(SecretsGrpc::newBlockingStub, ANSWER_SECONDS_MAX, question);
    }
}

package dev.plinth.cli;

import dev.plinth.wire.secrets.v1.SecretsGrpc;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands on keys and secrets have in common. */
abstract class SecretsOptions implements Callable<Integer> {
    /** RSA keys of 4,096 bits take their time. */
    private static final long ANSWER_SECONDS_MAX = 60;

    @Mixin
    private Connection connection = new Connection();

    @Option(
            names = "--token",
            paramLabel = "FILE",
            description =
                    "The token that the server made in its data folder. Default: $PLINTH_TRUST_TOKEN, or ${DEFAULT-VALUE}",
            defaultValue = "${env:PLINTH_TRUST_TOKEN:-plinth-data/trust/admin.token}")
    private Path token = Path.of("");

    @Option(
            names = "--by",
            paramLabel = "NAME",
            description = "Who does it, for the audit log. Default: ${DEFAULT-VALUE}",
            defaultValue = "${sys:user.name}")
    private String by = "";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    String by() {
        return by;
    }

    <R> R ask(Function<SecretsGrpc.SecretsBlockingStub, R> question) throws InterruptedException, IOException {
        var showing = TrustOptions.showing(token);
        return connection.ask(channel -> question.apply(SecretsGrpc.newBlockingStub(channel)
                .withInterceptors(showing)
                .withDeadlineAfter(ANSWER_SECONDS_MAX, TimeUnit.SECONDS)));
    }
}

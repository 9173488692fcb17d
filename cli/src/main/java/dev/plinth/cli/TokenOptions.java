package dev.plinth.cli;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands have in common that show the server's token. */
abstract class TokenOptions implements Callable<Integer> {
    @Mixin
    private Connection connection = new Connection();

    @Option(
            names = "--token",
            paramLabel = "FILE",
            description =
                    "The token that the server made in its data folder. Default: $PLINTH_TRUST_TOKEN, or ${DEFAULT-VALUE}",
            defaultValue = "${env:PLINTH_TRUST_TOKEN:-plinth-data/trust/admin.token}")
    private Path token = Path.of("");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    CommandSpec spec() {
        return spec;
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** Asks by a stub that shows the token and waits so long. */
    <S extends AbstractStub<S>, R> R ask(Function<ManagedChannel, S> stub, long secondsMax, Function<S, R> question)
            throws InterruptedException, IOException {
        return connected((channel, showing) -> question.apply(
                stub.apply(channel).withInterceptors(showing).withDeadlineAfter(secondsMax, TimeUnit.SECONDS)));
    }

    /** Asks by a channel, with what shows the token. */
    <R> R connected(BiFunction<ManagedChannel, ClientInterceptor, R> question)
            throws InterruptedException, IOException {
        var showing = showing(token);
        return connection.ask(channel -> question.apply(channel, showing));
    }

    /** Shows the token in a file with each call. */
    static ClientInterceptor showing(Path token) throws IOException {
        var headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + shown(token));
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    private static String shown(Path token) throws IOException {
        try {
            return Files.readString(token).strip();
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "--token: there is no file " + token + "; name the one in the server's data folder", e);
        }
    }
}

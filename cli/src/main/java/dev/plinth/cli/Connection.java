package dev.plinth.cli;

import dev.plinth.server.Listen;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** The server that a command asks. */
final class Connection {
    /** How long a command waits for an answer. */
    static final Duration ANSWER_MAX = Duration.ofSeconds(10);

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            description = "The server to ask. Default: ${DEFAULT-VALUE}",
            defaultValue = "127.0.0.1:7700")
    private Listen server = new Listen("127.0.0.1", 7700);

    /** Asks over a channel that is closed afterwards. */
    <R> R ask(Function<ManagedChannel, R> question) throws InterruptedException {
        var channel = NettyChannelBuilder.forAddress(server.host(), server.port())
                .usePlaintext()
                .build();
        try {
            return question.apply(channel);
        } finally {
            channel.shutdownNow();
            channel.awaitTermination(1, TimeUnit.SECONDS);
        }
    }
}

package dev.plinth.acceptance.console;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;

/** Opens the console on the invented bank, for looking at it: {@code http://127.0.0.1:7700}, or the port that is given. */
final class ConsoleShow {
    private ConsoleShow() {}

    public static void main(String[] arguments) throws InterruptedException {
        int port = arguments.length == 0 ? 7_700 : Integer.parseInt(arguments[0]);
        BankScene bank = new BankScene(Instant.now().minus(Duration.ofMinutes(42)));
        try (ConsoleServer server = new ConsoleServer(bank, port)) {
            System.out.println("http://127.0.0.1:" + server.port());
            new CountDownLatch(1).await();
        }
    }
}

package dev.plinth.bank.payments;

import dev.plinth.bank.Accounts;
import dev.plinth.bank.Payments;
import dev.plinth.bank.process.Options;
import dev.plinth.bank.process.Termination;
import dev.plinth.sdk.Plinth;
import dev.plinth.sdk.PlinthOptions;
import dev.plinth.sdk.Publication;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bank payments}: the payments of one cell's customers. */
@Command(
        name = "payments",
        description = "Serves transfers that customers of one cell order, to customers of any cell.",
        mixinStandardHelpOptions = true)
public final class PaymentsCommand implements Callable<Integer> {

    @Option(
            names = "--cell",
            required = true,
            paramLabel = "NAME",
            description = "The cell that this process is part of.")
    private String cell = "";

    @Option(
            names = "--zone",
            paramLabel = "NAME",
            description = "Default: zone-1 for east, zone-2 for west",
            defaultValue = "")
    private String zone = "";

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Plinth's servers. Default: ${DEFAULT-VALUE}",
            defaultValue = "127.0.0.1:7700")
    private String[] servers = {};

    @Option(
            names = "--coordinator",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Their transaction coordinators. Default: ${DEFAULT-VALUE}",
            defaultValue = "127.0.0.1:8091")
    private String[] coordinators = {};

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "Default: ${DEFAULT-VALUE}, a free port",
            defaultValue = "127.0.0.1:0")
    private String listen = "";

    @Option(
            names = "--transaction-timeout",
            paramLabel = "DURATION",
            description = "After which a transfer is rolled back. Default: ${DEFAULT-VALUE}",
            defaultValue = "10s",
            converter = Options.DurationForm.class)
    private Duration transactionTimeout = Duration.ofSeconds(10);

    /** Made by picocli. */
    public PaymentsCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        try (Termination termination = new Termination();
                Plinth plinth = Plinth.connect(PlinthOptions.of("payments")
                        .withServers(servers)
                        .withCoordinators(coordinators)
                        .withListen(listen)
                        .inCell(cell, Options.zone(cell, zone)))) {
            PaymentsProvider provider =
                    new PaymentsProvider(plinth.transactions(), plinth.reference(Accounts.class), transactionTimeout);
            try (Publication publication = plinth.publish(Payments.class, provider)) {
                System.out.println("READY payments " + cell + " " + publication.address());
                termination.await();
                System.out.println("payments " + cell + ": stopping");
            }
        }
        return 0;
    }
}

package dev.plinth.bank.driver;

import dev.plinth.bank.Accounts;
import dev.plinth.bank.Payments;
import dev.plinth.bank.ShardRange;
import dev.plinth.bank.process.Options;
import dev.plinth.bank.process.Termination;
import dev.plinth.sdk.Plinth;
import dev.plinth.sdk.PlinthOptions;
import dev.plinth.sdk.ReferenceOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code bank driver}: the load. */
@Command(
        name = "driver",
        description = {
            "Does SmallBank's operations and prints each second how many, and how long they took.",
            "On standard input it takes 'rate N' and 'clients N' while it runs."
        },
        mixinStandardHelpOptions = true)
public final class DriverCommand implements Callable<Integer> {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(6);

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Plinth's servers. Default: ${DEFAULT-VALUE}",
            defaultValue = "127.0.0.1:7700")
    private String[] servers = {};

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Operations a second; 0: as many as the clients can do. Default: ${DEFAULT-VALUE}",
            defaultValue = "200")
    private double rate;

    @Option(
            names = "--clients",
            paramLabel = "N",
            description = "Each does one operation after another. Default: ${DEFAULT-VALUE}",
            defaultValue = "16")
    private int clients;

    @Option(
            names = "--customers",
            paramLabel = "N",
            description = "The bank's customers, of all cells. Default: ${DEFAULT-VALUE}",
            defaultValue = "10000")
    private long customers;

    @Option(
            names = "--cells",
            paramLabel = "CELL=A-B",
            split = ",",
            description = "The cells' shards. Default: ${DEFAULT-VALUE}",
            defaultValue = "east=0-49,west=50-99",
            converter = {NameForm.class, ShardRange.Form.class})
    private Map<String, ShardRange> cells = new LinkedHashMap<>();

    @Option(
            names = "--mix",
            paramLabel = "B,D,T,A,W,S",
            description = {
                "Per cent of Balance, DepositChecking, TransactSavings, Amalgamate, WriteCheck, SendPayment.",
                "Default: ${DEFAULT-VALUE}; SmallBank's own is 15,15,15,15,15,25"
            },
            defaultValue = "15,15,15,3,15,37",
            converter = MixForm.class)
    private Mix mix = Mix.PAYMENTS;

    @Option(
            names = "--hot-customers",
            paramLabel = "N",
            description = "How many customers are hot. Default: ${DEFAULT-VALUE}",
            defaultValue = "100")
    private long hotCustomers;

    @Option(
            names = "--hot-share",
            paramLabel = "SHARE",
            description = "The share of accesses that go to them, 0 to 1. Default: ${DEFAULT-VALUE}",
            defaultValue = "0.9")
    private double hotShare;

    @Option(
            names = "--cross-cell-share",
            paramLabel = "SHARE",
            description = "The share of transfers that go to another cell, 0 to 1. Default: ${DEFAULT-VALUE}",
            defaultValue = "0.3")
    private double crossCellShare;

    @Option(
            names = "--retry-for",
            paramLabel = "DURATION",
            description = "How long a client tries an operation. Default: ${DEFAULT-VALUE}",
            defaultValue = "30s",
            converter = Options.DurationForm.class)
    private Duration retryFor = Duration.ofSeconds(30);

    @Option(
            names = "--duration",
            paramLabel = "DURATION",
            description = "When to stop. Default: not before it is asked to",
            defaultValue = "0s",
            converter = Options.DurationForm.class)
    private Duration duration = Duration.ZERO;

    @Option(
            names = "--acknowledged",
            paramLabel = "FILE",
            description = "Where to write down each acknowledged write, before it is counted.")
    private @Nullable Path acknowledged;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of what is drawn. Default: ${DEFAULT-VALUE}",
            defaultValue = "1")
    private long seed;

    /** Made by picocli. */
    public DriverCommand() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        Workload workload =
                new Workload(new Workload.Shape(mix, customers, cells, hotCustomers, hotShare, crossCellShare));
        Pacer pacer = new Pacer(rate);
        // Ids have to differ between runs; 46 bits of the time and 12 random ones do that, in a few letters.
        String run = Long.toString(
                (System.currentTimeMillis() << 12) + ThreadLocalRandom.current().nextInt(1 << 12), Character.MAX_RADIX);
        ReferenceOptions repeatable = ReferenceOptions.DEFAULT.withIdempotent(true);
        try (Termination termination = new Termination();
                Acknowledgements acknowledgements =
                        acknowledged == null ? Acknowledgements.none() : Acknowledgements.to(acknowledged);
                Plinth plinth = Plinth.connect(PlinthOptions.of("driver").withServers(servers))) {
            Driver driver = new Driver(
                    plinth.reference(Payments.class, repeatable),
                    plinth.reference(Accounts.class, repeatable),
                    workload,
                    pacer,
                    acknowledgements,
                    run,
                    seed,
                    retryFor);
            driver.setClients(clients);
            listen(driver);
            System.out.println("READY driver " + clients + " clients, run " + run);
            return report(driver, termination);
        }
    }

    private int report(Driver driver, Termination termination) throws InterruptedException {
        Statistics total = new Statistics();
        long begun = System.nanoTime();
        int second = 0;
        boolean ending = false;
        while (!ending && driver.failure().isEmpty()) {
            second++;
            // Each line is due at a whole second from the beginning, whatever printing the others took.
            Duration left = SECOND.multipliedBy(second).minusNanos(System.nanoTime() - begun);
            ending = termination.await(left) || (!duration.isZero() && second >= duration.toSeconds());
            print("DRIVER second=" + second, driver, total);
        }
        driver.stop(STOP_PATIENCE);
        print("DRIVER last", driver, total);
        System.out.println("DRIVER total seconds=" + second + " " + total.line());
        if (driver.failure().isPresent()) {
            throw driver.failure().get();
        }
        return 0;
    }

    private static void print(String head, Driver driver, Statistics total) {
        Statistics interval = driver.takeStatistics();
        total.add(interval);
        long leftOut = driver.takeLeftOut();
        System.out.println(head + " " + interval.line() + (leftOut == 0 ? "" : " left_out=" + leftOut));
    }

    private static void listen(Driver driver) {
        Thread.ofPlatform().daemon().name("standard-input").start(() -> {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    obey(driver, line);
                }
            } catch (IOException e) {
                System.err.println("no more commands from standard input: " + e.getMessage());
            }
        });
    }

    private static void obey(Driver driver, String line) {
        List<String> words = List.of(line.strip().split(" +", -1));
        try {
            if (words.size() == 2 && words.getFirst().equals("rate")) {
                driver.setRate(Double.parseDouble(words.getLast()));
            } else if (words.size() == 2 && words.getFirst().equals("clients")) {
                driver.setClients(Integer.parseInt(words.getLast()));
            } else {
                System.err.println("'" + line + "' is neither 'rate N' nor 'clients N'");
            }
        } catch (IllegalArgumentException e) {
            System.err.println("'" + line + "': " + e.getMessage());
        }
    }

    private static final class NameForm implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            return text;
        }
    }

    private static final class MixForm implements ITypeConverter<Mix> {
        @Override
        public Mix convert(String text) {
            try {
                return Mix.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}

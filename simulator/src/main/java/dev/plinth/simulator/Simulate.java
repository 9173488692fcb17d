package dev.plinth.simulator;

import dev.plinth.kernel.Coverage;
import dev.plinth.kernel.Fault;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code plinth simulate}. Exit status 0: all that was lived held; 1: something did not, and how to repeat it; 2: a wrong call. */
@Command(
        name = "simulate",
        description = "Lives whole lives of the engines and their journals, with every fault, each from one seed.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class Simulate implements Callable<Integer> {
    /** Of so many lives in a row that did next to nothing, something is wrong with the simulator. */
    private static final int IDLE_IN_A_ROW_MAX = 50;

    @Spec
    private CommandSpec spec;

    @Option(names = "--seeds", paramLabel = "N", description = "Live so many lives that are not idle (default: 100).")
    private Integer seeds;

    @Option(names = "--seed", paramLabel = "S", description = "The first seed (default: 1); alone: live this one only.")
    private Long seed;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description =
                    "Only ledger, registers, transactions, cells, registry, registry-servers, coordinator or partitions.")
    private String engine = "";

    @Option(names = "--journal", paramLabel = "KIND", description = "Only local, cluster, or soft.")
    private String journal = "";

    @Option(
            names = "--faults",
            paramLabel = "LIST",
            description =
                    "With --seed, --engine and --journal: these faults in place of the seed's own; 'none' for none.")
    private String faults;

    @Option(names = "--mutations", description = "Breaks production classes on purpose, and sees that each is noticed.")
    private boolean mutations;

    public static void main(String[] args) {
        var line = new CommandLine(new Simulate());
        line.setExecutionExceptionHandler((problem, command, _) -> {
            command.getErr().println("plinth simulate: " + problem.getMessage());
            return problem instanceof IllegalArgumentException
                    ? CommandLine.ExitCode.USAGE
                    : CommandLine.ExitCode.SOFTWARE;
        });
        System.exit(line.execute(args));
    }

    @Override
    public Integer call() throws IOException {
        var out = spec.commandLine().getOut();
        if (mutations) {
            var home = Path.of(System.getProperty("plinth.home", "."));
            return new MutationRun(home, out).all() ? 0 : 1;
        }
        var scenarios = Scenario.matching(engine, journal);
        if (faults != null) {
            if (scenarios.size() != 1 || seed == null) {
                throw new IllegalArgumentException("--faults is for one life: it needs --seed, --engine and --journal");
            }
            return one(scenarios.getFirst(), seed, parsed(faults), out) ? 0 : 1;
        }
        if (seed != null && seeds == null) {
            var scenario = Scenario.ofSeed(scenarios, seed);
            return one(scenario, seed, scenario.schedule(seed), out) ? 0 : 1;
        }
        return many(scenarios, seed == null ? 1 : seed, seeds == null ? 100 : seeds, out) ? 0 : 1;
    }

    private static List<Fault> parsed(String text) {
        return text.equals("none")
                ? List.of()
                : Arrays.stream(text.split(",", -1)).map(Fault::parse).toList();
    }

    private static boolean one(Scenario scenario, long seed, List<Fault> schedule, PrintWriter out) {
        var outcome = scenario.live(seed, schedule);
        out.print(outcome.coverage().text());
        if (outcome.failure().isEmpty()) {
            out.println("PASSED: " + scenario + ", seed " + seed);
            out.flush();
            return true;
        }
        report(scenario, seed, schedule, outcome, out);
        return false;
    }

    private static boolean many(List<Scenario> scenarios, long first, int count, PrintWriter out) {
        var coverage = new Coverage();
        long started = System.nanoTime();
        int lived = 0;
        int idle = 0;
        int idleInARow = 0;
        for (long seed = first; lived < count; seed++) {
            var scenario = Scenario.ofSeed(scenarios, seed);
            var schedule = scenario.schedule(seed);
            var outcome = scenario.live(seed, schedule);
            if (outcome.failure().isPresent()) {
                report(scenario, seed, schedule, outcome, out);
                return false;
            }
            if (outcome.coverage().idle()) {
                idle++;
                idleInARow++;
                if (idleInARow > IDLE_IN_A_ROW_MAX) {
                    out.println("FAILED: " + idleInARow + " lives in a row in which next to nothing happened");
                    out.flush();
                    return false;
                }
                continue;
            }
            idleInARow = 0;
            coverage.add(outcome.coverage());
            lived++;
            if (lived % 100 == 0) {
                out.println(lived + " lives, up to seed " + seed + ": " + coverage.entries() + " entries, "
                        + coverage.faults() + " faults");
                out.flush();
            }
        }
        out.print(coverage.text());
        out.println("PASSED: " + lived + " lives of " + scenarios + " from seed " + first
                + (idle == 0 ? "" : "; " + idle + " more were idle and do not count") + "; "
                + (System.nanoTime() - started) / 1_000_000_000 + " s");
        out.flush();
        return true;
    }

    /** Says what did not hold, how to see it again, and the shortest way to it. */
    static void report(Scenario scenario, long seed, List<Fault> schedule, Scenario.Outcome outcome, PrintWriter out) {
        String life = "./plinth simulate --engine " + scenario.engine() + " --journal " + scenario.journal()
                + " --seed " + seed;
        out.println("FAILED: " + scenario + ", seed " + seed + ", step " + outcome.steps() + ": "
                + outcome.failure().orElseThrow().getMessage());
        out.println("repeat: " + life);
        out.flush();
        var lived = new ArrayList<>(schedule);
        lived.removeIf(fault -> fault.step() > outcome.steps());
        var shrinking =
                new Shrinking(shorter -> scenario.live(seed, shorter).failure().isPresent());
        var shortest = shrinking.shortest(lived);
        var again = scenario.live(seed, shortest);
        out.println("the shortest schedule found, " + shortest.size() + " of " + schedule.size() + " faults ("
                + shrinking.lives() + " lives tried):");
        shortest.forEach(fault -> out.println("  " + fault));
        again.failure()
                .ifPresent(
                        failure -> out.println("which fails at step " + again.steps() + ": " + failure.getMessage()));
        out.println("repeat: " + life + " --faults "
                + (shortest.isEmpty()
                        ? "none"
                        : shortest.stream().map(Fault::toString).collect(Collectors.joining(","))));
        out.flush();
    }
}

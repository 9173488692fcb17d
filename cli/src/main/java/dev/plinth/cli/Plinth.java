package dev.plinth.cli;

import dev.plinth.cli.dev.DevCommand;
import dev.plinth.cli.migrate.MigrateCommand;
import dev.plinth.server.Listen;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code plinth}: lists the commands and runs one. Exit status 0: done; 1: it failed, and said why; 2: the call was wrong. */
@Command(
        name = "plinth",
        description = "The base that an enterprise's services stand on.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "  test [--quick]  Runs every test (a command of the ./plinth script).",
            "  dist            Builds the distribution (likewise).",
            "",
            "Start with: ./plinth dev",
        })
public final class Plinth {
    static final String SERVER = "server";

    private static final List<Class<?>> COMMANDS = List.of(
            DevCommand.class,
            ServerCommand.class,
            ServicesCommand.class,
            RegistryCommand.class,
            MigrateCommand.class,
            CellsCommand.class,
            ClusterCommand.class,
            TransactionsCommand.class,
            SecretsCommand.class,
            AuditCommand.class,
            BackupCommand.class,
            RestoreCommand.class,
            TrustCommand.class,
            IdentityCommand.class,
            AdmitCommand.class,
            DrillCommand.class,
            BenchCommand.class,
            SimulateCommand.class,
            CommandLine.HelpCommand.class);

    private Plinth() {}

    public static void main(String[] args) {
        System.exit(commandLine(args).execute(args));
    }

    private static Listen listen(String text) {
        try {
            return Listen.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException("expected " + e.getMessage());
        }
    }

    /** With all commands, unless these arguments name a server: reading what the others could be told takes longer than its start may. */
    static CommandLine commandLine(String... args) {
        var line = new CommandLine(new Plinth());
        var commands = args.length > 0 && args[0].equals(SERVER) ? List.<Class<?>>of(ServerCommand.class) : COMMANDS;
        commands.forEach(line::addSubcommand);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.registerConverter(Listen.class, Plinth::listen);
        line.setExecutionExceptionHandler((problem, command, _) -> {
            PrintWriter err = command.getErr();
            err.println(command.getCommandSpec().qualifiedName() + ": " + Problems.inOneLine(problem));
            return CommandLine.ExitCode.SOFTWARE;
        });
        return line;
    }
}

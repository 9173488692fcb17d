package dev.plinth.bank;

import dev.plinth.bank.accounts.AccountsCommand;
import dev.plinth.bank.audit.AuditorCommand;
import dev.plinth.bank.audit.VerifyCommand;
import dev.plinth.bank.driver.DriverCommand;
import dev.plinth.bank.payments.PaymentsCommand;
import dev.plinth.bank.postgres.PostgresCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Starts the bank's processes, each by its name. */
@Command(
        name = "bank",
        description = {
            "A small bank on Plinth: each of its processes has a command.",
            "A process prints a line that begins with READY when it does its work, and stops cleanly on SIGTERM."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            PostgresCommand.class,
            AccountsCommand.class,
            PaymentsCommand.class,
            DriverCommand.class,
            AuditorCommand.class,
            VerifyCommand.class
        })
public final class Bank {

    /** Made by picocli. */
    public Bank() {}

    /** Runs a command and ends the process with its status: 0 if all is well, 1 if not, 2 if it was not understood. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Bank()).setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println("bank " + command.getCommandName() + ": " + explain(failure));
            return command.getCommandSpec().exitCodeOnExecutionException();
        });
    }

    private static String explain(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
            if (text.indexOf(message) < 0) {
                text.append(text.isEmpty() ? "" : "\n  because: ").append(message);
            }
        }
        return text.toString();
    }
}

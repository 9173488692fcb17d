package dev.plinth.bank;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the commands say to those who call them wrongly. */
class BankTest {
    private final StringWriter errors = new StringWriter();

    private int run(String line) {
        CommandLine bank = Bank.commandLine();
        bank.setErr(new PrintWriter(errors));
        return bank.execute(line.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "accounts --cell east --database nowhere | '--database': 'nowhere' is not of the form host:port",
                "accounts --cell north --database 127.0.0.1:1 | --shards: needed for the cell 'north'",
                "accounts --cell east --database 127.0.0.1:1 --shards 7 | '7' is not of the form 0-49",
                "accounts --cell east --database 127.0.0.1:1 --customers 0 | --customers: 0 is not within",
                "payments --cell east --transaction-timeout 5 | '5' is not a duration with its unit",
                "driver --mix 1,2,3 | six shares",
                "driver --rate -1 | rate: -1.0 is not within",
                "driver --cells east=0-49 | shard 50 belongs to 0",
                "driver --hot-share 2 | hotShare: 2.0 is not within 0..1",
                "postgres --cell east --data target/x --port 70000 | port: 70000 is not within",
                "auditor --database east | east",
                "verify --database east=127.0.0.1:1 --acknowledged /nowhere/file | /nowhere/file",
            })
    void bad_input_is_answered_with_what_was_expected(String line, String answer) {
        assertThat(run(line)).isIn(1, 2);
        assertThat(errors.toString()).contains(answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgres", "accounts", "payments", "driver", "auditor", "verify"})
    void every_command_explains_itself(String command) {
        StringWriter output = new StringWriter();
        CommandLine bank = Bank.commandLine();
        bank.setOut(new PrintWriter(output));

        assertThat(bank.execute(command, "--help")).isZero();
        assertThat(output.toString()).contains("Usage: bank " + command);
    }

    @Test
    void money_is_shown_with_its_cents() {
        assertThat(Money.text(0)).isEqualTo("0.00");
        assertThat(Money.text(7)).isEqualTo("0.07");
        assertThat(Money.text(-7)).isEqualTo("-0.07");
        assertThat(Money.text(123_456)).isEqualTo("1234.56");
        assertThat(Money.text(Long.MIN_VALUE)).isEqualTo("-92233720368547758.08");
    }
}

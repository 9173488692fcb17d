package dev.plinth.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** What came of a command line that was run in this process, and what it said. */
record Ran(int status, String out, String err) {
    static Ran of(String... line) {
        var out = new StringWriter();
        var err = new StringWriter();
        int status = Plinth.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(line);
        return new Ran(status, out.toString(), err.toString());
    }

    static Ran of(List<String> line) {
        return of(line.toArray(String[]::new));
    }

    /** What it said, when all went well. */
    String well() {
        assertThat(status).as(err).isZero();
        return out;
    }

    /** What it complained of, when it ended with that status. */
    String failed(int expected) {
        assertThat(status).as(out + err).isEqualTo(expected);
        return err;
    }
}

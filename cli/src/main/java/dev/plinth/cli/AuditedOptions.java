package dev.plinth.cli;

import picocli.CommandLine.Option;

/** What the commands have in common that say for the audit log who does it. */
abstract class AuditedOptions extends TokenOptions {
    @Option(
            names = "--by",
            paramLabel = "NAME",
            description = "Who does it, for the audit log. Default: ${DEFAULT-VALUE}",
            defaultValue = "${sys:user.name}")
    private String by = "";

    String by() {
        return by;
    }
}

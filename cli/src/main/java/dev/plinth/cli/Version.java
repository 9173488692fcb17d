package dev.plinth.cli;

import dev.plinth.server.Release;
import picocli.CommandLine.IVersionProvider;

/** What {@code plinth --version} prints. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"plinth " + Release.VERSION, "JVM " + Runtime.version()};
    }
}

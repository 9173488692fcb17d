package dev.plinth.acceptance.registry;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** What a test has opened: closed after it, the last first. */
final class Opened implements AfterEachCallback {
    private final List<AutoCloseable> opened = new ArrayList<>();

    <T extends AutoCloseable> T add(T part) {
        opened.add(part);
        return part;
    }

    /** It is closed already, or is not to be. */
    void remove(AutoCloseable part) {
        opened.remove(part);
    }

    /** How many there are, for names. */
    int size() {
        return opened.size();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        for (var each : opened.reversed()) {
            each.close();
        }
    }
}

package dev.plinth.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class StartGarbageTest {
    @Test
    void theCollectorKeepsAsMuchFreeAsBefore() {
        var before = bounds();

        StartGarbage.giveBack();

        assertThat(bounds()).isEqualTo(before);
    }

    private static List<String> bounds() {
        var machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        return List.of(
                machine.getVMOption("MinHeapFreeRatio").getValue(),
                machine.getVMOption("MaxHeapFreeRatio").getValue());
    }
}

package dev.plinth.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What only a start needed is given back to the machine once it is over: half of the heap, or more. */
final class StartGarbage {
    /*
     * A collector keeps free what the heap has grown to, for what was needed once is as a rule needed again. What a start reads and
     * compiles is not. So it may keep little for this one collection; afterwards it is as the user has it, for a busy server that has to
     * grow its heap again after each collection does little else.
     */
    private static final Map<String, String> KEEP_LITTLE = Map.of("MinHeapFreeRatio", "5", "MaxHeapFreeRatio", "10");

    /** The order matters: the lesser bound must never pass the greater. */
    private static final List<String> DOWN = List.of("MinHeapFreeRatio", "MaxHeapFreeRatio");

    private StartGarbage() {}

    /** Takes some hundredths of a second. On a Java machine without these bounds it only collects. */
    static void giveBack() {
        var machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        Map<String, String> before = new HashMap<>();
        for (var option : machine.getDiagnosticOptions()) {
            if (KEEP_LITTLE.containsKey(option.getName())) {
                before.put(option.getName(), option.getValue());
            }
        }
        for (var name : DOWN) {
            if (before.containsKey(name)) {
                machine.setVMOption(name, KEEP_LITTLE.get(name));
            }
        }
        System.gc();
        for (var name : DOWN.reversed()) {
            if (before.containsKey(name)) {
                machine.setVMOption(name, before.get(name));
            }
        }
    }
}

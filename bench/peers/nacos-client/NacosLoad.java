import com.alibaba.nacos.api.NacosFactory;
import com.alibaba.nacos.api.naming.NamingService;
import com.alibaba.nacos.api.naming.pojo.Instance;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The load of {@code ./plinth bench registry} on Nacos's original client: threads, each of which registers an instance of one of its
 * services and, when that is answered, of the next. Run from its source.
 *
 * <p>Arguments: the server's address, how many clients, how many threads for each. For each line {@code rate <millis>} on standard
 * input, one round, and a line {@code ROUND <registrations> <nanoseconds>}.
 */
public final class NacosLoad {
    /** Of each thread; then they come again, with other instances. */
    private static final int SERVICES = 200;

    private static final AtomicLong NUMBERS = new AtomicLong();
    private static final AtomicLong DONE = new AtomicLong();

    public static void main(String[] arguments) throws Exception {
        int clients = Integer.parseInt(arguments[1]);
        int threads = Integer.parseInt(arguments[2]);
        var services = new NamingService[clients];
        for (int i = 0; i < clients; i++) {
            var properties = new Properties();
            properties.setProperty("serverAddr", arguments[0]);
            services[i] = NacosFactory.createNamingService(properties);
            services[i].registerInstance("original.first." + i, instance());
        }
        System.out.println("READY");
        var rounds = new BufferedReader(new InputStreamReader(System.in));
        for (var line = rounds.readLine(); line != null; line = rounds.readLine()) {
            long end = System.nanoTime() + Long.parseLong(line.split(" ")[1]) * 1_000_000;
            DONE.set(0);
            long start = System.nanoTime();
            var working = new Thread[clients * threads];
            for (int i = 0; i < working.length; i++) {
                var service = services[i % clients];
                var name = "original." + i + ".";
                working[i] = Thread.ofPlatform().start(() -> work(service, name, end));
            }
            for (var thread : working) {
                thread.join();
            }
            System.out.println("ROUND " + DONE.get() + " " + (System.nanoTime() - start));
        }
        System.exit(0);
    }

    private static void work(NamingService service, String name, long end) {
        try {
            while (System.nanoTime() < end) {
                service.registerInstance(name + NUMBERS.incrementAndGet() % SERVICES, instance());
                DONE.incrementAndGet();
            }
        } catch (Exception e) {
            System.out.println("FAILED " + e);
            System.exit(1);
        }
    }

    private static Instance instance() {
        long number = NUMBERS.incrementAndGet();
        var instance = new Instance();
        instance.setIp("10." + (number >> 16 & 0x7f) + "." + (number >> 8 & 0xff) + "." + (number & 0xff));
        instance.setPort(8080);
        instance.setMetadata(Map.of("zone", "east-1", "version", "2.3.1", "preserved.register.source", "SPRING_CLOUD"));
        return instance;
    }
}

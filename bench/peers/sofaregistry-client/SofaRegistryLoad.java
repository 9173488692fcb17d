import com.alipay.sofa.registry.client.api.Publisher;
import com.alipay.sofa.registry.client.api.registration.PublisherRegistration;
import com.alipay.sofa.registry.client.api.registration.SubscriberRegistration;
import com.alipay.sofa.registry.client.provider.AbstractInternalRegister;
import com.alipay.sofa.registry.client.provider.DefaultRegistryClient;
import com.alipay.sofa.registry.client.provider.DefaultRegistryClientConfigBuilder;
import com.alipay.sofa.registry.core.model.ScopeEnum;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The load of {@code ./plinth bench registry} on SOFARegistry's original client. Run from its source.
 *
 * <p>Arguments: the server's port, how many clients, how many threads for each. For each line on standard input one line:
 *
 * <ul>
 *   <li>{@code rate <millis>}: each thread publishes under a data id of its own and, when that is registered, the next;
 *       {@code ROUND <registrations> <nanoseconds>}
 *   <li>{@code fill <data ids>}: each client publishes under all of them; {@code FILLED <registrations>}
 *   <li>{@code subscribe <subscribers>}: to one data id, evenly over all clients; {@code SUBSCRIBED}
 *   <li>{@code push}: publishes under that data id; {@code PUSHED <nanoseconds to the last subscriber>}
 * </ul>
 */
public final class SofaRegistryLoad {
    private static final String PUSHED = "original.pushed";
    private static final long WAIT_SECONDS = 60;
    private static final AtomicLong NUMBERS = new AtomicLong();
    private static final AtomicLong DONE = new AtomicLong();
    private static final List<DefaultRegistryClient> CLIENTS = new ArrayList<>();

    private record Expected(String text, CountDownLatch told) {}

    private static volatile Expected expected = new Expected("none", new CountDownLatch(0));
    private static int subscribers;
    private static Publisher pushing;

    public static void main(String[] arguments) throws Exception {
        int clients = Integer.parseInt(arguments[1]);
        int threads = Integer.parseInt(arguments[2]);
        for (int i = 0; i < clients; i++) {
            var client = new DefaultRegistryClient(DefaultRegistryClientConfigBuilder.start()
                    .setAppName("bench")
                    .setRegistryEndpoint("127.0.0.1")
                    .setRegistryEndpointPort(Integer.parseInt(arguments[0]))
                    .setZone("DEFAULT_ZONE")
                    .setDataCenter("DefaultDataCenter")
                    .setObserverThreadQueueLength(100_000)
                    .build());
            client.init();
            CLIENTS.add(client);
            publish(client, "original.first." + i);
        }
        say("READY");
        var orders = new BufferedReader(new InputStreamReader(System.in));
        for (var line = orders.readLine(); line != null; line = orders.readLine()) {
            var words = line.split(" ");
            switch (words[0]) {
                case "rate" -> rate(threads, Long.parseLong(words[1]) * 1_000_000);
                case "fill" -> fill(Integer.parseInt(words[1]));
                case "subscribe" -> subscribe(Integer.parseInt(words[1]));
                case "push" -> push();
                default -> fail("unknown order " + line);
            }
        }
        System.exit(0);
    }

    private static void rate(int threads, long nanos) throws InterruptedException {
        DONE.set(0);
        long start = System.nanoTime();
        var working = new Thread[CLIENTS.size() * threads];
        for (int i = 0; i < working.length; i++) {
            var client = CLIENTS.get(i % CLIENTS.size());
            working[i] = Thread.ofPlatform().start(() -> {
                while (System.nanoTime() < start + nanos) {
                    publish(client, "original.new." + NUMBERS.incrementAndGet());
                    DONE.incrementAndGet();
                }
            });
        }
        for (var thread : working) {
            thread.join();
        }
        say("ROUND " + DONE.get() + " " + (System.nanoTime() - start));
    }

    private static void fill(int dataIds) {
        List<Publisher> all = new ArrayList<>();
        for (int i = 0; i < dataIds; i++) {
            for (var client : CLIENTS) {
                all.add(client.register(new PublisherRegistration("original.service." + i), data()));
            }
        }
        all.forEach(SofaRegistryLoad::await);
        say("FILLED " + all.size());
    }

    private static void subscribe(int count) {
        subscribers = count;
        List<AbstractInternalRegister> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            var registration = new SubscriberRegistration(PUSHED, (dataId, data) -> told(data.getZoneData().toString()));
            registration.setScopeEnum(ScopeEnum.dataCenter);
            all.add((AbstractInternalRegister) CLIENTS.get(i % CLIENTS.size()).register(registration));
        }
        all.forEach(SofaRegistryLoad::await);
        pushing = publish(CLIENTS.get(0), PUSHED);
        say("SUBSCRIBED");
    }

    private static void told(String text) {
        var now = expected;
        if (text.contains(now.text)) {
            now.told.countDown();
        }
    }

    private static void push() throws InterruptedException {
        var text = "pushed-" + NUMBERS.incrementAndGet() + "-";
        var fresh = new Expected(text, new CountDownLatch(subscribers));
        expected = fresh;
        long start = System.nanoTime();
        pushing.republish(text + data());
        if (!fresh.told.await(WAIT_SECONDS, TimeUnit.SECONDS)) {
            fail(fresh.told.getCount() + " subscribers were not told");
        }
        say("PUSHED " + (System.nanoTime() - start));
    }

    private static Publisher publish(DefaultRegistryClient client, String dataId) {
        var publisher = client.register(new PublisherRegistration(dataId), data());
        await(publisher);
        return publisher;
    }

    private static void await(Object register) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!((AbstractInternalRegister) register).isRegistered()) {
            if (System.nanoTime() > end) {
                fail("not registered within " + WAIT_SECONDS + " s: " + register);
            }
            LockSupport.parkNanos(20_000);
        }
    }

    private static String data() {
        long number = NUMBERS.incrementAndGet();
        return "bolt://10." + (number >> 16 & 0x7f) + "." + (number >> 8 & 0xff) + "." + (number & 0xff)
                + ":8080?zone=east-1&version=2.3.1&preserved.register.source=SPRING_CLOUD";
    }

    private static void fail(String why) {
        say("FAILED " + why);
        System.exit(1);
    }

    private static void say(String line) {
        System.out.println(line);
    }
}

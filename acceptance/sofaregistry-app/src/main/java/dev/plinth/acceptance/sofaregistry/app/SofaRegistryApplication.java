package dev.plinth.acceptance.sofaregistry.app;

import com.alipay.sofa.registry.client.api.Configurator;
import com.alipay.sofa.registry.client.api.Publisher;
import com.alipay.sofa.registry.client.api.Subscriber;
import com.alipay.sofa.registry.client.api.model.RegistryType;
import com.alipay.sofa.registry.client.api.model.UserData;
import com.alipay.sofa.registry.client.api.registration.ConfiguratorRegistration;
import com.alipay.sofa.registry.client.api.registration.PublisherRegistration;
import com.alipay.sofa.registry.client.api.registration.SubscriberRegistration;
import com.alipay.sofa.registry.client.provider.DefaultRegistryClient;
import com.alipay.sofa.registry.client.provider.DefaultRegistryClientConfigBuilder;
import com.alipay.sofa.registry.core.model.ScopeEnum;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Does with the original client what it is told, a line each, and answers with a line: {@code = answer} or {@code ! error}. What it
 * is pushed, it says as {@code * subject content}.
 */
public final class SofaRegistryApplication {
    private final DefaultRegistryClient client;
    private final Map<String, Publisher> publishers = new ConcurrentHashMap<>();
    private final Map<String, Subscriber> subscribers = new ConcurrentHashMap<>();
    private final Map<String, Configurator> configurators = new ConcurrentHashMap<>();

    private SofaRegistryApplication(String host, int port, String zone) {
        client = new DefaultRegistryClient(DefaultRegistryClientConfigBuilder.start()
                .setAppName("acceptance")
                .setRegistryEndpoint(host)
                .setRegistryEndpointPort(port)
                .setZone(zone)
                .setDataCenter("DefaultDataCenter")
                .setRecheckInterval(200)
                .build());
        client.init();
    }

    public static void main(String[] arguments) throws IOException {
        String[] server = arguments[0].split(":", 2);
        SofaRegistryApplication application = new SofaRegistryApplication(
                server[0], Integer.parseInt(server[1]), arguments.length > 1 ? arguments[1] : "DEFAULT_ZONE");
        say("READY");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            String[] words = order.split(" ", -1);
            try {
                say("= " + application.run(words[0], Arrays.copyOfRange(words, 1, words.length)));
            } catch (RuntimeException e) {
                say("! " + e);
            }
        }
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line.replace("\n", "\\n"));
        System.out.flush();
    }

    private String run(String order, String[] with) {
        switch (order) {
            case "publish" -> { // data-id group text...
                String[] texts = Arrays.copyOfRange(with, 2, with.length);
                Publisher known = publishers.get(key(with));
                if (known != null) {
                    known.republish(texts);
                } else {
                    PublisherRegistration registration = new PublisherRegistration(with[0]);
                    registration.setGroup(with[1]);
                    publishers.put(key(with), client.register(registration, texts));
                }
                return "published";
            }
            case "publish-many" -> { // data-id group how-many
                PublisherRegistration registration = new PublisherRegistration(with[0]);
                registration.setGroup(with[1]);
                String[] texts = IntStream.range(0, Integer.parseInt(with[2]))
                        .mapToObj(n -> "10." + n / 250 + ".0." + (n % 250 + 1) + ":12200?app=many")
                        .toArray(String[]::new);
                publishers.put(key(with), client.register(registration, texts));
                return "published";
            }
            case "unpublish" -> { // data-id group
                publishers.remove(key(with)).unregister();
                return "unpublished";
            }
            case "subscribe" -> { // data-id group scope
                SubscriberRegistration registration =
                        new SubscriberRegistration(with[0], (dataId, data) -> say("* " + dataId + " " + text(data)));
                registration.setGroup(with[1]);
                registration.setScopeEnum(ScopeEnum.valueOf(with[2]));
                subscribers.put(key(with), client.register(registration));
                return "subscribed";
            }
            case "unsubscribe" -> { // data-id group
                subscribers.remove(key(with)).unregister();
                return "unsubscribed";
            }
            case "listen" -> { // data-id group
                ConfiguratorRegistration registration = new ConfiguratorRegistration(
                        with[0], (dataId, data) -> say("* " + dataId + " " + data.getData()));
                registration.setGroup(with[1]);
                configurators.put(key(with), client.register(registration));
                return "listening";
            }
            case "state" -> { // data-id group: is what was published taken?
                Publisher publisher = publishers.get(key(with));
                return publisher == null ? "none" : publisher.isRegistered() ? "registered" : "waiting";
            }
            case "forget-all" -> {
                return String.valueOf(client.unregister(with[0], with[1], RegistryType.PUBLISHER));
            }
            default -> throw new IllegalArgumentException("what is '" + order + "'?");
        }
    }

    private static String key(String[] with) {
        return with[0] + " " + with[1];
    }

    private static String text(UserData data) {
        Map<String, String> zones = new TreeMap<>();
        for (Map.Entry<String, List<String>> zone : data.getZoneData().entrySet()) {
            List<String> texts = new ArrayList<>(zone.getValue());
            zones.put(
                    zone.getKey(),
                    texts.size() > 20
                            ? texts.size() + " texts"
                            : texts.stream().sorted().collect(Collectors.joining(",")));
        }
        return zones.toString();
    }
}

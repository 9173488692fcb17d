package dev.plinth.acceptance.nacos.app;

import com.alibaba.nacos.api.NacosFactory;
import com.alibaba.nacos.api.config.ConfigService;
import com.alibaba.nacos.api.config.listener.AbstractListener;
import com.alibaba.nacos.api.exception.NacosException;
import com.alibaba.nacos.api.naming.NamingService;
import com.alibaba.nacos.api.naming.listener.NamingEvent;
import com.alibaba.nacos.api.naming.pojo.Instance;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Does with the original client what it is told, a line each, and answers with a line: {@code = answer} or {@code ! error}. What it
 * is pushed, it says as {@code * subject content}.
 */
public final class NacosApplication {
    private final NamingService naming;
    private final ConfigService config;

    private NacosApplication(String server, String namespace) throws NacosException {
        Properties properties = new Properties();
        properties.put("serverAddr", server);
        if (!namespace.isEmpty()) {
            properties.put("namespace", namespace);
        }
        naming = NacosFactory.createNamingService(properties);
        config = NacosFactory.createConfigService(properties);
    }

    public static void main(String[] arguments) throws IOException, NacosException {
        NacosApplication application = new NacosApplication(arguments[0], arguments.length > 1 ? arguments[1] : "");
        say("READY");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            String[] words = order.split(" ", -1);
            try {
                say("= " + application.run(words[0], Arrays.copyOfRange(words, 1, words.length)));
            } catch (NacosException | RuntimeException e) {
                say("! " + e.getMessage());
            }
            if (words[0].equals("quit")) {
                break;
            }
        }
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line.replace("\n", "\\n"));
        System.out.flush();
    }

    private String run(String order, String[] with) throws NacosException {
        switch (order) {
            case "register" -> { // service group ip:port weight key=value...
                naming.registerInstance(with[0], with[1], instance(with[2], with[3], with));
                return "registered";
            }
            case "deregister" -> { // service group ip:port
                naming.deregisterInstance(with[0], with[1], instance(with[2], "1", new String[0]));
                return "deregistered";
            }
            case "batch" -> { // service group ip:port ip:port...
                naming.batchRegisterInstance(
                        with[0],
                        with[1],
                        Arrays.stream(with)
                                .skip(2)
                                .map(at -> instance(at, "1", new String[0]))
                                .collect(Collectors.toList()));
                return "registered";
            }
            case "unbatch" -> { // service group ip:port ip:port...
                naming.batchDeregisterInstance(
                        with[0],
                        with[1],
                        Arrays.stream(with)
                                .skip(2)
                                .map(at -> instance(at, "1", new String[0]))
                                .collect(Collectors.toList()));
                return "deregistered";
            }
            case "instances" -> { // service group
                return text(naming.getAllInstances(with[0], with[1], false));
            }
            case "one" -> { // service group
                return text(List.of(naming.selectOneHealthyInstance(with[0], with[1], false)));
            }
            case "details" -> { // service group
                return naming.getAllInstances(with[0], with[1], false).stream()
                        .map(one -> one.getIp() + ":" + one.getPort() + " " + one.getWeight() + " " + one.isEnabled()
                                + " " + one.getClusterName() + " " + new TreeMap<>(one.getMetadata()))
                        .collect(Collectors.joining(";"));
            }
            case "subscribe" -> { // service group
                naming.subscribe(with[0], with[1], event -> {
                    NamingEvent change = (NamingEvent) event;
                    say("* " + with[0] + " " + text(change.getInstances()));
                });
                return "subscribed";
            }
            case "services" -> { // group
                return naming.getServicesOfServer(1, 100, with[0]).getData().stream()
                        .sorted()
                        .collect(Collectors.joining(","));
            }
            case "publish" -> { // data-id group content
                return String.valueOf(config.publishConfig(with[0], with[1], rest(with, 2)));
            }
            case "replace" -> { // data-id group md5 content
                return String.valueOf(config.publishConfigCas(with[0], with[1], rest(with, 3), with[2]));
            }
            case "get" -> { // data-id group
                return String.valueOf(config.getConfig(with[0], with[1], 3_000));
            }
            case "remove" -> { // data-id group
                return String.valueOf(config.removeConfig(with[0], with[1]));
            }
            case "listen" -> { // data-id group
                config.addListener(with[0], with[1], new AbstractListener() {
                    @Override
                    public void receiveConfigInfo(String content) {
                        say("* " + with[0] + " " + content);
                    }
                });
                return "listening";
            }
            case "health" -> {
                return naming.getServerStatus() + " " + config.getServerStatus();
            }
            case "quit" -> {
                naming.shutDown();
                config.shutDown();
                return "bye";
            }
            default -> throw new IllegalArgumentException("what is '" + order + "'?");
        }
    }

    private static String rest(String[] words, int from) {
        return Arrays.stream(words).skip(from).collect(Collectors.joining(" "));
    }

    private static Instance instance(String address, String weight, String[] with) {
        Instance instance = new Instance();
        instance.setIp(address.substring(0, address.indexOf(':')));
        instance.setPort(Integer.parseInt(address.substring(address.indexOf(':') + 1)));
        instance.setWeight(Double.parseDouble(weight));
        for (int i = 4; i < with.length; i++) {
            String[] entry = with[i].split("=", 2);
            if (entry[0].equals("@cluster")) {
                instance.setClusterName(entry[1]);
            } else if (entry[0].equals("@enabled")) {
                instance.setEnabled(Boolean.parseBoolean(entry[1]));
            } else {
                instance.getMetadata().put(entry[0], entry[1]);
            }
        }
        return instance;
    }

    private static String text(List<Instance> instances) {
        return instances.stream()
                .map(one -> one.getIp() + ":" + one.getPort())
                .sorted()
                .collect(Collectors.joining(","));
    }
}

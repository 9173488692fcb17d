package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.plinth.config.Author;
import dev.plinth.config.Config;
import dev.plinth.config.ConfigClient;
import dev.plinth.config.ConfigCommand;
import dev.plinth.config.ConfigKey;
import dev.plinth.config.ConfigOutcome;
import dev.plinth.config.ConfigText;
import dev.plinth.config.Configs;
import dev.plinth.config.GreyRule;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.door.mirror.ConfigListeners;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/** One client's side of the configuration: what it asks and changes, and what it listens to. */
final class NacosConfigs {
    /*
     * A listener says which MD5 it has; what it gets may be a grey release, so each one's text is looked up for itself. Being told
     * that something changed, the client asks for the text and listens again with its MD5. So nothing is lost between the two.
     */
    private static final int LISTENED_MAX = 10_000;
    private static final String BETA = "beta";
    private static final String TAG = "tag";

    private record Listened(ConfigKey key, String tenant, String md5) {}

    private final Configs configs;
    private final ConfigListeners listeners;
    private final String ip;
    private Map<String, String> labels = Map.of();

    /** By key; also read when a text changes. */
    private final Map<String, Listened> listened = new LinkedHashMap<>();

    NacosConfigs(Configs configs, ConfigListeners listeners, String ip) {
        this.configs = configs;
        this.listeners = listeners;
        this.ip = ip;
    }

    /** What the client said of itself when it connected. */
    synchronized void labelled(JsonNode given) {
        Map<String, String> all = new HashMap<>();
        given.properties()
                .forEach(entry -> all.put(entry.getKey(), entry.getValue().asText()));
        labels = Map.copyOf(all);
    }

    private synchronized ConfigClient client(Optional<String> tag) {
        Map<String, String> all = new HashMap<>(labels);
        tag.filter(text -> !text.isEmpty()).ifPresent(text -> all.put(TAG, text));
        return new ConfigClient(ip + " " + labels.getOrDefault("AppName", ""), ip, all);
    }

    private static ConfigKey key(JsonNode request) {
        try {
            return new ConfigKey(
                    tenant(request).isEmpty() ? NacosService.DEFAULT_NAMESPACE : tenant(request),
                    NacosPayloads.text(request, "group").orElse(NacosService.DEFAULT_GROUP),
                    NacosPayloads.text(request, "dataId").orElse(""));
        } catch (IllegalArgumentException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, String.valueOf(e.getMessage()));
        }
    }

    private static String tenant(JsonNode request) {
        return NacosPayloads.text(request, "tenant").orElse("");
    }

    ObjectNode query(JsonNode request) {
        var tag = NacosPayloads.text(request, TAG);
        var client = client(tag);
        var config = join(configs.find(key(request)));
        var text = config.flatMap(one -> one.forClient(client));
        if (config.isEmpty() || text.isEmpty()) {
            throw new NacosRefusal(NacosRefusal.NO_CONFIG, "config data not exist");
        }
        var grey = config.get().grey(client);
        var response = NacosPayloads.success()
                .put("content", text.get().content())
                .put(
                        "contentType",
                        text.get().type().isEmpty() ? "text" : text.get().type())
                .put("encryptedDataKey", text.get().encryptedDataKey())
                .put("md5", text.get().md5())
                .put(
                        "lastModified",
                        grey.map(release -> release.at())
                                .orElseGet(
                                        () -> config.get().versions().getLast().at())
                                .toEpochMilli())
                .put("beta", grey.map(release -> release.name().equals(BETA)).orElse(false));
        tag.ifPresent(text2 -> response.put(TAG, text2));
        return response;
    }

    ObjectNode publish(JsonNode request) {
        var key = key(request);
        var more = request.path("additionMap");
        ConfigText text;
        try {
            text = ConfigText.of(
                    NacosPayloads.text(request, "content").orElse(""),
                    NacosPayloads.text(more, "type").orElse(""),
                    NacosPayloads.text(more, "encryptedDataKey").orElse(""));
        } catch (IllegalArgumentException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, String.valueOf(e.getMessage()));
        }
        var author = new Author(NacosPayloads.text(more, "src_user").orElse(""), ip);
        var addresses = NacosPayloads.text(more, "betaIps").filter(list -> !list.isBlank());
        var tag = NacosPayloads.text(more, TAG).filter(name -> !name.isBlank());
        done(command(key, text, author, addresses, tag, expected(key, request)));
        return NacosPayloads.success();
    }

    private static ConfigCommand command(
            ConfigKey key,
            ConfigText text,
            Author author,
            Optional<String> addresses,
            Optional<String> tag,
            Optional<String> expectedMd5) {
        try {
            if (addresses.isPresent()) {
                var rule = new GreyRule.Addresses(Arrays.stream(addresses.get().split(",", -1))
                        .map(String::strip)
                        .collect(Collectors.toSet()));
                return new ConfigCommand.Release(key, BETA, rule, text, author);
            }
            if (tag.isPresent()) {
                return new ConfigCommand.Release(
                        key, TAG + "-" + tag.get(), new GreyRule.Label(TAG, tag.get()), text, author);
            }
        } catch (IllegalArgumentException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, String.valueOf(e.getMessage()));
        }
        return new ConfigCommand.Publish(key, text, expectedMd5, author);
    }

    /*
     * Where there is no text, a Nacos server inserts whatever MD5 is expected, and clients rely on it: Dubbo says "0". If somebody else
     * comes first, the insert is refused.
     */
    private Optional<String> expected(ConfigKey key, JsonNode request) {
        return NacosPayloads.text(request, "casMd5")
                .filter(md5 -> !md5.isEmpty())
                .map(md5 -> join(configs.find(key)).flatMap(Config::current).isEmpty() ? "" : md5);
    }

    ObjectNode remove(JsonNode request) {
        var author = new Author("", ip);
        var tag = NacosPayloads.text(request, TAG).filter(name -> !name.isBlank());
        done(
                tag.isPresent()
                        ? new ConfigCommand.Withdraw(key(request), TAG + "-" + tag.get(), author)
                        : new ConfigCommand.Remove(key(request), author));
        return NacosPayloads.success();
    }

    /** @param changed told, later, of those that change; those that differ already are in the answer */
    ObjectNode listen(JsonNode request, ConfigListeners.Listener changed) {
        boolean listen = request.path("listen").asBoolean(true);
        var response = NacosPayloads.success();
        var differing = response.putArray("changedConfigs");
        for (var context : request.path("configListenContexts")) {
            var key = key(context);
            if (!listen) {
                forget(key, changed);
                continue;
            }
            var md5 = NacosPayloads.text(context, "md5").orElse("");
            synchronized (this) {
                if (listened.size() >= LISTENED_MAX && !listened.containsKey(key.key())) {
                    throw new NacosRefusal(
                            NacosRefusal.OVER_LIMIT,
                            "this client listens to " + LISTENED_MAX + " texts, as many as one may");
                }
                listened.put(key.key(), new Listened(key, tenant(context), md5));
            }
            // First the ear, then the look: what changes in between is told.
            listeners.add(key.key(), changed);
            if (!md5(join(configs.find(key))).equals(md5)) {
                differing.add(subject(key, tenant(context)));
            }
        }
        return response;
    }

    private void forget(ConfigKey key, ConfigListeners.Listener changed) {
        synchronized (this) {
            listened.remove(key.key());
        }
        listeners.remove(key.key(), changed);
    }

    /** What the client is to be told of a text that changed; nothing if it listens no more, or has it already. */
    Optional<ObjectNode> news(String key, Optional<Config> config) {
        Listened of;
        synchronized (this) {
            of = listened.get(key);
        }
        return of == null || md5(config).equals(of.md5())
                ? Optional.empty()
                : Optional.of(subject(of.key(), of.tenant()));
    }

    void close(ConfigListeners.Listener changed) {
        synchronized (this) {
            listened.keySet().forEach(key -> listeners.remove(key, changed));
            listened.clear();
        }
    }

    /** The MD5 of what this client gets under a key; the empty text if it gets none. */
    String md5Of(ConfigKey key) {
        return md5(join(configs.find(key)));
    }

    private String md5(Optional<Config> config) {
        return config.flatMap(one -> one.forClient(client(Optional.empty())))
                .map(ConfigText::md5)
                .orElse("");
    }

    private static ObjectNode subject(ConfigKey key, String tenant) {
        return NacosPayloads.object()
                .put("group", key.group())
                .put("dataId", key.dataId())
                .put("tenant", tenant);
    }

    private void done(ConfigCommand command) {
        switch (join(configs.submit(command))) {
            case ConfigOutcome.Done _ -> {}
            case ConfigOutcome.Denied denied ->
                throw new NacosRefusal(
                        switch (denied.reason()) {
                            case NOT_FOUND -> NacosRefusal.INVALID;
                            case CONFLICT -> NacosRefusal.CONFLICT;
                            case OVERLOADED -> NacosRefusal.OVER_LIMIT;
                        },
                        denied.message());
        }
    }

    private static <T> T join(CompletableFuture<T> answer) {
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refused refused) {
                throw refused;
            }
            throw e;
        }
    }
}

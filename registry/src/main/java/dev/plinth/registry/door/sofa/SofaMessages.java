package dev.plinth.registry.door.sofa;

import dev.plinth.registry.QualifiedName;
import dev.plinth.rpc.hessian.ForeignObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What clients say and are told, made of and into the objects of their protocol.
 *
 * <p>Source: {@code com.alipay.sofa:registry-client-all:6.5.6}, package {@code com.alipay.sofa.registry.core.model}.
 */
final class SofaMessages {
    static final String RECEIVED_DATA = "ReceivedData";
    static final String RECEIVED_CONFIG_DATA = "ReceivedConfigData";

    /** The one data centre, which clients call a segment: our zones are theirs. */
    static final String SEGMENT = "DefaultDataCenter";

    static final String DEFAULT_ZONE = "DEFAULT_ZONE";
    private static final String DEFAULT_INSTANCE = "DEFAULT_INSTANCE_ID";
    private static final String MODEL = "com.alipay.sofa.registry.core.model.";
    private static final int SYNC_EVERY_MS = 30_000;

    private SofaMessages() {}

    /** What a client asks for. */
    sealed interface Request {}

    /** Something that it registers, by an id of its own, or registers no longer. */
    sealed interface Register extends Request {
        Head head();
    }

    record Publish(Head head, List<String> texts) implements Register {}

    record Subscribe(Head head, Scope scope) implements Register {}

    record Configure(Head head) implements Register {}

    record SyncConfig() implements Request {}

    /** Which zones a subscriber wants to see. There is one data centre, so the wider two are the same. */
    enum Scope {
        ZONE("zone"),
        DATA_CENTER("dataCenter"),
        GLOBAL("global");

        private final String wire;

        Scope(String wire) {
            this.wire = wire;
        }
    }

    /**
     * What all registrations have.
     *
     * @param instance as the client said it, to be told back
     * @param on false if it is taken back
     * @param version goes up with each change of it; first the version, then the timestamp says what is newer
     */
    record Head(
            String id,
            QualifiedName service,
            @Nullable String instance,
            String zone,
            String application,
            boolean on,
            long version,
            long timestamp) {
        boolean isOlderThan(Head other) {
            return version < other.version || (version == other.version && timestamp < other.timestamp);
        }
    }

    /** Throws IllegalArgumentException if something is missing or of the wrong form; empty if the type is none of a request. */
    static Optional<Request> read(ForeignObject object) {
        if (!object.type().startsWith(MODEL)) {
            return Optional.empty();
        }
        return switch (object.type().substring(MODEL.length())) {
            case "PublisherRegister" -> Optional.of(new Publish(head(object), texts(object)));
            case "SubscriberRegister" -> Optional.of(new Subscribe(head(object), scope(object)));
            case "ConfiguratorRegister" -> Optional.of(new Configure(head(object)));
            case "SyncConfigRequest" -> Optional.of(new SyncConfig());
            default -> Optional.empty();
        };
    }

    private static Head head(ForeignObject object) {
        var event = object.text("eventType").orElse("");
        if (!event.equals("REGISTER") && !event.equals("UNREGISTER")) {
            throw new IllegalArgumentException("eventType is \"" + event + "\": expected REGISTER or UNREGISTER");
        }
        var instance = object.text("instanceId").filter(text -> !text.isEmpty());
        return new Head(
                object.text("registId")
                        .filter(id -> !id.isEmpty())
                        .orElseThrow(() -> new IllegalArgumentException("registId is missing: expected an id")),
                new QualifiedName(
                        instance.filter(text -> !text.equals(DEFAULT_INSTANCE)).orElse(QualifiedName.DEFAULT_NAMESPACE),
                        object.text("group").filter(text -> !text.isEmpty()).orElse(QualifiedName.DEFAULT_GROUP),
                        object.text("dataId").orElse("")),
                instance.orElse(null),
                object.text("zone").filter(text -> !text.isEmpty()).orElse(DEFAULT_ZONE),
                object.text("appName").orElse("unknown"),
                event.equals("REGISTER"),
                object.number("version").orElse(0L),
                object.number("timestamp").orElse(0L));
    }

    private static List<String> texts(ForeignObject object) {
        List<String> texts = new ArrayList<>();
        for (var box : object.list("dataList")) {
            if (box instanceof ForeignObject data) {
                data.text("data").ifPresent(texts::add);
            }
        }
        return texts;
    }

    private static Scope scope(ForeignObject object) {
        var given = object.text("scope").orElse(Scope.ZONE.wire);
        for (var scope : Scope.values()) {
            if (scope.wire.equals(given)) {
                return scope;
            }
        }
        throw new IllegalArgumentException("scope is \"" + given + "\": expected zone, dataCenter or global");
    }

    /** @param refused it will never be taken as it is; a client that is not taken and not refused tries again */
    static ForeignObject registered(String id, long version, boolean success, boolean refused, String message) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("success", success);
        fields.put("registId", id);
        fields.put("version", version);
        fields.put("refused", refused);
        fields.put("message", message);
        return new ForeignObject(MODEL + "RegisterResponse", fields);
    }

    static ForeignObject synced() {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("availableSegments", new ArrayList<>(List.of(SEGMENT)));
        fields.put("retryInterval", SYNC_EVERY_MS);
        fields.put("success", true);
        fields.put("message", null);
        return new ForeignObject(MODEL + "SyncConfigResponse", fields);
    }

    /** A whole service, for one subscriber. */
    static ForeignObject received(Subscribe to, SortedMap<String, List<String>> textsByZone, long version) {
        Map<String, Object> data = new HashMap<>();
        Map<String, Object> counts = new HashMap<>();
        textsByZone.forEach((zone, texts) -> {
            List<Object> boxes = new ArrayList<>();
            texts.forEach(text -> boxes.add(box(text)));
            data.put(zone, boxes);
            counts.put(zone, texts.size());
        });
        Map<String, @Nullable Object> fields = subject(to.head());
        fields.put("segment", SEGMENT);
        fields.put("scope", to.scope().wire);
        fields.put("subscriberRegistIds", new ArrayList<>(List.of(to.head().id())));
        fields.put("data", data);
        fields.put("version", version);
        fields.put("localZone", to.head().zone());
        fields.put("dataCount", counts);
        return new ForeignObject(MODEL + RECEIVED_DATA, fields);
    }

    /** A text of the configuration, for one who listens; without a text if there is none. */
    static ForeignObject received(Configure to, Optional<String> text, long version) {
        Map<String, @Nullable Object> fields = subject(to.head());
        fields.put("configuratorRegistIds", new ArrayList<>(List.of(to.head().id())));
        fields.put("dataBox", box(text.orElse(null)));
        fields.put("version", version);
        return new ForeignObject(MODEL + RECEIVED_CONFIG_DATA, fields);
    }

    private static Map<String, @Nullable Object> subject(Head head) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("dataId", head.service().name());
        fields.put("group", head.service().group());
        fields.put("instanceId", head.instance());
        return fields;
    }

    private static ForeignObject box(@Nullable String text) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("data", text);
        return new ForeignObject(MODEL + "DataBox", fields);
    }
}

package dev.plinth.trust.secrets.door.aecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.plinth.kernel.Limits;
import dev.plinth.trust.secrets.ResourceName;
import dev.plinth.trust.secrets.SecretAlgorithm;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.wire.aecs.AdminRemoteCallRequest;
import dev.plinth.wire.aecs.AdminRemoteCallResponse;
import dev.plinth.wire.aecs.EnclaveSecretType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The administrator's calls, which AECS wraps into one remote call each for its own and for services' administrators. */
final class AecsAdmin {
    /*
     * AECS asks for a signature with a key that was registered, and a password. Here it is the administrator's token that counts, as at the
     * other door of secrets: so no service has an administrator of its own, whom anybody with such a key could be. The envelope keeps what
     * is asked from the network. Answers hold no secrets; they come as they are (res_plain), for nobody's key is known to encrypt them to.
     */
    private static final String ACTOR = "admin";
    private static final String SPEC = "secret.spec";
    private static final String DATA = "secret.data";
    private static final int CERTIFICATE_DAYS = 3_650;

    private final Secrets secrets;
    private final AecsIdentities identities;
    private final Executor workers;

    AecsAdmin(Secrets secrets, AecsIdentities identities, Executor workers) {
        this.secrets = secrets;
        this.identities = identities;
        this.workers = workers;
    }

    CompletableFuture<AdminRemoteCallResponse> ofAecs(AdminRemoteCallRequest request) {
        return switch (request.getFunctionName()) {
            case "ListEnclaveService" ->
                opened(request, "").thenCompose(call -> listServices(call)).thenApply(AecsAdmin::answer);
            case "RegisterEnclaveService" ->
                throw unserved("a service is the first part of secrets' names; it is there with its first secret, and"
                        + " nobody's key administers it: the administrator's token does");
            case "UnregisterEnclaveService" ->
                throw unserved("a service goes with its secrets: DestroySecret each, or plinth secrets revoke");
            case "AecsProvision" -> throw unserved("what is kept is kept in the server's journal");
            case "AecsBackupIdentity", "AecsListBackupIdentity", "AecsDeleteBackupIdentity" ->
                throw unserved("the key that signs answers is of the process and is not kept; the root key is kept as"
                        + " the configuration says: plinth secrets");
            case "ListTaSecret", "DestroyTaSecret" -> throw unserved("there are no secrets of applications");
            default -> throw unknown(request);
        };
    }

    CompletableFuture<AdminRemoteCallResponse> ofService(AdminRemoteCallRequest request) {
        var service = request.getReqEnc().getAesCipher().getAad().toStringUtf8();
        return switch (request.getFunctionName()) {
            case "CreateSecret" ->
                opened(request, service)
                        .thenCompose(call -> create(service, call))
                        .thenApply(AecsAdmin::answer);
            case "DestroySecret" ->
                opened(request, service)
                        .thenCompose(call -> destroy(service, call))
                        .thenApply(AecsAdmin::answer);
            case "ListSecret" ->
                opened(request, service)
                        .thenCompose(call -> list(service, call))
                        .thenApply(AecsAdmin::answer);
            default -> throw unknown(request);
        };
    }

    static StatusRuntimeException unserved(String instead) {
        return Status.UNIMPLEMENTED.withDescription("not served: " + instead).asRuntimeException();
    }

    private static StatusRuntimeException unknown(AdminRemoteCallRequest request) {
        return Status.UNIMPLEMENTED
                .withDescription("function_name: there is no '" + AecsJson.shorten(request.getFunctionName()) + "'")
                .asRuntimeException();
    }

    private static AdminRemoteCallResponse answer(JsonNode document) {
        return AdminRemoteCallResponse.newBuilder()
                .setResPlain(ByteString.copyFrom(AecsJson.write(document)))
                .build();
    }

    /** What is asked, out of its envelope. */
    private CompletableFuture<JsonNode> opened(AdminRemoteCallRequest request, String service) {
        return CompletableFuture.supplyAsync(
                () -> {
                    if (!service.isEmpty()) {
                        AecsDoor.name(service, "any");
                    }
                    var plain = Sealing.open(request.getReqEnc(), identities.rsa());
                    byte[] inner = {};
                    try {
                        var call = AecsJson.read("req_enc", plain);
                        AecsJson.demandOnly("req_enc", call, Set.of("req", "password"));
                        if (!AecsJson.text("req_enc", call, "password").isEmpty()) {
                            throw new IllegalArgumentException(
                                    "req_enc.password: expected none; the administrator's token is what counts");
                        }
                        inner = AecsJson.base64("req_enc.req", AecsJson.text("req_enc", call, "req"));
                        return AecsJson.read("req_enc.req", inner);
                    } finally {
                        Arrays.fill(plain, (byte) 0);
                        Arrays.fill(inner, (byte) 0);
                    }
                },
                workers);
    }

    // ---- secrets

    private CompletableFuture<JsonNode> create(String service, JsonNode call) {
        AecsJson.demandOnly("req", call, Set.of("secret", "is_update"));
        var secret = AecsJson.member(call, "secret");
        AecsJson.demandOnly("secret", secret, Set.of("spec", "data"));
        var spec = AecsJson.member(secret, "spec");
        AecsJson.demandOnly(
                SPEC, spec, Set.of("secret_name", "service_name", "type", "policy", "params", "readonly", "share"));
        if (!AecsJson.text(SPEC, spec, "service_name").equals(service)) {
            throw new IllegalArgumentException(SPEC + ".service_name: expected '" + service
                    + "', as the envelope's additional data, found another");
        }
        if (AecsJson.text(SPEC, spec, "share").equals("public")) {
            throw new IllegalArgumentException(
                    SPEC + ".share: expected not public: GetEnclaveSecretPublic is not served");
        }
        var name = AecsDoor.name(service, AecsJson.text(SPEC, spec, "secret_name"));
        var policy = AecsJson.member(AecsJson.member(spec, "policy"), "policy");
        var condition = policy.isMissingNode() ? "" : AttributesPolicy.condition(policy);
        var data = AecsJson.text("secret", secret, "data");
        var making = making(name, spec, data);
        boolean update = AecsJson.member(call, "is_update").asBoolean(false);
        return secrets.find(name)
                .thenCompose(found -> {
                    boolean there = found.filter(AecsAdmin::isLive).isPresent();
                    if (update) {
                        if (!there) {
                            throw absent(name);
                        }
                        if (condition.isEmpty() || !data.isEmpty()) {
                            throw new IllegalArgumentException(
                                    "is_update: expected another policy and no data; a next version: plinth secrets rotate");
                        }
                    } else if (there) {
                        throw Status.ALREADY_EXISTS
                                .withDescription(name + " is there; expected is_update, or another name")
                                .asRuntimeException();
                    }
                    return guard(name, condition)
                            .thenCompose(_ ->
                                    update ? CompletableFuture.completedFuture(0L) : making.make(found.isPresent()));
                })
                .thenApply(_ -> AecsJson.object());
    }

    /** Before the secret is there, so that it is never without the policy that it shall have. */
    private CompletableFuture<Long> guard(ResourceName name, String condition) {
        return condition.isEmpty()
                ? CompletableFuture.completedFuture(0L)
                : secrets.setPolicy(name.toString(), condition, Set.of(), ACTOR);
    }

    private interface Making {
        /** @param before whether there was a secret of this name, of which all versions are revoked */
        CompletableFuture<Long> make(boolean before);
    }

    private Making making(ResourceName name, JsonNode spec, String data) {
        var params = params(spec);
        var type = type(spec);
        return switch (type) {
            case SECRET_TYPE_RSA_KEY_PAIR -> {
                only(params, Set.of("bit_length", "pkcs_type"));
                if (!Set.of("", "pkcs1").contains(params.getOrDefault("pkcs_type", ""))) {
                    throw new IllegalArgumentException(SPEC + ".params.pkcs_type: expected pkcs1");
                }
                yield pair(name, rsa(params), data);
            }
            case SECRET_TYPE_SM2_KEY_PAIR -> {
                only(params, Set.of());
                yield pair(name, SecretAlgorithm.SM2, data);
            }
            case SECRET_TYPE_AES256_KEY -> {
                only(params, Set.of());
                yield data.isEmpty()
                        ? made(name, SecretAlgorithm.AES_256)
                        : taken(name, SecretAlgorithm.AES_256, aes(data));
            }
            case SECRET_TYPE_IMPORT_DATA -> {
                only(params, Set.of());
                if (data.isEmpty()) {
                    throw new IllegalArgumentException(DATA + ": expected what is imported");
                }
                yield taken(name, SecretAlgorithm.OPAQUE, data.getBytes(StandardCharsets.UTF_8));
            }
            case SECRET_TYPE_CONFIGURATIONS -> {
                if (!data.isEmpty()) {
                    throw new IllegalArgumentException(DATA + ": expected none; configurations are the params");
                }
                yield taken(name, SecretAlgorithm.OPAQUE, configurations(params));
            }
            case SECRET_TYPE_CERTIFICATE -> {
                only(params, Set.of("bit_length", "days"));
                if (!data.isEmpty()) {
                    throw new IllegalArgumentException(
                            DATA + ": expected none; certificates from elsewhere are not taken in");
                }
                var request = new Secrets.CertificateRequest(
                        "CN=enclave-service",
                        number(params, "days", CERTIFICATE_DAYS),
                        false,
                        List.of(),
                        Optional.empty());
                var key = made(name, rsa(params));
                yield before -> key.make(before).thenCompose(_ -> secrets.certify(name, request, ACTOR));
            }
            case UNRECOGNIZED -> throw new IllegalStateException("a type that was read is not known");
        };
    }

    private static EnclaveSecretType type(JsonNode spec) {
        // As the writers of Protocol Buffers have it: a name, or left out for the first.
        var member = AecsJson.member(spec, "type");
        var label = member.isMissingNode() ? EnclaveSecretType.SECRET_TYPE_RSA_KEY_PAIR.name() : member.asText();
        return Arrays.stream(EnclaveSecretType.values())
                .filter(type -> type != EnclaveSecretType.UNRECOGNIZED)
                .filter(type -> type.name().equals(label)
                        || Integer.toString(type.getNumber()).equals(label))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(SPEC + ".type: there is no '" + AecsJson.shorten(label) + "'"));
    }

    private static Map<String, String> params(JsonNode spec) {
        var params = new LinkedHashMap<String, String>();
        for (var param : AecsJson.member(spec, "params")) {
            var key = AecsJson.text(SPEC + ".params", param, "key");
            if (params.put(key, AecsJson.text(SPEC + ".params", param, "value")) != null) {
                throw new IllegalArgumentException(
                        SPEC + ".params: '" + AecsJson.shorten(key) + "' stands there twice");
            }
        }
        return params;
    }

    private static void only(Map<String, String> params, Set<String> names) {
        params.keySet().forEach(name -> {
            if (!names.contains(name)) {
                throw new IllegalArgumentException(SPEC + ".params: expected of this type only " + new TreeSet<>(names)
                        + ", found '" + AecsJson.shorten(name) + "'");
            }
        });
    }

    private static int number(Map<String, String> params, String name, int otherwise) {
        var text = params.getOrDefault(name, "");
        if (!text.matches("[0-9]{0,9}")) {
            throw new IllegalArgumentException(SPEC + ".params." + name + ": expected a number");
        }
        return text.isEmpty() ? otherwise : Integer.parseInt(text);
    }

    private static SecretAlgorithm rsa(Map<String, String> params) {
        int bits = number(params, "bit_length", 2_048);
        return switch (bits) {
            case 2_048 -> SecretAlgorithm.RSA_2048;
            case 3_072 -> SecretAlgorithm.RSA_3072;
            case 4_096 -> SecretAlgorithm.RSA_4096;
            default ->
                throw new IllegalArgumentException(
                        SPEC + ".params.bit_length: expected 2048, 3072 or 4096, found " + bits);
        };
    }

    private Making pair(ResourceName name, SecretAlgorithm algorithm, String data) {
        if (data.isEmpty()) {
            return made(name, algorithm);
        }
        var json = AecsJson.base64(DATA, data);
        try {
            return taken(name, algorithm, SecretForm.readPair(json));
        } finally {
            Arrays.fill(json, (byte) 0);
        }
    }

    private Making made(ResourceName name, SecretAlgorithm algorithm) {
        return before -> before ? secrets.rotate(name, ACTOR) : secrets.generate(name, algorithm, true, ACTOR);
    }

    private Making taken(ResourceName name, SecretAlgorithm algorithm, byte[] secret) {
        return _ -> secrets.take(name, algorithm, true, secret, ACTOR);
    }

    private static byte[] aes(String digits) {
        try {
            return java.util.HexFormat.of().parseHex(digits);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(DATA + ": expected 64 hexadecimal digits");
        }
    }

    private static byte[] configurations(Map<String, String> params) {
        var document = AecsJson.object();
        var items = document.putArray("items");
        params.forEach((key, value) -> items.addObject().put("key", key).put("value", value));
        return AecsJson.write(document);
    }

    private CompletableFuture<JsonNode> destroy(String service, JsonNode call) {
        AecsJson.demandOnly("req", call, Set.of("secret_name"));
        var name = AecsDoor.name(service, AecsJson.text("req", call, "secret_name"));
        return secrets.find(name).thenCompose(found -> {
            var live = found.filter(AecsAdmin::isLive).orElseThrow(() -> absent(name));
            var revoked = CompletableFuture.completedFuture(0L);
            for (var version : live.versions()) {
                if (version.revokedAt().isEmpty()) {
                    revoked = revoked.thenCompose(_ -> secrets.revoke(name, version.number(), ACTOR));
                }
            }
            return revoked.thenApply(_ -> AecsJson.object());
        });
    }

    private static StatusRuntimeException absent(ResourceName name) {
        return Status.NOT_FOUND.withDescription("there is no secret " + name).asRuntimeException();
    }

    /** Some version of it can still be had. */
    private static boolean isLive(Secrets.SecretInfo info) {
        return info.versions().stream().anyMatch(version -> version.revokedAt().isEmpty());
    }

    // ---- lists

    private CompletableFuture<JsonNode> list(String service, JsonNode call) {
        AecsJson.demandOnly("req", call, Set.of("secret_name"));
        var prefix = AecsJson.text("req", call, "secret_name");
        return all(service).thenApply(found -> {
            var document = AecsJson.object();
            var specs = document.putArray("secrets");
            found.stream().filter(info -> info.name().tag().startsWith(prefix)).forEach(info -> {
                var spec = specs.addObject()
                        .put("secretName", info.name().tag())
                        .put("serviceName", service)
                        .put("type", SecretForm.type(info).name());
                spec.putArray("params")
                        .addObject()
                        .put("key", "algorithm")
                        .put("value", info.algorithm().label());
            });
            return document;
        });
    }

    private CompletableFuture<JsonNode> listServices(JsonNode call) {
        AecsJson.demandOnly("req", call, Set.of("service_name"));
        var prefix = AecsJson.text("req", call, "service_name");
        return all("").thenApply(found -> {
            var names = new TreeSet<String>();
            found.forEach(info -> names.add(info.name().repository()));
            var document = AecsJson.object();
            var listed = document.putObject("services").putArray("names");
            names.stream().filter(name -> name.startsWith(prefix)).forEach(listed::add);
            return document;
        });
    }

    /** All secrets that can be had over this door, of one service or of all. */
    private CompletableFuture<List<Secrets.SecretInfo>> all(String service) {
        return page(service.isEmpty() ? "" : service + "/", service, new ArrayList<>());
    }

    private CompletableFuture<List<Secrets.SecretInfo>> page(
            String after, String service, List<Secrets.SecretInfo> found) {
        return secrets.list(after, Limits.READ_ITEMS_MAX).thenCompose(some -> {
            for (var info : some) {
                var name = info.name();
                if (!service.isEmpty() && !name.repository().equals(service)) {
                    return CompletableFuture.completedFuture(found);
                }
                if (name.type().equals(AecsDoor.TYPE) && info.exportable() && isLive(info)) {
                    found.add(info);
                }
            }
            return some.size() < Limits.READ_ITEMS_MAX
                    ? CompletableFuture.completedFuture(found)
                    : page(some.getLast().name().toString(), service, found);
        });
    }
}

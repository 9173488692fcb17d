package dev.plinth.trust.secrets.door.kbs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.KeyBinding;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.TrusteeEvidence;
import dev.plinth.trust.secrets.ReleasePolicy;
import dev.plinth.trust.secrets.ResourceName;
import dev.plinth.trust.secrets.SecretAlgorithm;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.trust.secrets.SecretsProblem;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The KBS protocol, 0.4.0, as requests and replies. Callable from any thread. */
public final class KbsDoor {
    /*
     * POST auth                 {version, tee, extra-params}         → {nonce, extra-params}, and a cookie
     * POST attest               {runtime-data, tee-evidence}         → {token}
     * GET  resource/R/T/G       by cookie, or by token               → JWE to the TEE's key
     * POST resource/R/T/G       bytes, by the administrator
     * POST attestation-policy   {policy_id, policy, waivers}, by the administrator; policy in base64, and in CEL
     * POST resource-policy      {policy, waivers}, by the administrator: guards what has no policy of its own
     * GET  resource-policy      by the administrator
     *
     * The evidence is bound to the session and to the TEE's key: its report data is the SHA-384 of the runtime data (nonce, key, and
     * additional evidence) in canonical JSON, with zeros up to 64 bytes. So a key that somebody else put in, or evidence of yesterday,
     * is refused by the appraisal itself.
     */
    static final String VERSION = "0.4.0";
    static final Duration SESSION_LIFE = Duration.ofMinutes(5);
    static final int BODY_BYTES_MAX = 2 << 20;

    private static final Logger log = LoggerFactory.getLogger(KbsDoor.class);
    private static final int NONCE_BYTES = 32;
    private static final int ID_BYTES = 16;
    private static final String DEFAULT_POLICY = "default";
    private static final String ADMIN = "admin";
    private static final String RESOURCE = "resource";
    private static final String TEXT_XML = "text/xml";

    // A document in which a name stands twice reads differently to different readers: it is refused.
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final Secrets secrets;
    private final Predicate<String> admin;
    private final String build;
    private final Clock clock;
    private final SecureRandom random;
    private final Executor workers;
    private final KbsSessions sessions = new KbsSessions(SESSION_LIFE);

    /**
     * Opens nothing by itself; {@link KbsHttp} does.
     *
     * @param admin whether this is the administrator's token
     * @param build of this release, as it stands in tokens
     * @param workers encrypt and encode; they refuse nothing
     */
    public KbsDoor(
            Secrets secrets,
            Predicate<String> admin,
            String build,
            Clock clock,
            SecureRandom random,
            Executor workers) {
        this.secrets = secrets;
        this.admin = admin;
        this.build = build;
        this.clock = clock;
        this.random = random;
        this.workers = workers;
    }

    /** Never fails: what goes wrong is a reply. */
    CompletableFuture<KbsReply> handle(KbsRequest request) {
        CompletableFuture<KbsReply> reply;
        try {
            reply = route(request);
        } catch (KbsProblem problem) {
            reply = CompletableFuture.failedFuture(problem);
        }
        return reply.exceptionally(failure -> problem(request, failure).reply());
    }

    private CompletableFuture<KbsReply> route(KbsRequest request) {
        var parts = request.parts();
        var plugin = parts.getFirst();
        if (parts.size() == 1 && request.isPost() && plugin.equals("auth")) {
            return auth(request);
        }
        if (parts.size() == 1 && request.isPost() && plugin.equals("attest")) {
            return attest(request);
        }
        if (parts.size() == 1 && plugin.equals("attestation-policy") && request.isPost()) {
            return attestationPolicy(request);
        }
        if (parts.size() == 1 && plugin.equals("resource-policy") && (request.isPost() || request.isGet())) {
            return request.isPost() ? resourcePolicy(request) : currentResourcePolicy(request);
        }
        if (plugin.equals(RESOURCE) && (request.isPost() || request.isGet())) {
            var name = name(parts);
            return request.isPost() ? register(request, name) : resource(request, name);
        }
        throw new KbsProblem(
                KbsProblem.Kind.PLUGIN_NOT_FOUND,
                "path: expected POST auth, POST attest, GET or POST resource/repository/type/tag, POST attestation-policy,"
                        + " GET or POST resource-policy, found " + request.method() + " " + shorten(request.path()));
    }

    private static ResourceName name(List<String> parts) {
        if (parts.size() != 4) {
            throw new KbsProblem(KbsProblem.Kind.PATH, "path: expected resource/repository/type/tag");
        }
        try {
            return new ResourceName(parts.get(1), parts.get(2), parts.get(3));
        } catch (IllegalArgumentException e) {
            throw new KbsProblem(KbsProblem.Kind.PATH, String.valueOf(e.getMessage()));
        }
    }

    // ---- the handshake

    private CompletableFuture<KbsReply> auth(KbsRequest request) {
        var document = document(request, KbsProblem.Kind.ATTESTATION);
        var version = text(document, "version", KbsProblem.Kind.ATTESTATION);
        if (!version.equals(VERSION)) {
            throw attestation("KBS Client Protocol Version Mismatch: expect =" + VERSION + " while the request is "
                    + shorten(version));
        }
        var tee = text(document, "tee", KbsProblem.Kind.ATTESTATION);
        try {
            TrusteeEvidence.checkKind(tee);
        } catch (IllegalArgumentException e) {
            throw attestation(String.valueOf(e.getMessage()));
        }
        var id = new byte[ID_BYTES];
        random.nextBytes(id);
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        var session = sessions.begin(
                HexFormat.of().formatHex(id), tee, Base64.getEncoder().encodeToString(nonce), clock.wall());
        return CompletableFuture.completedFuture(KbsReply.json(
                "{\"nonce\":\"" + session.nonce() + "\",\"extra-params\":\"\"}", Optional.of(session.cookie())));
    }

    private CompletableFuture<KbsReply> attest(KbsRequest request) {
        var now = clock.wall();
        var session = request.session()
                .flatMap(id -> sessions.find(id, now))
                .orElseThrow(() -> attestation(
                        "cookie: expected a " + KbsSessions.COOKIE + " that auth has given, and that has not ended"));
        if (session.attested().isPresent()) {
            return CompletableFuture.completedFuture(
                    token(session, session.attested().get()));
        }
        var document = document(request, KbsProblem.Kind.ATTESTATION);
        if (document.hasNonNull("init-data")) {
            throw attestation("init-data: expected none: this release does not compare it with evidence");
        }
        var runtime = member(document, "runtime-data");
        if (!session.nonce().equals(text(runtime, "nonce", KbsProblem.Kind.ATTESTATION))) {
            throw attestation("runtime-data.nonce: expected that of this session, found another");
        }
        var key = key(member(runtime, "tee-pubkey"));
        var evidence = member(document, "tee-evidence");
        var additional = evidence.path("additional_evidence").asText("");
        if (!additional.isEmpty() && !additional.equals("{}")) {
            throw attestation(
                    "tee-evidence.additional_evidence: expected none: this release reads one kind of evidence");
        }
        var primary = member(evidence, "primary_evidence");
        var who = session.tee() + " with key " + key.shortId();
        var challenge = Challenge.of(reportData(session.nonce(), key, additional));
        return CompletableFuture.supplyAsync(() -> TrusteeEvidence.parse(session.tee(), bytes(primary)), workers)
                .thenCompose(parsed -> secrets.attest(parsed, challenge, DEFAULT_POLICY, who))
                .thenApplyAsync(
                        let -> {
                            var result = let.result();
                            var ends = result.validUntil().isAfter(result.at())
                                            && result.validUntil().isBefore(session.ends())
                                    ? result.validUntil()
                                    : session.ends();
                            return token(
                                    session,
                                    Attested.sign(
                                            result,
                                            let.policy()
                                                    .map(ReleasePolicy::waivers)
                                                    .orElse(Set.of()),
                                            let.policy().stream()
                                                    .map(ReleasePolicy::label)
                                                    .toList(),
                                            key,
                                            session.nonce(),
                                            ends,
                                            secrets.tokenKey(),
                                            build));
                        },
                        workers);
    }

    private KbsReply token(KbsSessions.Session session, Attested attested) {
        var after = sessions.attest(session, attested);
        var token = after.attested().orElse(attested).token();
        return KbsReply.json("{\"token\":\"" + token + "\"}", Optional.of(session.cookie()));
    }

    /** What the evidence of a TEE has to repeat. */
    static byte[] reportData(String nonce, TeeKey key, String additionalEvidence) {
        return KeyBinding.ofBroker(nonce, key.members(), additionalEvidence);
    }

    private static TeeKey key(JsonNode jwk) {
        var members = new LinkedHashMap<String, String>();
        jwk.properties().forEach(member -> {
            if (member.getValue().isTextual()) {
                members.put(member.getKey(), member.getValue().textValue());
            }
        });
        try {
            return TeeKey.of(members);
        } catch (IllegalArgumentException e) {
            throw attestation(String.valueOf(e.getMessage()));
        }
    }

    /** Evidence is an object; older clients send it as a text. */
    private static byte[] bytes(JsonNode evidence) {
        try {
            return evidence.isTextual()
                    ? evidence.textValue().getBytes(StandardCharsets.UTF_8)
                    : JSON.writeValueAsBytes(evidence);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what was read cannot be written", e);
        }
    }

    // ---- secrets

    private CompletableFuture<KbsReply> resource(KbsRequest request, ResourceName name) {
        return CompletableFuture.supplyAsync(() -> shown(request), workers)
                .thenCompose(attested -> secrets.release(
                                name,
                                request.version(),
                                attested.result(),
                                attested.result().kind() + " with key "
                                        + attested.key().shortId())
                        .thenApplyAsync(
                                released -> {
                                    try {
                                        return KbsReply.json(
                                                json(attested.key().encrypt(released.secret(), random)),
                                                Optional.empty());
                                    } finally {
                                        Arrays.fill(released.secret(), (byte) 0);
                                    }
                                },
                                workers));
    }

    /** Who asks, by its session or its token. */
    private Attested shown(KbsRequest request) {
        var now = clock.wall();
        var session = request.session().flatMap(id -> sessions.find(id, now)).flatMap(KbsSessions.Session::attested);
        if (session.isPresent()) {
            return session.get();
        }
        var token = request.bearer()
                .orElseThrow(() -> new KbsProblem(
                        KbsProblem.Kind.TOKEN_NOT_FOUND,
                        "Attestation Token not found: expected the cookie of a session that is attested, or a token"));
        try {
            return Attested.read(token, secrets.tokenKey(), now);
        } catch (Malformed | IllegalArgumentException e) {
            throw new KbsProblem(KbsProblem.Kind.TOKEN_NOT_FOUND, String.valueOf(e.getMessage()));
        }
    }

    private static String json(Map<String, String> flat) {
        try {
            return JSON.writeValueAsString(flat);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts cannot be written", e);
        }
    }

    private CompletableFuture<KbsReply> register(KbsRequest request, ResourceName name) {
        demandAdmin(request);
        return secrets.take(name, SecretAlgorithm.OPAQUE, true, request.body(), ADMIN)
                .thenApply(_ -> KbsReply.done(TEXT_XML));
    }

    // ---- policies

    private CompletableFuture<KbsReply> attestationPolicy(KbsRequest request) {
        demandAdmin(request);
        var document = document(request, KbsProblem.Kind.INVALID);
        String subject;
        try {
            subject = ReleasePolicy.attestation(text(document, "policy_id", KbsProblem.Kind.INVALID));
        } catch (IllegalArgumentException e) {
            throw new KbsProblem(KbsProblem.Kind.INVALID, String.valueOf(e.getMessage()));
        }
        return set(subject, document);
    }

    private CompletableFuture<KbsReply> resourcePolicy(KbsRequest request) {
        demandAdmin(request);
        return set(ReleasePolicy.ALL, document(request, KbsProblem.Kind.INVALID));
    }

    private CompletableFuture<KbsReply> set(String subject, JsonNode document) {
        var waivers = new HashSet<String>();
        document.path("waivers").forEach(waiver -> waivers.add(waiver.asText()));
        return secrets.setPolicy(subject, base64(text(document, "policy", KbsProblem.Kind.INVALID)), waivers, ADMIN)
                .thenApply(_ -> KbsReply.done("application/octet-stream"));
    }

    private CompletableFuture<KbsReply> currentResourcePolicy(KbsRequest request) {
        demandAdmin(request);
        return secrets.policy(ReleasePolicy.ALL)
                .thenApply(history -> new KbsReply(
                        200,
                        TEXT_XML,
                        Optional.empty(),
                        history.isEmpty() ? "" : history.getLast().condition()));
    }

    /** In either alphabet, with or without its padding, as clients differ. */
    private static String base64(String text) {
        var plain = text.replace('-', '+').replace('_', '/').replace("=", "");
        try {
            return new String(Base64.getDecoder().decode(plain), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new KbsProblem(KbsProblem.Kind.INVALID, "policy: expected base64");
        }
    }

    private void demandAdmin(KbsRequest request) {
        if (request.bearer().filter(admin).isEmpty()) {
            throw new KbsProblem(
                    KbsProblem.Kind.ADMIN,
                    "Authorization: expected Bearer and the administrator's token of this server");
        }
    }

    // ---- reading, and what goes wrong

    private static JsonNode document(KbsRequest request, KbsProblem.Kind kind) {
        try {
            var document = JSON.readTree(new String(request.body(), StandardCharsets.UTF_8));
            if (document == null || !document.isObject()) {
                throw new KbsProblem(kind, "body: expected a JSON object");
            }
            return document;
        } catch (JsonProcessingException e) {
            throw new KbsProblem(kind, "body: expected a JSON object: " + shorten(e.getOriginalMessage()));
        }
    }

    private static String text(JsonNode document, String name, KbsProblem.Kind kind) {
        if (!document.path(name).isTextual()) {
            throw new KbsProblem(kind, name + ": expected a text");
        }
        return document.path(name).textValue();
    }

    private static JsonNode member(JsonNode document, String name) {
        var member = document.path(name);
        if (member.isMissingNode() || member.isNull()) {
            throw attestation(name + ": missing");
        }
        return member;
    }

    private static KbsProblem attestation(String detail) {
        return new KbsProblem(KbsProblem.Kind.ATTESTATION, "Attestation error: " + detail);
    }

    private static String shorten(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }

    private static KbsProblem problem(KbsRequest request, Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return switch (cause) {
            case KbsProblem known -> known;
            case SecretsProblem known -> problem(request, known);
            case Malformed malformed -> attestation(String.valueOf(malformed.getMessage()));
            case Refused refused -> new KbsProblem(KbsProblem.Kind.UNAVAILABLE, String.valueOf(refused.getMessage()));
            default -> {
                log.error("a request of KBS's protocol failed: {} {}", request.method(), request.path(), cause);
                yield new KbsProblem(KbsProblem.Kind.UNAVAILABLE, "this server failed; its log says why");
            }
        };
    }

    private static KbsProblem problem(KbsRequest request, SecretsProblem problem) {
        var message = String.valueOf(problem.getMessage());
        return switch (problem.code()) {
            case SEALED, NOT_INITIALIZED -> new KbsProblem(KbsProblem.Kind.SEALED, message);
            case NOT_FOUND -> new KbsProblem(KbsProblem.Kind.RESOURCE_NOT_FOUND, message);
            case DENIED ->
                request.path().equals("attest")
                        ? attestation("verify TEE evidence failed: " + message)
                        : new KbsProblem(KbsProblem.Kind.POLICY_DENY, "Access denied by policy: " + message);
            case INVALID -> new KbsProblem(KbsProblem.Kind.INVALID, message);
            case CONFLICT -> new KbsProblem(KbsProblem.Kind.CONFLICT, message);
            case OVERLOADED -> new KbsProblem(KbsProblem.Kind.UNAVAILABLE, message);
        };
    }
}

package dev.plinth.trust.control.door.spiffe;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.trust.control.Bundles;
import dev.plinth.trust.control.Identities;
import dev.plinth.trust.control.RegistrationEntry;
import dev.plinth.trust.control.SpiffeId;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustLimits;
import dev.plinth.wire.spiffe.JWTBundlesRequest;
import dev.plinth.wire.spiffe.JWTBundlesResponse;
import dev.plinth.wire.spiffe.JWTSVID;
import dev.plinth.wire.spiffe.JWTSVIDRequest;
import dev.plinth.wire.spiffe.JWTSVIDResponse;
import dev.plinth.wire.spiffe.SpiffeWorkloadAPIGrpc;
import dev.plinth.wire.spiffe.ValidateJWTSVIDRequest;
import dev.plinth.wire.spiffe.ValidateJWTSVIDResponse;
import dev.plinth.wire.spiffe.X509BundlesRequest;
import dev.plinth.wire.spiffe.X509BundlesResponse;
import dev.plinth.wire.spiffe.X509SVID;
import dev.plinth.wire.spiffe.X509SVIDRequest;
import dev.plinth.wire.spiffe.X509SVIDResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The calls of the Workload API: attests who asks, and answers with what its entries say. */
final class WorkloadApi extends SpiffeWorkloadAPIGrpc.SpiffeWorkloadAPIImplBase implements AutoCloseable {
    /*
     * A stream is answered anew when identities change or when half of the life of what it was given is over. Each time the caller is
     * attested again, so one that runs another program since gets what that program is entitled to. What is the same as before is not
     * sent: a change of somebody else's entry costs a look, not a key.
     */
    private static final int AUDIENCES_MAX = 32;

    private final Trust trust;
    private final ProcessAttestor attestor;
    private final Clock clock;
    private final Executor workers;
    private final Set<PushStream<?>> streams = ConcurrentHashMap.newKeySet();
    private final Trust.Following following;

    WorkloadApi(Trust trust, ProcessAttestor attestor, Clock clock, Executor workers) {
        this.trust = trust;
        this.attestor = attestor;
        this.clock = clock;
        this.workers = workers;
        this.following =
                trust.follow(() -> workers.execute(() -> streams.forEach(stream -> workers.execute(stream::look))));
    }

    @Override
    public void close() {
        following.close();
        streams.forEach(PushStream::close);
    }

    /** A caller, and what it is entitled to. */
    private record Caller(Identities identities, List<RegistrationEntry> entries) {}

    private Caller caller(Peer peer) {
        Set<String> properties;
        try {
            properties = attestor.attest(peer);
        } catch (ProcessAttestor.Gone e) {
            throw Status.PERMISSION_DENIED.withDescription(e.getMessage()).asRuntimeException();
        }
        Identities identities;
        try {
            identities = trust.identities().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refused refused) {
                throw Status.UNAVAILABLE.withDescription(refused.getMessage()).asRuntimeException();
            }
            throw e;
        }
        var entries = identities.of(properties);
        if (entries.isEmpty()) {
            throw Status.PERMISSION_DENIED
                    .withDescription(
                            "no identity issued: no registration entry is met by " + String.join(", ", properties))
                    .asRuntimeException();
        }
        return new Caller(identities, entries);
    }

    @Override
    public void fetchX509SVID(X509SVIDRequest request, StreamObserver<X509SVIDResponse> answers) {
        stream(answers, this::x509);
    }

    private PushStream.Answer<X509SVIDResponse> x509(Peer peer, Optional<Object> before) {
        var caller = caller(peer);
        var identities = caller.identities();
        record Same(
                List<RegistrationEntry> entries,
                List<ByteString> bundle,
                long signer,
                Map<String, ByteString> others) {}
        var others = new TreeMap<String, ByteString>();
        caller.entries().stream()
                .flatMap(entry -> entry.federatesWith().stream())
                .forEach(domain -> foreign(identities, domain)
                        .ifPresent(bundle ->
                                others.put(SpiffeId.ofDomain(domain).toString(), bundle.joinedCertificates())));
        var bundle = Bundles.own(identities);
        var same = new Same(caller.entries(), bundle.certificates(), identities.signer(), others);
        if (before.filter(same::equals).isPresent()) {
            return PushStream.Answer.same(same);
        }
        var now = clock.wall();
        var response = X509SVIDResponse.newBuilder().putAllFederatedBundles(others);
        var due = Instant.MAX;
        for (var entry : caller.entries()) {
            var svid = signed(() -> trust.issuer().x509(identities, entry, now));
            trust.issued().add(entry, now, svid.notAfter(), "process " + peer.pid() + " of user " + peer.uid());
            response.addSvids(X509SVID.newBuilder()
                    .setSpiffeId(svid.id().toString())
                    .setX509Svid(svid.certificate())
                    .setX509SvidKey(svid.key())
                    .setBundle(bundle.joinedCertificates())
                    .setHint(svid.hint()));
            var half = now.plus(Duration.between(now, svid.notAfter()).dividedBy(2));
            due = half.isBefore(due) ? half : due;
        }
        return new PushStream.Answer<>(Optional.of(response.build()), same, Optional.of(Duration.between(now, due)));
    }

    private static <T> T signed(java.util.function.Supplier<T> sign) {
        try {
            return sign.get();
        } catch (IllegalStateException e) {
            throw Status.UNAVAILABLE
                    .withDescription(e.getMessage())
                    .withCause(e)
                    .asRuntimeException();
        }
    }

    private static Optional<Bundles> foreign(Identities identities, String domain) {
        return Optional.ofNullable(identities.federated().get(domain)).map(jwks -> Bundles.parse(domain, jwks));
    }

    /** This domain's bundle, and those of the domains that the caller's entries name. */
    private static Map<String, Bundles> bundles(Caller caller) {
        var bundles = new TreeMap<String, Bundles>();
        caller.identities()
                .domain()
                .ifPresent(
                        own -> bundles.put(SpiffeId.ofDomain(own.name()).toString(), Bundles.own(caller.identities())));
        caller.entries().stream()
                .flatMap(entry -> entry.federatesWith().stream())
                .forEach(domain -> foreign(caller.identities(), domain)
                        .ifPresent(
                                bundle -> bundles.put(SpiffeId.ofDomain(domain).toString(), bundle)));
        return bundles;
    }

    @Override
    public void fetchX509Bundles(X509BundlesRequest request, StreamObserver<X509BundlesResponse> answers) {
        stream(answers, (peer, before) -> {
            var response = X509BundlesResponse.newBuilder();
            bundles(caller(peer)).forEach((id, bundle) -> response.putBundles(id, bundle.joinedCertificates()));
            return PushStream.Answer.of(response.build(), before);
        });
    }

    @Override
    public void fetchJWTBundles(JWTBundlesRequest request, StreamObserver<JWTBundlesResponse> answers) {
        stream(answers, (peer, before) -> {
            var response = JWTBundlesResponse.newBuilder();
            bundles(caller(peer))
                    .forEach((id, bundle) -> response.putBundles(id, ByteString.copyFromUtf8(bundle.tokenJwks())));
            return PushStream.Answer.of(response.build(), before);
        });
    }

    private <R> void stream(
            StreamObserver<R> answers, BiFunction<Peer, Optional<Object>, PushStream.Answer<R>> answer) {
        var peer = PeerNegotiator.PEER.get();
        if (streams.size() >= TrustLimits.STREAMS_MAX) {
            answers.onError(Status.RESOURCE_EXHAUSTED
                    .withDescription(TrustLimits.STREAMS_MAX + " streams are open; try again later")
                    .asRuntimeException());
            return;
        }
        var stream = new PushStream<R>(
                (ServerCallStreamObserver<R>) answers,
                before -> answer.apply(peer, before),
                clock,
                workers,
                streams::remove);
        streams.add(stream);
        stream.look();
    }

    @Override
    public void fetchJWTSVID(JWTSVIDRequest request, StreamObserver<JWTSVIDResponse> answers) {
        answer(answers, () -> {
            if (request.getAudienceCount() == 0
                    || request.getAudienceCount() > AUDIENCES_MAX
                    || request.getAudienceList().stream().anyMatch(String::isEmpty)) {
                throw invalid("audience: expected 1 to " + AUDIENCES_MAX + ", none of them empty");
            }
            var caller = caller(PeerNegotiator.PEER.get());
            var wanted = caller.entries().stream()
                    .filter(entry -> request.getSpiffeId().isEmpty()
                            || entry.id().toString().equals(request.getSpiffeId()))
                    .toList();
            if (wanted.isEmpty()) {
                throw Status.PERMISSION_DENIED
                        .withDescription("the caller is not entitled to " + request.getSpiffeId())
                        .asRuntimeException();
            }
            var response = JWTSVIDResponse.newBuilder();
            wanted.forEach(entry -> response.addSvids(JWTSVID.newBuilder()
                    .setSpiffeId(entry.id().toString())
                    .setSvid(signed(() -> trust.issuer()
                            .token(caller.identities(), entry.id(), request.getAudienceList(), clock.wall())))
                    .setHint(entry.hint())));
            return response.build();
        });
    }

    @Override
    public void validateJWTSVID(ValidateJWTSVIDRequest request, StreamObserver<ValidateJWTSVIDResponse> answers) {
        answer(answers, () -> {
            if (request.getAudience().isEmpty()) {
                throw invalid("audience: expected one");
            }
            var caller = caller(PeerNegotiator.PEER.get());
            try {
                var verified = trust.issuer()
                        .verify(caller.identities(), request.getSvid(), request.getAudience(), clock.wall());
                return ValidateJWTSVIDResponse.newBuilder()
                        .setSpiffeId(verified.id().toString())
                        .setClaims(struct(verified.claims()))
                        .build();
            } catch (IllegalArgumentException e) {
                throw invalid(String.valueOf(e.getMessage()));
            }
        });
    }

    private static Struct struct(Map<?, ?> claims) {
        var struct = Struct.newBuilder();
        claims.forEach((name, value) -> struct.putFields(String.valueOf(name), value(value)));
        return struct.build();
    }

    /** As JSON has them. */
    private static Value value(@Nullable Object value) {
        return switch (value) {
            case null -> Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();
            case Boolean truth -> Value.newBuilder().setBoolValue(truth).build();
            case Number number ->
                Value.newBuilder().setNumberValue(number.doubleValue()).build();
            case Map<?, ?> map -> Value.newBuilder().setStructValue(struct(map)).build();
            case List<?> list ->
                Value.newBuilder()
                        .setListValue(ListValue.newBuilder()
                                .addAllValues(
                                        list.stream().map(WorkloadApi::value).toList()))
                        .build();
            default -> Value.newBuilder().setStringValue(value.toString()).build();
        };
    }

    private static StatusRuntimeException invalid(String message) {
        return Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
    }

    private static <R> void answer(StreamObserver<R> answers, java.util.function.Supplier<R> work) {
        R answer;
        try {
            answer = work.get();
        } catch (StatusRuntimeException e) {
            answers.onError(e);
            return;
        }
        answers.onNext(answer);
        answers.onCompleted();
    }
}

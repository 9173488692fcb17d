package dev.plinth.bench.trust;

import com.google.protobuf.ByteString;
import dev.plinth.wire.spiffe.X509SVID;
import dev.plinth.wire.spiffe.X509SVIDRequest;
import dev.plinth.wire.spiffe.X509SVIDResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Workloads that keep a stream open each, and what each of them holds. */
final class WorkloadFleet {
    private static final String AUTHORITY_KEY = "2.5.29.35";
    private static final long LOOK_MILLIS = 20;

    /**
     * What a workload holds now.
     *
     * @param issuer the authority key identifier in its certificate
     * @param generation how many identities it was given
     */
    private record Held(Instant notAfter, ByteString bundle, ByteString issuer, int generation) {}

    private final List<Workload> workloads = new ArrayList<>();

    WorkloadFleet(int count) {
        for (int i = 0; i < count; i++) {
            workloads.add(new Workload());
        }
    }

    void open(WorkloadConnections connections) {
        for (int i = 0; i < workloads.size(); i++) {
            connections.api(i).fetchX509SVID(X509SVIDRequest.getDefaultInstance(), workloads.get(i));
        }
    }

    /** One of them; told on its connection's thread. */
    private static final class Workload implements StreamObserver<X509SVIDResponse> {
        private volatile Optional<Held> held = Optional.empty();
        private volatile Duration leastLeft = Duration.ofDays(1);
        private volatile int gaps;
        private volatile Optional<Throwable> end = Optional.empty();

        @Override
        public void onNext(X509SVIDResponse answer) {
            var svid = answer.getSvids(0);
            try {
                take(svid);
            } catch (CertificateException e) {
                end = Optional.of(e);
            }
        }

        // Each is written by its connection's thread alone.
        @SuppressWarnings("NonAtomicVolatileUpdate")
        private void take(X509SVID svid) throws CertificateException {
            var certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(svid.getX509Svid().newInput());
            held.ifPresent(before -> {
                var left = Duration.between(Instant.now(), before.notAfter());
                leastLeft = left.compareTo(leastLeft) < 0 ? left : leastLeft;
                gaps += left.isNegative() ? 1 : 0;
            });
            held = Optional.of(new Held(
                    certificate.getNotAfter().toInstant(),
                    svid.getBundle(),
                    ByteString.copyFrom(certificate.getExtensionValue(AUTHORITY_KEY)),
                    held.map(Held::generation).orElse(0) + 1));
        }

        @Override
        public void onError(Throwable error) {
            end = Optional.of(error);
        }

        @Override
        public void onCompleted() {
            end = Optional.of(new IOException("the stream was completed"));
        }
    }

    /** Waits until each has been given so many. */
    void awaitGeneration(int generation, Duration most) throws IOException, InterruptedException {
        await(held -> held.generation() >= generation, most);
    }

    /** Waits until each has another bundle than the first one has now. */
    void awaitOtherBundle(ByteString bundle, Duration most) throws IOException, InterruptedException {
        await(held -> !held.bundle().equals(bundle), most);
    }

    /** Waits until no identity is of this issuer any more. */
    void awaitOtherIssuer(ByteString issuer, Duration most) throws IOException, InterruptedException {
        await(held -> !held.issuer().equals(issuer), most);
    }

    private void await(Predicate<Held> done, Duration most) throws IOException, InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        for (var workload : workloads) {
            while (workload.held.filter(done).isEmpty()) {
                if (workload.end.isPresent()) {
                    throw new IOException(
                            "a workload's stream ended: " + workload.end.get().getMessage());
                }
                if (System.nanoTime() > end) {
                    throw new IOException("not all workloads were answered within " + most);
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        }
    }

    ByteString bundle() {
        return held().bundle();
    }

    ByteString issuer() {
        return held().issuer();
    }

    private Held held() {
        return workloads.getFirst().held.orElseThrow();
    }

    /** Of all renewals, the least time that the identity before was still good. */
    Duration leastLeft() {
        return workloads.stream()
                .map(workload -> workload.leastLeft)
                .min(Duration::compareTo)
                .orElseThrow();
    }

    /** How often an identity had ended when the next one came. */
    long gaps() {
        return workloads.stream().mapToLong(workload -> workload.gaps).sum();
    }

    /** Streams that are over. */
    long ended() {
        return workloads.stream().filter(workload -> workload.end.isPresent()).count();
    }

    /** Workloads that were given more than one. */
    long renewed() {
        return workloads.stream()
                .filter(workload ->
                        workload.held.filter(held -> held.generation() > 1).isPresent())
                .count();
    }
}

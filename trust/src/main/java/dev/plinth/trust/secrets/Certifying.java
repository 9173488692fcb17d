package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.bouncycastle.asn1.x509.BasicConstraints;

/** Gives keys certificates: each signed by itself, or by another key that is kept here. */
final class Certifying {
    private final SecretsPartition partition;
    private final Taking taking;
    private final KeyUse use;
    private final Clock clock;
    private final Executor workers;
    private final SecureRandom random;

    Certifying(
            SecretsPartition partition, Taking taking, KeyUse use, Clock clock, Executor workers, SecureRandom random) {
        this.partition = partition;
        this.taking = taking;
        this.use = use;
        this.clock = clock;
        this.workers = workers;
        this.random = random;
    }

    private record Key(SecretAlgorithm algorithm, long version, ByteString publicKey, List<ByteString> certificates) {}

    private static Key key(SecretsEngine engine, ResourceName name) {
        var resource = engine.find(name).orElseThrow(() -> Secrets.absent(name));
        var version = resource.current()
                .orElseThrow(() -> new SecretsProblem(
                        SecretsProblem.Code.NOT_FOUND, name + " has no version that is not revoked"));
        var material = version.material().orElseThrow();
        return new Key(resource.algorithm(), version.number(), material.publicKey(), material.certificates());
    }

    /** As {@link Secrets#certify}. */
    CompletableFuture<Long> certify(ResourceName name, Secrets.CertificateRequest request, String actor) {
        record Asked(Key key, Optional<Key> issuer) {}
        return partition
                .read(engine -> new Asked(key(engine, name), request.issuer().map(issuer -> key(engine, issuer))))
                .thenComposeAsync(
                        asked -> {
                            var signer = asked.issuer().orElse(asked.key());
                            var chain = asked.issuer().map(Key::certificates).orElse(List.of());
                            request.issuer().ifPresent(issuer -> demandAuthority(issuer, chain));
                            var draft = CertificateDraft.of(
                                    request,
                                    asked.key().publicKey(),
                                    chain,
                                    signer.publicKey(),
                                    signer.algorithm(),
                                    clock.wall(),
                                    random);
                            var wanted = new Taking.Wanted(
                                    request.issuer().orElse(name), signer.version(), SecretsCommand.Purpose.SIGN);
                            return taking.use(
                                            wanted,
                                            Optional.empty(),
                                            actor,
                                            (algorithm, key) -> use.sign(algorithm, key, draft.toBeSigned()))
                                    .thenCompose(signature -> {
                                        List<ByteString> whole = new ArrayList<>();
                                        whole.add(draft.with(signature.result()));
                                        whole.addAll(chain);
                                        return partition.submit(new SecretsCommand.PutCertificates(
                                                name, asked.key().version(), whole, actor));
                                    });
                        },
                        workers)
                .thenApply(SecretsPartition::number);
    }

    private static void demandAuthority(ResourceName issuer, List<ByteString> chain) {
        if (chain.isEmpty() || !isAuthority(chain.getFirst())) {
            throw new SecretsProblem(
                    SecretsProblem.Code.CONFLICT,
                    "issuer " + issuer + ": expected a key with a certificate of an authority, found one without");
        }
    }

    private static boolean isAuthority(ByteString certificate) {
        var constraints = BasicConstraints.fromExtensions(
                CertificateDraft.certificate(certificate).getTBSCertificate().getExtensions());
        return constraints != null && constraints.isCA();
    }
}

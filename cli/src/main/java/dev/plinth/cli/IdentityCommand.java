package dev.plinth.cli;

import com.google.protobuf.ByteString;
import dev.plinth.trust.KeyAlgorithm;
import dev.plinth.trust.attester.IdentityFiles;
import dev.plinth.trust.attester.IdentityRequest;
import dev.plinth.trust.attester.Tpm;
import dev.plinth.trust.attester.TpmAttester;
import dev.plinth.wire.trust.v1.AttestationGrpc;
import dev.plinth.wire.trust.v1.AttestationGrpc.AttestationBlockingStub;
import dev.plinth.wire.trust.v1.Proof;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code plinth identity}: proves to a server what this machine is, and keeps the identity that it gets for it in files. */
@Command(
        name = "identity",
        description = {
            "Proves to a server what this machine or workload is, and gets an identity for it: svid.pem, svid_key.pem and bundle.pem in a",
            "folder. The private key is made here and goes nowhere. Asked again, an identity that came by a join token is renewed with",
            "the one that is there."
        },
        mixinStandardHelpOptions = true)
final class IdentityCommand implements Callable<Integer> {
    @Mixin
    private Connection connection = new Connection();

    @Option(names = "--id", paramLabel = "SPIFFE-ID", required = true, description = "The identity that is asked for.")
    private String id = "";

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Where it is kept.")
    private Path folder = Path.of("");

    @Option(names = "--join-token", paramLabel = "FILE", description = "What plinth trust join-token printed.")
    private Optional<Path> joinToken = Optional.empty();

    @Option(names = "--kubernetes-token", paramLabel = "FILE", description = "A projected service account token.")
    private Optional<Path> kubernetesToken = Optional.empty();

    @Option(names = "--tpm", paramLabel = "DEVICE", description = "A TPM, such as /dev/tpmrm0: quotes its registers.")
    private Optional<Path> tpm = Optional.empty();

    @Option(
            names = "--endorsement",
            paramLabel = "FILE",
            description = "The certificates of the TPM's endorsement key, PEM, its own first: enrols the TPM before.")
    private Optional<Path> endorsement = Optional.empty();

    @Option(
            names = "--algorithm",
            paramLabel = "NAME",
            description = "Of the key that is made: p256 or sm2. Default: p256",
            converter = AlgorithmConverter.class,
            defaultValue = "p256")
    private KeyAlgorithm algorithm = KeyAlgorithm.P256;

    @Option(
            names = "--registers",
            paramLabel = "N",
            split = ",",
            description = "Of the TPM, at most 8. Default: ${DEFAULT-VALUE}",
            defaultValue = "0,1,2,3,4,5,6,7")
    private List<Integer> registers = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    /** As configurations name it. */
    static final class AlgorithmConverter implements ITypeConverter<KeyAlgorithm> {
        @Override
        public KeyAlgorithm convert(String text) {
            try {
                return KeyAlgorithm.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("expected " + e.getMessage());
            }
        }
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        var files = new IdentityFiles(folder);
        try {
            connection.ask(channel -> {
                try {
                    ask(
                            AttestationGrpc.newBlockingStub(channel)
                                    .withDeadlineAfter(Connection.ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS),
                            files);
                    return true;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return 0;
    }

    private void ask(AttestationBlockingStub server, IdentityFiles files) throws IOException {
        var request = IdentityRequest.with(server, files.nextKeys(algorithm));
        List<Proof> proofs = new ArrayList<>();
        if (joinToken.isPresent()) {
            var former = files.held();
            proofs.add(
                    former.isPresent()
                            ? request.former(
                                    former.get().certificate().toByteArray(),
                                    former.get().key())
                            : Proof.newBuilder()
                                    .setJoinToken(
                                            Files.readString(joinToken.get()).strip())
                                    .build());
        }
        if (kubernetesToken.isPresent()) {
            proofs.add(Proof.newBuilder()
                    .setKubernetesToken(Files.readString(kubernetesToken.get()).strip())
                    .build());
        }
        if (tpm.isPresent()) {
            proofs.add(quote(server, tpm.get(), request.binding()));
        }
        if (proofs.isEmpty()) {
            throw new IOException("expected a proof: --join-token, --kubernetes-token or --tpm");
        }
        var got = request.attest(id, proofs);
        files.keep(
                got.getCertificatesList().stream().map(ByteString::toByteArray).toList(),
                got.getBundleList().stream().map(ByteString::toByteArray).toList());
        spec.commandLine()
                .getOut()
                .println(got.getSpiffeId() + " until " + Instant.ofEpochMilli(got.getNotAfterMillis()) + ", by entry "
                        + got.getEntry() + ", in " + folder);
    }

    private Proof quote(AttestationBlockingStub server, Path device, byte[] binding) throws IOException {
        try (var attester = TpmAttester.of(Tpm.device(device))) {
            if (endorsement.isPresent()) {
                spec.commandLine()
                        .getOut()
                        .println("enrolled " + attester.enrol(server, IdentityFiles.certificates(endorsement.get())));
            }
            return Proof.newBuilder()
                    .setEvidence(attester.quote(binding, registers))
                    .build();
        }
    }
}

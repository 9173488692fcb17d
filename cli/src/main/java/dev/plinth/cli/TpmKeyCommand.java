package dev.plinth.cli;

import dev.plinth.server.Listen;
import dev.plinth.trust.attester.TpmAttester;
import dev.plinth.trust.attester.TpmDevice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code plinth secrets tpm-key}: what others have to know of this machine's TPM. */
@Command(
        name = "tpm-key",
        description = {
            "Prints the key in PEM that this machine's TPM signs its quotes with, for secrets.peers.keys of the other servers and for",
            "vouching; and on standard error what its registers are, for conditions. Asks no server."
        },
        mixinStandardHelpOptions = true)
final class TpmKeyCommand implements Callable<Integer> {
    @Option(names = "--tpm", paramLabel = "DEVICE", description = "Default: /dev/tpmrm0")
    private Optional<Path> device = Optional.empty();

    @Option(
            names = "--simulated",
            paramLabel = "HOST:PORT",
            description = "A program that acts as one, such as swtpm, in its place.")
    private Optional<String> simulated = Optional.empty();

    @Option(
            names = "--registers",
            paramLabel = "N",
            split = ",",
            description = "Of the SHA-256 bank, at most 8. Default: ${DEFAULT-VALUE}",
            defaultValue = "7")
    private List<Integer> registers = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        var tpm = tpm();
        try (var attester = TpmAttester.of(tpm.open())) {
            var err = spec.commandLine().getErr();
            var values = attester.read(registers);
            for (int i = 0; i < values.size(); i++) {
                err.println("claims['tpm.sha256." + registers.get(i) + "'] == '"
                        + HexFormat.of().formatHex(values.get(i)) + "'");
            }
            err.flush();
            var out = spec.commandLine().getOut();
            out.println("-----BEGIN PUBLIC KEY-----");
            out.println(Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                    .encodeToString(attester.attestationKey().getEncoded()));
            out.println("-----END PUBLIC KEY-----");
            out.flush();
            return 0;
        } catch (IOException e) {
            throw new IOException(tpm + ": " + e.getMessage(), e);
        }
    }

    private TpmDevice tpm() {
        if (simulated.isEmpty()) {
            return new TpmDevice.OfKernel(device.orElse(Path.of("/dev/tpmrm0")));
        }
        if (device.isPresent()) {
            throw new ParameterException(spec.commandLine(), "--tpm and --simulated: expected one of them");
        }
        try {
            var at = Listen.parse(simulated.get());
            return new TpmDevice.Simulated(at.host(), at.port());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--simulated: expected " + e.getMessage());
        }
    }
}

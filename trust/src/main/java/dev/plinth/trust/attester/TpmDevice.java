package dev.plinth.trust.attester;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/** Where a TPM is. */
public sealed interface TpmDevice {
    /** A connection, for one thread; whoever opens it closes it. */
    Tpm open() throws IOException;

    /** A device of the kernel, with its resource manager: {@code /dev/tpmrm0}. */
    record OfKernel(Path device) implements TpmDevice {
        @Override
        public Tpm open() throws IOException {
            return Tpm.device(device);
        }

        @Override
        public String toString() {
            return "TPM " + device;
        }
    }

    /**
     * A program that acts as one, such as swtpm with {@code --server type=tcp}: it keeps nothing from anybody on its host. One connection at
     * a time is all that it serves, so whoever has one is alone on it, and finds no keys and sessions of others.
     */
    record Simulated(String host, int port) implements TpmDevice {
        @Override
        public Tpm open() throws IOException {
            var tpm = Tpm.software(new InetSocketAddress(host, port));
            try {
                tpm.flushAll();
                return tpm;
            } catch (IOException e) {
                tpm.close();
                throw e;
            }
        }

        @Override
        public String toString() {
            return "simulated TPM " + host + ":" + port;
        }
    }
}

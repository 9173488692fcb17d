package dev.plinth.trust.secrets.door.kbs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A TPM in software, swtpm, driven by tpm2-tools; each in a process of its own. */
final class SoftwareTpm implements Attester, AutoCloseable {
    private static final Pattern REGISTER = Pattern.compile("^\\s*(\\d+)\\s*: 0x([0-9A-F]{64})$", Pattern.MULTILINE);

    private final Path folder;
    private final Process process;
    private final int port;

    static boolean isInstalled() {
        return Files.isExecutable(Path.of("/usr/bin/swtpm")) && Files.isExecutable(Path.of("/usr/bin/tpm2_quote"));
    }

    private SoftwareTpm(Path folder, Process process, int port) {
        this.folder = folder;
        this.process = process;
        this.port = port;
    }

    static SoftwareTpm start(Path folder) throws IOException, InterruptedException {
        int port = freePair();
        var process = new ProcessBuilder(
                        "swtpm",
                        "socket",
                        "--tpm2",
                        "--tpmstate",
                        "dir=" + Files.createDirectories(folder.resolve("state")),
                        "--server",
                        "type=tcp,port=" + port,
                        "--ctrl",
                        "type=tcp,port=" + (port + 1),
                        "--flags",
                        "not-need-init,startup-clear")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("swtpm.log").toFile())
                .start();
        var tpm = new SoftwareTpm(folder, process, port);
        try {
            tpm.awaitListening();
            tpm.run("tpm2_createek", "-Q", "-c", "ek.ctx", "-G", "rsa");
            tpm.run(
                    "tpm2_createak",
                    "-Q",
                    "-C",
                    "ek.ctx",
                    "-c",
                    "ak.ctx",
                    "-G",
                    "rsa",
                    "-g",
                    "sha256",
                    "-s",
                    "rsassa",
                    "-u",
                    "ak.pem",
                    "-f",
                    "pem");
            tpm.run("tpm2_flushcontext", "-t");
            return tpm;
        } catch (IOException | RuntimeException e) {
            tpm.close();
            throw e;
        }
    }

    /** The tools look for the control port one above the other. */
    private static int freePair() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            try (var first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                try (var _ = new ServerSocket(first.getLocalPort() + 1, 1, InetAddress.getLoopbackAddress())) {
                    return first.getLocalPort();
                } catch (IOException e) {
                    // Taken: the next pair.
                }
            }
        }
        throw new IOException("no two ports beside each other are free");
    }

    private void awaitListening() throws InterruptedException {
        org.awaitility.Awaitility.await().until(() -> {
            try (var _ = new java.net.Socket(InetAddress.getLoopbackAddress(), port + 1)) {
                return true;
            } catch (IOException e) {
                return false;
            }
        });
    }

    private String run(String... command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("TPM2TOOLS_TCTI", "swtpm:host=127.0.0.1,port=" + port);
        var tool = builder.start();
        var said = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!tool.waitFor(60, TimeUnit.SECONDS) || tool.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
        return said;
    }

    /** Measures something. */
    void extend(int register, byte[] digest) throws IOException, InterruptedException {
        run("tpm2_pcrextend", register + ":sha256=" + HexFormat.of().formatHex(digest));
    }

    String register(int number) throws IOException, InterruptedException {
        return ImitatedTpm.hex(registers()[number]);
    }

    private byte[][] registers() throws IOException, InterruptedException {
        var found = REGISTER.matcher(run("tpm2_pcrread", "sha256"));
        List<byte[]> registers = new ArrayList<>();
        while (found.find()) {
            registers.add(HexFormat.of().parseHex(found.group(2).toLowerCase(java.util.Locale.ROOT)));
        }
        return registers.toArray(byte[][]::new);
    }

    private byte[] key() throws IOException {
        return Base64.getMimeDecoder()
                .decode(Files.readString(folder.resolve("ak.pem")).replaceAll("-----[A-Z ]+-----", ""));
    }

    @Override
    public String fingerprint() {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String evidence(byte[] reportData) {
        try {
            run(
                    "tpm2_quote",
                    "-Q",
                    "-c",
                    "ak.ctx",
                    "-l",
                    "sha256:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23",
                    "-q",
                    HexFormat.of().formatHex(reportData),
                    "-m",
                    "quote.message",
                    "-s",
                    "quote.signature",
                    "-g",
                    "sha256");
            run("tpm2_flushcontext", "-t");
            return Attester.json(
                    Files.readAllBytes(folder.resolve("quote.message")),
                    Files.readAllBytes(folder.resolve("quote.signature")),
                    registers(),
                    key());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}

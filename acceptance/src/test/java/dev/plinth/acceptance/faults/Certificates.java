package dev.plinth.acceptance.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/** What members prove themselves with to one another: one certificate that is its own authority, made by the JDK's keytool. */
record Certificates(Path certificate, Path key) {
    private static final String PASSWORD = "changeit";
    private static final String ALIAS = "members";

    /** Valid for some days around now, so that clocks that jump do not run out of it. */
    static Certificates make(Path directory) throws IOException {
        var store = directory.resolve("members.p12");
        Shell.run(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=members",
                        "-ext",
                        "BasicConstraints:critical=ca:true",
                        "-startdate",
                        "-3d",
                        "-validity",
                        "10",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD),
                "");
        try {
            var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
            return new Certificates(
                    pem(
                            directory.resolve("members.crt"),
                            "CERTIFICATE",
                            keys.getCertificate(ALIAS).getEncoded()),
                    pem(
                            directory.resolve("members.key"),
                            "PRIVATE KEY",
                            keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IOException("keytool's " + store + " cannot be read", e);
        }
    }

    private static Path pem(Path file, String type, byte[] bytes) throws IOException {
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return Files.writeString(file, "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n");
    }
}

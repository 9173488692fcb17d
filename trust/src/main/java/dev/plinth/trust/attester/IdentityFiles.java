package dev.plinth.trust.attester;

import com.google.protobuf.ByteString;
import dev.plinth.trust.KeyAlgorithm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMParser;

/** An identity in a folder, as other programs read it: {@code svid.pem}, {@code svid_key.pem} (PKCS 8), {@code bundle.pem}. */
public final class IdentityFiles {
    /*
     * The next key is written down before it is asked for, and used again until it has become the identity's: a join token lets one key
     * in, and an answer that was lost is asked for again with the same one. Each file is whole before it has its name; the certificate
     * comes after its key, so a reader that finds a pair that does not fit reads again.
     */
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String PRIVATE_KEY = "PRIVATE KEY";
    private static final String PUBLIC_KEY = "PUBLIC KEY";

    private final Path folder;
    private final Path certificate;
    private final Path key;
    private final Path next;
    private final Path bundle;

    public IdentityFiles(Path folder) {
        this.folder = folder;
        this.certificate = folder.resolve("svid.pem");
        this.key = folder.resolve("svid_key.pem");
        this.next = folder.resolve("next_key.pem");
        this.bundle = folder.resolve("bundle.pem");
    }

    /** A certificate, DER, and its key. */
    public record Held(ByteString certificate, PrivateKey key) {}

    /** The identity that is there; empty if none is. */
    public Optional<Held> held() throws IOException {
        if (!Files.exists(certificate)) {
            return Optional.empty();
        }
        return Optional.of(
                new Held(ByteString.copyFrom(certificates(certificate).getFirst()), privateKey(key)));
    }

    /**
     * The keys of the next identity: those of a request before that came to nothing, or new ones.
     *
     * @param algorithm those of another one are made anew
     */
    public KeyPair nextKeys(KeyAlgorithm algorithm) throws IOException {
        Files.createDirectories(folder);
        if (Files.exists(next)) {
            var before = new KeyPair(publicKey(next), privateKey(next));
            if (KeyAlgorithm.of(before.getPublic()) == algorithm) {
                return before;
            }
        }
        var made = algorithm.make(new SecureRandom());
        write(
                next,
                pem(PRIVATE_KEY, made.getPrivate().getEncoded())
                        + pem(PUBLIC_KEY, made.getPublic().getEncoded()));
        return made;
    }

    /** Makes what the next keys were given the identity that is there. */
    public void keep(List<byte[]> certificates, List<byte[]> authorities) throws IOException {
        write(
                bundle,
                String.join(
                        "",
                        authorities.stream().map(one -> pem(CERTIFICATE, one)).toList()));
        write(key, pem(PRIVATE_KEY, privateKey(next).getEncoded()));
        write(
                certificate,
                String.join(
                        "",
                        certificates.stream().map(one -> pem(CERTIFICATE, one)).toList()));
        Files.delete(next);
    }

    /** The certificates of a file in PEM, DER. */
    public static List<byte[]> certificates(Path file) throws IOException {
        List<byte[]> certificates = new ArrayList<>();
        try (var reader = new PEMParser(Files.newBufferedReader(file, StandardCharsets.US_ASCII))) {
            for (var part = reader.readObject(); part != null; part = reader.readObject()) {
                if (part instanceof X509CertificateHolder certificate) {
                    certificates.add(certificate.getEncoded());
                }
            }
        } catch (PEMException | CharacterCodingException e) {
            throw new IOException(file + ": expected certificates in PEM, found what cannot be read", e);
        }
        if (certificates.isEmpty()) {
            throw new IOException(file + ": expected certificates in PEM, found none");
        }
        return certificates;
    }

    private static PrivateKey privateKey(Path file) throws IOException {
        var pkcs8 = part(file, PRIVATE_KEY);
        try {
            return KeyAlgorithm.of(PrivateKeyInfo.getInstance(pkcs8)).privateKey(pkcs8);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + ": expected a private key on P-256 or SM2, found another", e);
        }
    }

    private static PublicKey publicKey(Path file) throws IOException {
        var spki = part(file, PUBLIC_KEY);
        try {
            return KeyAlgorithm.of(SubjectPublicKeyInfo.getInstance(spki)).publicKey(spki);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + ": expected a public key on P-256 or SM2, found another", e);
        }
    }

    private static byte[] part(Path file, String kind) throws IOException {
        var text = Files.readString(file, StandardCharsets.US_ASCII);
        var begin = "-----BEGIN " + kind + "-----\n";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END " + kind + "-----");
        if (from < 0 || to < from) {
            throw new IOException(file + ": expected a " + kind + " in PEM, found none");
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": expected a " + kind + " in PEM, found what cannot be read", e);
        }
    }

    private static String pem(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n" + LINES.encodeToString(der) + "\n-----END " + kind + "-----\n";
    }

    /** For its owner alone. */
    private static void write(Path file, String text) throws IOException {
        var unnamed = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(unnamed);
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (var channel =
                Files.newByteChannel(unnamed, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), owner)) {
            var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        Files.move(unnamed, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}

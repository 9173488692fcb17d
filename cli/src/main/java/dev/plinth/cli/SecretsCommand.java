package dev.plinth.cli;

import com.google.protobuf.ByteString;
import dev.plinth.wire.secrets.v1.AnchorRequest;
import dev.plinth.wire.secrets.v1.CertifyRequest;
import dev.plinth.wire.secrets.v1.GenerateRequest;
import dev.plinth.wire.secrets.v1.GetPolicyRequest;
import dev.plinth.wire.secrets.v1.GetRequest;
import dev.plinth.wire.secrets.v1.GetStatusRequest;
import dev.plinth.wire.secrets.v1.ImportRequest;
import dev.plinth.wire.secrets.v1.ListRequest;
import dev.plinth.wire.secrets.v1.RevokeRequest;
import dev.plinth.wire.secrets.v1.RotateRequest;
import dev.plinth.wire.secrets.v1.Secret;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.secrets.v1.SetPolicyRequest;
import dev.plinth.wire.secrets.v1.UseRequest;
import dev.plinth.wire.secrets.v1.UseResponse;
import dev.plinth.wire.secrets.v1.VouchRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plinth secrets}: keys and secrets. Never shows one. */
@Command(
        name = "secrets",
        description = {
            "Shows the keys and secrets, and whether the server is sealed. Secrets are never shown: attested workloads get them over",
            "the KBS protocol, keys that are not exportable are used here."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            SecretsRootCommands.Init.class,
            SecretsRootCommands.Unseal.class,
            SecretsRootCommands.Seal.class,
            SecretsRootCommands.RotateRoot.class,
            TpmKeyCommand.class,
            SecretsCommand.Show.class,
            SecretsCommand.Generate.class,
            SecretsCommand.Import.class,
            SecretsCommand.Rotate.class,
            SecretsCommand.Certify.class,
            SecretsCommand.Revoke.class,
            SecretsCommand.Policy.class,
            SecretsCommand.Vouch.class,
            SecretsCommand.Anchor.class,
            SecretsCommand.Sign.class,
            SecretsCommand.Decrypt.class,
            SecretsCommand.Encrypt.class,
        })
final class SecretsCommand extends SecretsOptions {
    @Override
    public Integer call() throws InterruptedException, IOException {
        out().println(SecretsRootCommands.line(
                ask(secrets -> secrets.getStatus(GetStatusRequest.getDefaultInstance()))));
        var table = new Table("NAME", "ALGORITHM", "EXPORTABLE", "VERSION", "SINCE", "BY");
        String after = "";
        while (true) {
            var from = after;
            var page = ask(secrets ->
                            secrets.list(ListRequest.newBuilder().setAfter(from).build()))
                    .getSecretsList();
            if (page.isEmpty()) {
                break;
            }
            page.forEach(secret -> row(table, secret));
            after = page.getLast().getName();
        }
        table.print(out());
        return 0;
    }

    private static void row(Table table, Secret secret) {
        var newest = secret.getVersions(secret.getVersionsCount() - 1);
        table.row(
                secret.getName(),
                secret.getAlgorithm(),
                secret.getExportable() ? "yes" : "no",
                newest.getNumber() + (newest.getRevokedAtMillis() == 0 ? "" : " revoked"),
                Instant.ofEpochMilli(newest.getAtMillis()).toString(),
                newest.getOwner());
    }

    /** About one secret. */
    abstract static class Named extends SecretsOptions {
        @Parameters(index = "0", paramLabel = "NAME", description = "repository/type/tag")
        String name = "";

        int done(long version) {
            out().println(name + "@" + version);
            out().flush();
            return 0;
        }
    }

    @Command(
            name = "show",
            description =
                    "Shows the versions of a secret, or of the newest, as PEM, its public part or its certificates.",
            mixinStandardHelpOptions = true)
    static final class Show extends Named {
        @Option(names = "--public-key", description = "The public part alone.")
        private boolean publicKey;

        @Option(names = "--certificates", description = "Its certificate alone, and its issuers'.")
        private boolean certificates;

        @Override
        public Integer call() throws InterruptedException, IOException {
            var secret = ask(
                    secrets -> secrets.get(GetRequest.newBuilder().setName(name).build()));
            var newest = secret.getVersions(secret.getVersionsCount() - 1);
            if (publicKey) {
                if (newest.getPublicKey().isEmpty()) {
                    throw new IOException(name + " has no public key, or its newest version is revoked");
                }
                out().println(pem("PUBLIC KEY", newest.getPublicKey()));
                out().flush();
                return 0;
            }
            if (certificates) {
                if (newest.getCertificatesCount() == 0) {
                    throw new IOException(name + " has no certificate: plinth secrets certify gives it one");
                }
                newest.getCertificatesList().forEach(one -> out().println(pem("CERTIFICATE", one)));
                out().flush();
                return 0;
            }
            var table = new Table("VERSION", "AT", "BY", "REVOKED");
            secret.getVersionsList()
                    .forEach(version -> table.row(
                            Long.toString(version.getNumber()),
                            Instant.ofEpochMilli(version.getAtMillis()).toString(),
                            version.getOwner(),
                            version.getRevokedAtMillis() == 0
                                    ? ""
                                    : Instant.ofEpochMilli(version.getRevokedAtMillis())
                                            .toString()));
            table.print(out());
            return 0;
        }
    }

    private static String pem(String kind, ByteString der) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der.toByteArray()) + "\n-----END " + kind
                + "-----";
    }

    @Command(
            name = "certify",
            description = {
                "Gives the newest version of a key a certificate, signed by itself or by an authority whose key is kept here.",
                "Workloads that get the key get it with its certificates, as PEM. After a rotation the next version wants its own."
            },
            mixinStandardHelpOptions = true)
    static final class Certify extends Named {
        @Option(names = "--subject", paramLabel = "NAME", required = true, description = "CN=payments,O=Bank")
        private String subject = "";

        @Option(
                names = "--days",
                paramLabel = "DAYS",
                defaultValue = "90",
                description = "How long it is good. Default: ${DEFAULT-VALUE}")
        private int days;

        @Option(names = "--dns", paramLabel = "NAME", description = "A DNS name that it is for. May be repeated.")
        private List<String> dns = new ArrayList<>();

        @Option(names = "--authority", description = "Its key may sign other certificates.")
        private boolean authority;

        @Option(
                names = "--issuer",
                paramLabel = "SECRET",
                defaultValue = "",
                description = "The authority that signs it: repository/type/tag. Default: it signs itself")
        private String issuer = "";

        @Override
        public Integer call() throws InterruptedException, IOException {
            return done(ask(secrets -> secrets.certify(CertifyRequest.newBuilder()
                            .setName(name)
                            .setSubject(subject)
                            .setDays(days)
                            .addAllDnsNames(dns)
                            .setAuthority(authority)
                            .setIssuer(issuer)
                            .setActor(by())
                            .build()))
                    .getVersion());
        }
    }

    @Command(name = "generate", description = "Makes a key that nobody has seen.", mixinStandardHelpOptions = true)
    static final class Generate extends Named {
        @Option(
                names = "--algorithm",
                paramLabel = "NAME",
                required = true,
                description = "aes-128, aes-256, sm4, rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384, ec-p521 or sm2")
        private String algorithm = "";

        @Option(
                names = "--exportable",
                description = "Attested workloads may get it, under its policy. Else it is only used here.")
        private boolean exportable;

        @Override
        public Integer call() throws InterruptedException, IOException {
            return done(ask(secrets -> secrets.generate(GenerateRequest.newBuilder()
                            .setName(name)
                            .setAlgorithm(algorithm)
                            .setExportable(exportable)
                            .setActor(by())
                            .build()))
                    .getVersion());
        }
    }

    @Command(
            name = "import",
            description = "Takes in a secret, or its next version, from a file or the standard input.",
            mixinStandardHelpOptions = true)
    static final class Import extends Named {
        @Option(
                names = "--algorithm",
                paramLabel = "NAME",
                description = "As for generate, or opaque. Default: ${DEFAULT-VALUE}",
                defaultValue = "opaque")
        private String algorithm = "";

        @Option(
                names = "--not-exportable",
                description = "It is only used here. Default: attested workloads may get it, under its policy.")
        private boolean notExportable;

        @Option(
                names = "--from",
                paramLabel = "FILE",
                description =
                        "Bytes; a symmetric key; or a private key as PKCS 8, DER or PEM. Default: standard input.")
        private Optional<Path> from = Optional.empty();

        @Override
        public Integer call() throws InterruptedException, IOException {
            var secret = from.isPresent() ? Files.readAllBytes(from.get()) : System.in.readAllBytes();
            return done(ask(secrets -> secrets.import_(ImportRequest.newBuilder()
                            .setName(name)
                            .setAlgorithm(algorithm)
                            .setExportable(!notExportable)
                            .setSecret(ByteString.copyFrom(algorithm.equals("opaque") ? secret : der(secret)))
                            .setActor(by())
                            .build()))
                    .getVersion());
        }

        private static byte[] der(byte[] bytes) {
            var text = new String(bytes, StandardCharsets.ISO_8859_1);
            var begin = text.indexOf("-----BEGIN PRIVATE KEY-----");
            return begin < 0
                    ? bytes
                    : Base64.getMimeDecoder().decode(text.substring(begin).replaceAll("-----[A-Z ]+-----", ""));
        }
    }

    @Command(name = "rotate", description = "Makes the next version of a key.", mixinStandardHelpOptions = true)
    static final class Rotate extends Named {
        @Override
        public Integer call() throws InterruptedException, IOException {
            return done(ask(secrets -> secrets.rotate(RotateRequest.newBuilder()
                            .setName(name)
                            .setActor(by())
                            .build()))
                    .getVersion());
        }
    }

    @Command(
            name = "revoke",
            description = "Has nobody get or use a version any more. It cannot be brought back.",
            mixinStandardHelpOptions = true)
    static final class Revoke extends Named {
        @Parameters(index = "1", paramLabel = "VERSION")
        private long version;

        @Override
        public Integer call() throws InterruptedException, IOException {
            return done(ask(secrets -> secrets.revoke(RevokeRequest.newBuilder()
                            .setName(name)
                            .setVersion(version)
                            .setActor(by())
                            .build()))
                    .getVersion());
        }
    }

    @Command(
            name = "policy",
            description = "Says what evidence has to be worth, goes back to what was said before, or shows all of it.",
            mixinStandardHelpOptions = true)
    static final class Policy extends SecretsOptions {
        @Parameters(
                index = "0",
                paramLabel = "SUBJECT",
                description =
                        "repository/type/tag; * for what has no policy of its own; attestation:ID for who gets a token at all")
        private String subject = "";

        @Option(
                names = "--condition",
                paramLabel = "CEL",
                description = "Over evidence, claims, parts and vector: claims['tpm.sha256.7'] == '…'")
        private Optional<String> condition = Optional.empty();

        @Option(
                names = "--waive",
                paramLabel = "FINDING",
                description = "Lets it pass: debug, sample, tcb:OutOfDate, ... May be repeated.")
        private List<String> waivers = new ArrayList<>();

        @Option(
                names = "--roll-back",
                paramLabel = "VERSION",
                description = "Says again, as the next version, what this one said.")
        private Optional<Integer> version = Optional.empty();

        @Override
        public Integer call() throws InterruptedException, IOException {
            if (version.isPresent()) {
                if (condition.isPresent() || !waivers.isEmpty()) {
                    throw new picocli.CommandLine.ParameterException(
                            spec().commandLine(), "--roll-back: expected without --condition and --waive");
                }
                var before = versions().stream()
                        .filter(one -> one.getVersion() == version.get())
                        .findFirst()
                        .orElseThrow(() -> new picocli.CommandLine.ParameterException(
                                spec().commandLine(), subject + " has no version " + version.get() + " that is kept"));
                return say(before.getCondition(), before.getWaiversList());
            }
            if (condition.isPresent()) {
                return say(condition.get(), waivers);
            }
            var table = new Table("VERSION", "AT", "BY", "WAIVES", "CONDITION");
            versions()
                    .forEach(one -> table.row(
                            Integer.toString(one.getVersion()),
                            Instant.ofEpochMilli(one.getAtMillis()).toString(),
                            one.getOwner(),
                            String.join(" ", one.getWaiversList()),
                            one.getCondition()));
            table.print(out());
            return 0;
        }

        private List<dev.plinth.wire.secrets.v1.Policy> versions() throws InterruptedException, IOException {
            return ask(secrets -> secrets.getPolicy(
                            GetPolicyRequest.newBuilder().setSubject(subject).build()))
                    .getVersionsList();
        }

        private int say(String wanted, List<String> waived) throws InterruptedException, IOException {
            var number = ask(secrets -> secrets.setPolicy(SetPolicyRequest.newBuilder()
                            .setSubject(subject)
                            .setCondition(wanted)
                            .addAllWaivers(waived)
                            .setActor(by())
                            .build()))
                    .getVersion();
            out().println(subject + "@" + number);
            out().flush();
            return 0;
        }
    }

    @Command(
            name = "vouch",
            description = "Vouches for a key without a chain of certificates, such as a TPM's attestation key.",
            mixinStandardHelpOptions = true)
    static final class Vouch extends SecretsOptions {
        @Parameters(index = "0", paramLabel = "VENDOR", description = "tpm, hygon or arm")
        private String vendor = "";

        @Parameters(
                index = "1",
                paramLabel = "KEY",
                description = "SHA-256 of its SubjectPublicKeyInfo in hexadecimal, or a file with it in PEM")
        private String key = "";

        @Option(names = "--withdraw", description = "No longer.")
        private boolean withdraw;

        @Override
        public Integer call() throws InterruptedException, IOException {
            var fingerprint = key.matches("[0-9a-fA-F]{64}") ? key : fingerprint(Path.of(key));
            ask(secrets -> secrets.vouch(VouchRequest.newBuilder()
                    .setVendor(vendor)
                    .setFingerprint(fingerprint)
                    .setOwner(by())
                    .setWithdraw(withdraw)
                    .setActor(by())
                    .build()));
            out().println(vendor + " " + fingerprint + (withdraw ? " withdrawn" : ""));
            out().flush();
            return 0;
        }

        private static String fingerprint(Path pem) throws IOException {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256")
                                .digest(Base64.getMimeDecoder()
                                        .decode(Files.readString(pem).replaceAll("-----[A-Z ]+-----", ""))));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("this JDK has no SHA-256", e);
            }
        }
    }

    @Command(
            name = "anchor",
            description = "Trusts a vendor's root beside those that come with this release.",
            mixinStandardHelpOptions = true)
    static final class Anchor extends SecretsOptions {
        @Parameters(index = "0", paramLabel = "VENDOR")
        private String vendor = "";

        @Parameters(index = "1", paramLabel = "SHA256", description = "Of the root certificate, in hexadecimal.")
        private String fingerprint = "";

        @Option(names = "--withdraw", description = "No longer.")
        private boolean withdraw;

        @Override
        public Integer call() throws InterruptedException, IOException {
            ask(secrets -> secrets.anchor(AnchorRequest.newBuilder()
                    .setVendor(vendor)
                    .setFingerprint(fingerprint)
                    .setWithdraw(withdraw)
                    .setActor(by())
                    .build()));
            out().println(vendor + " " + fingerprint + (withdraw ? " withdrawn" : ""));
            out().flush();
            return 0;
        }
    }

    /** Uses a key that stays where it is: standard input to standard output. */
    abstract static class Use extends Named {
        @Option(names = "--version-number", paramLabel = "VERSION", description = "Default: the newest.")
        private long version;

        abstract UseResponse use(SecretsGrpc.SecretsBlockingStub secrets, UseRequest request);

        @Override
        public Integer call() throws InterruptedException, IOException {
            var input = ByteString.readFrom(System.in);
            var response = ask(secrets -> use(
                    secrets,
                    UseRequest.newBuilder()
                            .setName(name)
                            .setVersion(version)
                            .setInput(input)
                            .setActor(by())
                            .build()));
            response.getOutput().writeTo(System.out);
            System.out.flush();
            return 0;
        }
    }

    @Command(
            name = "sign",
            description = "Signs the standard input with RSASSA-PSS and SHA-256, ECDSA, or SM2 and SM3.",
            mixinStandardHelpOptions = true)
    static final class Sign extends Use {
        @Override
        UseResponse use(SecretsGrpc.SecretsBlockingStub secrets, UseRequest request) {
            return secrets.sign(request);
        }
    }

    @Command(
            name = "decrypt",
            description = "Decrypts the standard input with RSA-OAEP, SM2, AES-GCM or SM4-GCM.",
            mixinStandardHelpOptions = true)
    static final class Decrypt extends Use {
        @Override
        UseResponse use(SecretsGrpc.SecretsBlockingStub secrets, UseRequest request) {
            return secrets.decrypt(request);
        }
    }

    @Command(
            name = "encrypt",
            description = "Encrypts the standard input with AES-GCM or SM4-GCM.",
            mixinStandardHelpOptions = true)
    static final class Encrypt extends Use {
        @Override
        UseResponse use(SecretsGrpc.SecretsBlockingStub secrets, UseRequest request) {
            return secrets.encrypt(request);
        }
    }
}

package dev.plinth.trust.supply;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.Signatures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampTokenGenerator;

/** A certificate authority, a certificate log, a transparency log and a time-stamping authority that imitate Sigstore's. */
@SuppressWarnings("JavaUtilDate") // BouncyCastle's builders know no other.
final class SigstoreWorld {
    static final ObjectMapper JSON = new ObjectMapper();
    static final Instant SIGNED = Instant.parse("2026-06-01T12:00:00Z");
    static final Instant AT = Instant.parse("2026-11-01T00:00:00Z");
    static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
    static final Instant TO = Instant.parse("2036-01-01T00:00:00Z");
    static final String IDENTITY = "https://example.org/ann/app/.github/workflows/release.yml@refs/tags/v1.0";
    static final String ISSUER = "https://token.example.org";
    private static final String SCTS = "1.3.6.1.4.1.11129.2.4.2";

    final KeyPair rootKeys = ec("secp384r1");
    final KeyPair issuerKeys = ec("secp384r1");
    final KeyPair certificateLogKeys = ec("secp256r1");
    final KeyPair logKeys = ec("secp256r1");
    final KeyPair log2Keys = ed25519();
    final KeyPair stampKeys = ec("secp384r1");
    final X509Certificate root = certificate("CN=root", rootKeys.getPublic(), "CN=root", rootKeys, Profile.AUTHORITY);
    final X509Certificate issuer =
            certificate("CN=intermediate", issuerKeys.getPublic(), "CN=root", rootKeys, Profile.AUTHORITY);
    final X509Certificate stamper = certificate("CN=tsa", stampKeys.getPublic(), "CN=root", rootKeys, Profile.STAMPS);
    private final List<byte[]> tree = new ArrayList<>();

    SigstoreWorld() {
        for (int i = 0; i < 5; i++) {
            tree.add(("another entry " + i).getBytes(StandardCharsets.UTF_8));
        }
    }

    static KeyPair ec(String curve) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static KeyPair ed25519() {
        return generated("Ed25519");
    }

    static KeyPair rsa() {
        return generated("RSA");
    }

    private static KeyPair generated(String algorithm) {
        try {
            return KeyPairGenerator.getInstance(algorithm).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static String pem(PublicKey key) {
        return pem("PUBLIC KEY", key.getEncoded());
    }

    static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label
                + "-----\n";
    }

    static byte[] sign(KeyPair keys, byte[]... parts) {
        var algorithm = switch (keys.getPrivate().getAlgorithm()) {
            case "EC" ->
                Signatures.isOn(Signatures.P256, keys.getPublic())
                        ? "SHA256withECDSA"
                        : Signatures.isOn(Signatures.P384, keys.getPublic()) ? "SHA384withECDSA" : "SHA512withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> "Ed25519";
        };
        try {
            var signature = Signature.getInstance(algorithm);
            signature.initSign(keys.getPrivate());
            for (var part : parts) {
                signature.update(part);
            }
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    static byte[] sha256(byte[] bytes) {
        return Signatures.digest("SHA-256", bytes);
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    enum Profile {
        AUTHORITY,
        STAMPS
    }

    private static X509Certificate certificate(
            String subject, PublicKey key, String issuerName, KeyPair issuerKeys, Profile profile) {
        try {
            var builder = new JcaX509v3CertificateBuilder(
                    new X500Name(issuerName),
                    BigInteger.valueOf(subject.hashCode() & 0xffff),
                    Date.from(FROM),
                    Date.from(TO),
                    new X500Name(subject),
                    key);
            if (profile == Profile.AUTHORITY) {
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
                builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
            } else {
                builder.addExtension(
                        Extension.extendedKeyUsage, true, new ExtendedKeyUsage(KeyPurposeId.id_kp_timeStamping));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(
                            new JcaContentSignerBuilder("SHA384withECDSA").build(issuerKeys.getPrivate())));
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a leaf says, and what tests have it say wrongly. */
    static final class Leaf {
        KeyPair keys = ec("secp256r1");
        List<GeneralName> names = List.of(new GeneralName(GeneralName.uniformResourceIdentifier, IDENTITY));
        String issuedBy = ISSUER;
        Instant from = SIGNED.minusSeconds(5);
        Instant to = SIGNED.plus(Duration.ofMinutes(10));
        boolean codeSigning = true;
        boolean sct = true;
        Optional<KeyPair> certificateLog = Optional.empty();
        Optional<KeyPair> signedBy = Optional.empty();
    }

    X509Certificate leaf(Leaf leaf) {
        try {
            var builder = new JcaX509v3CertificateBuilder(
                    new X500Name("CN=intermediate"),
                    BigInteger.valueOf(77),
                    Date.from(leaf.from),
                    Date.from(leaf.to),
                    new X500Name(new org.bouncycastle.asn1.x500.RDN[0]),
                    leaf.keys.getPublic());
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(
                            leaf.codeSigning ? KeyPurposeId.id_kp_codeSigning : KeyPurposeId.id_kp_serverAuth));
            builder.addExtension(
                    Extension.subjectAlternativeName, true, new GeneralNames(leaf.names.toArray(new GeneralName[0])));
            builder.addExtension(
                    new ASN1ObjectIdentifier("1.3.6.1.4.1.57264.1.8"), false, new DERUTF8String(leaf.issuedBy));
            var signer = new JcaContentSignerBuilder("SHA384withECDSA")
                    .build(leaf.signedBy.orElse(issuerKeys).getPrivate());
            if (leaf.sct) {
                var precertificate = builder.build(signer)
                        .toASN1Structure()
                        .getTBSCertificate()
                        .getEncoded();
                builder.addExtension(
                        new ASN1ObjectIdentifier(SCTS),
                        false,
                        new DEROctetString(scts(precertificate, leaf.certificateLog.orElse(certificateLogKeys))));
            }
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] scts(byte[] precertificate, KeyPair log) {
        var head = ByteBuffer.allocate(2 + 8 + 2)
                .put((byte) 0)
                .put((byte) 0)
                .putLong(SIGNED.toEpochMilli())
                .putShort((short) 1)
                .array();
        var length = ByteBuffer.allocate(4).putInt(precertificate.length).array();
        var signature = sign(
                log,
                head,
                sha256(issuer.getPublicKey().getEncoded()),
                Arrays.copyOfRange(length, 1, 4),
                precertificate,
                new byte[2]);
        var sct = ByteBuffer.allocate(1 + 32 + 8 + 2 + 4 + signature.length)
                .put((byte) 0)
                .put(sha256(log.getPublic().getEncoded()))
                .putLong(SIGNED.toEpochMilli())
                .putShort((short) 0)
                .put((byte) 4)
                .put((byte) 3)
                .putShort((short) signature.length)
                .put(signature)
                .array();
        return ByteBuffer.allocate(4 + sct.length)
                .putShort((short) (sct.length + 2))
                .putShort((short) sct.length)
                .put(sct)
                .array();
    }

    String trustedRoot() {
        return trustedRoot(FROM, Optional.empty());
    }

    String trustedRoot(Instant from, Optional<Instant> to) {
        try {
            var period = "\"validFor\":{\"start\":\"" + from + "\""
                    + to.map(end -> ",\"end\":\"" + end + "\"").orElse("") + "}";
            return "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"tlogs\":["
                    + log("https://log.example.org", logKeys.getPublic(), keyId(logKeys.getPublic()), period) + ","
                    + log("https://log2.example.org", log2Keys.getPublic(), log2Id(), period)
                    + "],\"certificateAuthorities\":[" + authority(period, issuer, root)
                    + "],\"ctlogs\":["
                    + log(
                            "https://ct.example.org",
                            certificateLogKeys.getPublic(),
                            keyId(certificateLogKeys.getPublic()),
                            period)
                    + "],\"timestampAuthorities\":[" + authority(period, stamper, root) + "]}";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] keyId(PublicKey key) {
        return sha256(key.getEncoded());
    }

    /** As C2SP's signed notes name a key. */
    byte[] log2Id() {
        var spki = log2Keys.getPublic().getEncoded();
        return Signatures.digest(
                "SHA-256",
                "log2.example.org\n\u0001".getBytes(StandardCharsets.UTF_8),
                Arrays.copyOfRange(spki, spki.length - 32, spki.length));
    }

    private static String log(String url, PublicKey key, byte[] id, String period) {
        return "{\"baseUrl\":\"" + url + "\",\"hashAlgorithm\":\"SHA2_256\",\"publicKey\":{\"rawBytes\":\""
                + base64(key.getEncoded()) + "\"," + period + "},\"logId\":{\"keyId\":\"" + base64(id) + "\"}}";
    }

    private static String authority(String period, X509Certificate... chain) throws GeneralSecurityException {
        var certificates = new ArrayList<String>();
        for (var one : chain) {
            certificates.add("{\"rawBytes\":\"" + base64(one.getEncoded()) + "\"}");
        }
        return "{\"certChain\":{\"certificates\":" + certificates + "}," + period + "}";
    }

    AdmissionRules rules() {
        return new AdmissionRules(
                List.of(),
                List.of(new AdmissionRules.Signer(
                        "https://example.org/ann/app/.github/workflows/release.yml@*", ISSUER)),
                trustedRoot(),
                true,
                Optional.empty(),
                Optional.empty());
    }

    AdmissionRules rulesFor(PublicKey key) {
        return new AdmissionRules(
                List.of(pem(key)), List.of(), trustedRoot(), true, Optional.empty(), Optional.empty());
    }

    static AdmissionRules keysAlone(PublicKey... keys) {
        return new AdmissionRules(
                Arrays.stream(keys).map(SigstoreWorld::pem).toList(),
                List.of(),
                "",
                false,
                Optional.empty(),
                Optional.empty());
    }

    /** How a bundle is put together. */
    static final class Form {
        String version = "application/vnd.dev.sigstore.bundle.v0.3+json";
        String entry = "hashedrekord 0.0.1";
        boolean chain;
        boolean promise = true;
        boolean proof = true;
        boolean timestamp;
        Instant integrated = SIGNED;
        Leaf leaf = new Leaf();
        Optional<KeyPair> key = Optional.empty();

        Form entry(String kind) {
            entry = kind;
            return this;
        }

        Form old(String number) {
            version = "application/vnd.dev.sigstore.bundle+json;version=" + number;
            chain = true;
            return this;
        }

        /** As a log of Rekor's second version: no promise, so a time-stamping authority has to say when. */
        Form second(String kind) {
            entry = kind;
            promise = false;
            timestamp = true;
            return this;
        }
    }

    /** A bundle over an artifact. */
    ObjectNode bundle(Form form, byte[] artifact) {
        var keys = form.key.orElse(form.leaf.keys);
        var signature = sign(keys, artifact);
        var node = bundle(form, sha256(artifact), sha256(artifact), signature);
        var message = node.putObject("messageSignature");
        message.putObject("messageDigest").put("algorithm", "SHA2_256").put("digest", base64(sha256(artifact)));
        message.put("signature", base64(signature));
        return node;
    }

    /** A bundle over a statement. */
    ObjectNode statementBundle(Form form, String statement) {
        var payload = statement.getBytes(StandardCharsets.UTF_8);
        var signed = pae(payload);
        var signature = sign(form.key.orElse(form.leaf.keys), signed);
        var node = bundle(form, sha256(signed), sha256(payload), signature);
        var envelope = node.putObject("dsseEnvelope");
        envelope.put("payload", base64(payload)).put("payloadType", DsseEnvelope.IN_TOTO);
        envelope.putArray("signatures").addObject().put("sig", base64(signature));
        return node;
    }

    static String envelope(KeyPair keys, String statement) {
        var payload = statement.getBytes(StandardCharsets.UTF_8);
        return "{\"payload\":\"" + base64(payload) + "\",\"payloadType\":\"" + DsseEnvelope.IN_TOTO
                + "\",\"signatures\":[{\"sig\":\"" + base64(sign(keys, pae(payload))) + "\"}]}";
    }

    static byte[] pae(byte[] payload) {
        var head = ("DSSEv1 " + DsseEnvelope.IN_TOTO.length() + " " + DsseEnvelope.IN_TOTO + " " + payload.length + " ")
                .getBytes(StandardCharsets.UTF_8);
        var all = new ByteArrayOutputStream();
        all.writeBytes(head);
        all.writeBytes(payload);
        return all.toByteArray();
    }

    static String statement(byte[] artifact, String type, String predicate) {
        return "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"app\",\"digest\":{\"sha256\":\""
                + hex(sha256(artifact)) + "\"}}],\"predicateType\":\"" + type + "\",\"predicate\":" + predicate + "}";
    }

    private ObjectNode bundle(Form form, byte[] signed, byte[] payload, byte[] signature) {
        try {
            var node = JSON.createObjectNode().put("mediaType", form.version);
            var material = node.putObject("verificationMaterial");
            byte[] verifier;
            if (form.key.isPresent()) {
                verifier = form.key.get().getPublic().getEncoded();
                material.putObject("publicKey").put("hint", base64(sha256(verifier)));
            } else {
                verifier = leaf(form.leaf).getEncoded();
                if (form.chain) {
                    material.putObject("x509CertificateChain")
                            .putArray("certificates")
                            .addObject()
                            .put("rawBytes", base64(verifier));
                } else {
                    material.putObject("certificate").put("rawBytes", base64(verifier));
                }
            }
            var body = body(form, signed, payload, signature, verifier);
            material.putArray("tlogEntries").add(entry(form, body));
            if (form.timestamp) {
                material.putObject("timestampVerificationData")
                        .putArray("rfc3161Timestamps")
                        .addObject()
                        .put("signedTimestamp", base64(timestamp(signature, form.integrated)));
            }
            return node;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] body(Form form, byte[] signed, byte[] payload, byte[] signature, byte[] verifier) {
        var isKey = form.key.isPresent();
        var pem = base64(pem(isKey ? "PUBLIC KEY" : "CERTIFICATE", verifier).getBytes(StandardCharsets.US_ASCII));
        var raw = "{\"" + (isKey ? "publicKey" : "x509Certificate") + "\":{\"rawBytes\":\"" + base64(verifier) + "\"}}";
        var kind = form.entry.split(" ")[0];
        var spec = switch (form.entry) {
            case "hashedrekord 0.0.1" ->
                "{\"data\":{\"hash\":{\"algorithm\":\"sha256\",\"value\":\"" + hex(signed)
                        + "\"}},\"signature\":{\"content\":\"" + base64(signature)
                        + "\",\"publicKey\":{\"content\":\"" + pem + "\"}}}";
            case "dsse 0.0.1" ->
                "{\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"" + hex(payload)
                        + "\"},\"signatures\":[{\"signature\":\"" + base64(signature) + "\",\"verifier\":\""
                        + pem + "\"}]}";
            case "intoto 0.0.2" ->
                "{\"content\":{\"envelope\":{\"payloadType\":\"" + DsseEnvelope.IN_TOTO
                        + "\",\"signatures\":[{\"publicKey\":\"" + pem + "\",\"sig\":\""
                        + base64(base64(signature).getBytes(StandardCharsets.US_ASCII))
                        + "\"}]},\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"" + hex(payload)
                        + "\"}}}";
            case "hashedrekord 0.0.2" ->
                "{\"hashedRekordV002\":{\"data\":{\"algorithm\":\"SHA2_256\",\"digest\":\"" + base64(signed)
                        + "\"},\"signature\":{\"content\":\"" + base64(signature) + "\",\"verifier\":" + raw
                        + "}}}";
            case "dsse 0.0.2" ->
                "{\"dsseV002\":{\"payloadHash\":{\"algorithm\":\"SHA2_256\",\"digest\":\"" + base64(payload)
                        + "\"},\"signatures\":[{\"content\":\"" + base64(signature) + "\",\"verifier\":" + raw
                        + "}]}}";
            default -> throw new IllegalArgumentException(form.entry);
        };
        return ("{\"apiVersion\":\"" + form.entry.split(" ")[1] + "\",\"kind\":\"" + kind + "\",\"spec\":" + spec + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private ObjectNode entry(Form form, byte[] body) {
        boolean second = form.entry.endsWith("0.0.2") && !form.entry.startsWith("intoto");
        tree.add(body);
        int index = tree.size() - 1;
        tree.add("one after it".getBytes(StandardCharsets.UTF_8));
        var logId = second ? log2Id() : keyId(logKeys.getPublic());
        var entry = JSON.createObjectNode().put("logIndex", "" + (index + 1_000));
        entry.putObject("logId").put("keyId", base64(logId));
        entry.putObject("kindVersion")
                .put("kind", form.entry.split(" ")[0])
                .put("version", form.entry.split(" ")[1]);
        if (!second) {
            entry.put("integratedTime", "" + form.integrated.getEpochSecond());
        }
        if (form.promise) {
            var promised = "{\"body\":\"" + base64(body) + "\",\"integratedTime\":" + form.integrated.getEpochSecond()
                    + ",\"logID\":\"" + hex(logId) + "\",\"logIndex\":" + (index + 1_000) + "}";
            entry.putObject("inclusionPromise")
                    .put("signedEntryTimestamp", base64(sign(logKeys, promised.getBytes(StandardCharsets.UTF_8))));
        }
        if (form.proof) {
            var proof = entry.putObject("inclusionProof");
            var head = head(tree);
            proof.put("logIndex", "" + index).put("rootHash", base64(head)).put("treeSize", "" + tree.size());
            var hashes = proof.putArray("hashes");
            path(index, tree).forEach(one -> hashes.add(base64(one)));
            proof.putObject("checkpoint").put("envelope", checkpoint(second, head, tree.size()));
        }
        entry.put("canonicalizedBody", base64(body));
        return entry;
    }

    private String checkpoint(boolean second, byte[] head, int size) {
        var name = second ? "log2.example.org" : "log.example.org";
        var text = name + (second ? "" : " - 42") + "\n" + size + "\n" + base64(head) + "\n";
        var signature = sign(second ? log2Keys : logKeys, text.getBytes(StandardCharsets.UTF_8));
        var hint = Arrays.copyOf(second ? log2Id() : keyId(logKeys.getPublic()), 4);
        return text + "\n\u2014 " + name + " "
                + base64(ByteBuffer.allocate(4 + signature.length)
                        .put(hint)
                        .put(signature)
                        .array())
                + "\n";
    }

    /** The root of a tree, as RFC 9162, 2.1.1, defines it. */
    private static byte[] head(List<byte[]> leaves) {
        if (leaves.size() == 1) {
            return MerkleTree.leaf(Bytes.of("leaf", leaves.getFirst()));
        }
        int left = Integer.highestOneBit(leaves.size() - 1);
        return MerkleTree.node(head(leaves.subList(0, left)), head(leaves.subList(left, leaves.size())));
    }

    /** The path to a leaf, as RFC 9162, 2.1.3.1, defines it. */
    private static List<byte[]> path(int index, List<byte[]> leaves) {
        if (leaves.size() == 1) {
            return new ArrayList<>();
        }
        int left = Integer.highestOneBit(leaves.size() - 1);
        var path = index < left
                ? path(index, leaves.subList(0, left))
                : path(index - left, leaves.subList(left, leaves.size()));
        path.add(index < left ? head(leaves.subList(left, leaves.size())) : head(leaves.subList(0, left)));
        return path;
    }

    byte[] timestamp(byte[] signature, Instant at) {
        try {
            var digests = new JcaDigestCalculatorProviderBuilder().build();
            var generator = new TimeStampTokenGenerator(
                    new JcaSimpleSignerInfoGeneratorBuilder().build("SHA384withECDSA", stampKeys.getPrivate(), stamper),
                    digests.get(new org.bouncycastle.asn1.x509.AlgorithmIdentifier(
                            org.bouncycastle.asn1.oiw.OIWObjectIdentifiers.idSHA1)),
                    new ASN1ObjectIdentifier("1.2.3.4"));
            var request = new TimeStampRequestGenerator().generate(TSPAlgorithms.SHA256, sha256(signature));
            return new TimeStampResponseGenerator(generator, Set.of(TSPAlgorithms.SHA256.getId()))
                    .generate(request, BigInteger.ONE, Date.from(at))
                    .getEncoded();
        } catch (TSPException | OperatorCreationException | GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static Bytes bytes(ObjectNode bundle) {
        try {
            return Bytes.of("bundle", JSON.writeValueAsBytes(bundle));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}

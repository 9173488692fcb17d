package dev.plinth.trust.secrets.door.aecs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.plinth.wire.aecs.AdminRemoteCallRequest;
import dev.plinth.wire.aecs.AdminRemoteCallResponse;
import dev.plinth.wire.aecs.AecsGrpc;
import dev.plinth.wire.aecs.DigitalEnvelopeEncrypted;
import dev.plinth.wire.aecs.GetAecsStatusRequest;
import dev.plinth.wire.aecs.GetAecsStatusResponse;
import dev.plinth.wire.aecs.GetEnclaveSecretRequest;
import dev.plinth.wire.aecs.GetEnclaveSecretResponse;
import dev.plinth.wire.aecs.SymmetricKeyEncrypted;
import dev.plinth.wire.aecs.UnifiedAttestationAuthReport;
import dev.plinth.wire.aecs.UnifiedAttestationReport;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.function.Function;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;

/** A workload of AECS's, and its administrator, written after AECS's own client and without anything of the server's code. */
public final class AecsClient {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final String BEARER = "authorization";

    private final Channel channel;
    public final AecsGrpc.AecsBlockingStub stub;
    final KeyPair rsa;
    private final AsymmetricCipherKeyPair sm2;
    private final boolean national;
    final String pem;

    /** Evidence for report data. */
    public record Platform(String name, Function<byte[], String> report) {
        static Platform of(String name, Function<byte[], byte[]> quote) {
            return new Platform(
                    name, data -> "{\"b64_quote\":\"" + Base64.getEncoder().encodeToString(quote.apply(data)) + "\"}");
        }
    }

    public AecsClient(Channel channel, boolean national) throws Exception {
        this.channel = channel;
        this.national = national;
        this.stub = AecsGrpc.newBlockingStub(channel);
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2_048);
        rsa = generator.generateKeyPair();
        var curve = new ECKeyPairGenerator();
        curve.init(new ECKeyGenerationParameters(
                ECNamedDomainParameters.lookup(GMObjectIdentifiers.sm2p256v1), new SecureRandom()));
        sm2 = curve.generateKeyPair();
        pem = national
                ? pem(
                        "PUBLIC KEY",
                        SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(sm2.getPublic())
                                .getEncoded())
                : pem("RSA PUBLIC KEY", pkcs1(rsa.getPublic()));
    }

    static byte[] pkcs1(PublicKey key) throws Exception {
        return SubjectPublicKeyInfo.getInstance(key.getEncoded())
                .parsePublicKey()
                .toASN1Primitive()
                .getEncoded();
    }

    static String pem(String label, byte[] content) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + label
                + "-----\n";
    }

    GetAecsStatusResponse status() {
        return stub.getAecsStatus(GetAecsStatusRequest.getDefaultInstance());
    }

    public String nonce() throws Exception {
        return JSON.readTree(status().getStatusStr()).at("/attr/hex_nonce").asText();
    }

    byte[] reportData(String nonce) throws Exception {
        var data = new byte[64];
        System.arraycopy(HexFormat.of().parseHex(nonce), 0, data, 0, 32);
        System.arraycopy(
                MessageDigest.getInstance("SHA-256").digest(pem.getBytes(StandardCharsets.UTF_8)), 0, data, 32, 32);
        return data;
    }

    public GetEnclaveSecretRequest request(Platform platform, String service, String name, String nonce)
            throws Exception {
        return request(platform, reportData(nonce), service, name, nonce);
    }

    GetEnclaveSecretRequest request(Platform platform, byte[] data, String service, String name, String nonce) {
        return GetEnclaveSecretRequest.newBuilder()
                .setAuthRaReport(UnifiedAttestationAuthReport.newBuilder()
                        .setReport(UnifiedAttestationReport.newBuilder()
                                .setStrReportVersion("1.0")
                                .setStrReportType("Passport")
                                .setStrTeePlatform(platform.name())
                                .setJsonReport(platform.report().apply(data)))
                        .setPemPublicKey(pem))
                .setServiceName(service)
                .setSecretName(name)
                .setNonce(nonce)
                .build();
    }

    public String secret(Platform platform, String service, String name) throws Exception {
        var nonce = nonce();
        var response = stub.getEnclaveSecret(request(platform, service, name, nonce));
        assertThat(response.getSecretEnc().getAesCipher().getAad().toStringUtf8())
                .isEqualTo(nonce);
        return new String(open(response), StandardCharsets.UTF_8);
    }

    // ---- envelopes

    /** Decrypts, and verifies with the key in the server's report. */
    public byte[] open(GetEnclaveSecretResponse response) throws Exception {
        var envelope = response.getSecretEnc();
        var cipher = envelope.getAesCipher();
        byte[] plain;
        if (national) {
            var key = new SecretKeySpec(sm2Decrypt(envelope.getEncryptedKey().toByteArray()), "SM4");
            var sm4 = Cipher.getInstance("SM4/CBC/PKCS7Padding", new BouncyCastleProvider());
            sm4.init(
                    Cipher.DECRYPT_MODE, key, new IvParameterSpec(cipher.getIv().toByteArray()));
            plain = sm4.doFinal(cipher.getCipher().toByteArray());
        } else {
            var unwrap = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
            unwrap.init(Cipher.DECRYPT_MODE, rsa.getPrivate());
            var key = unwrap.doFinal(envelope.getEncryptedKey().toByteArray());
            assertThat(key).hasSize(32);
            var gcm = Cipher.getInstance("AES/GCM/NoPadding");
            gcm.init(
                    Cipher.DECRYPT_MODE,
                    new SecretKeySpec(key, "AES"),
                    new GCMParameterSpec(128, cipher.getIv().toByteArray()));
            gcm.updateAAD(cipher.getAad().toByteArray());
            plain = gcm.doFinal(cipher.getCipher().concat(cipher.getMac()).toByteArray());
        }
        verify(envelope, plain, response.getAuthRaReport().getPemPublicKey(), national);
        return plain;
    }

    private byte[] sm2Decrypt(byte[] der) throws Exception {
        var fields = ASN1Sequence.getInstance(der);
        var bytes = new java.io.ByteArrayOutputStream();
        bytes.write(4);
        for (int i = 0; i < 2; i++) {
            var number = ASN1Integer.getInstance(fields.getObjectAt(i)).getPositiveValue();
            bytes.writeBytes(org.bouncycastle.util.BigIntegers.asUnsignedByteArray(32, number));
        }
        bytes.writeBytes(ASN1OctetString.getInstance(fields.getObjectAt(2)).getOctets());
        bytes.writeBytes(ASN1OctetString.getInstance(fields.getObjectAt(3)).getOctets());
        var engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
        engine.init(false, sm2.getPrivate());
        return engine.processBlock(bytes.toByteArray(), 0, bytes.size());
    }

    static void verify(DigitalEnvelopeEncrypted envelope, byte[] plain, String pem, boolean national) throws Exception {
        byte[] hash;
        if (national) {
            var digest = new SM3Digest();
            digest.update(plain, 0, plain.length);
            hash = new byte[32];
            digest.doFinal(hash, 0);
        } else {
            hash = MessageDigest.getInstance("SHA-256").digest(plain);
        }
        var digits = HexFormat.of().withUpperCase().formatHex(hash);
        assertThat(envelope.getPlainHash().toStringUtf8()).isEqualTo(digits);
        var signature = envelope.getPlainHashSig().toByteArray();
        var info = info(pem);
        if (national) {
            var signer = new SM2Signer();
            signer.init(false, (ECPublicKeyParameters) PublicKeyFactory.createKey(info));
            signer.update(digits.getBytes(StandardCharsets.US_ASCII), 0, digits.length());
            assertThat(signer.verifySignature(signature)).isTrue();
        } else {
            var verifier = Signature.getInstance("SHA256withRSA");
            verifier.initVerify(
                    KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(info.getEncoded())));
            verifier.update(digits.getBytes(StandardCharsets.US_ASCII));
            assertThat(verifier.verify(signature)).isTrue();
        }
    }

    private static SubjectPublicKeyInfo info(String pem) throws Exception {
        try (var parser = new PEMParser(new StringReader(pem))) {
            return (SubjectPublicKeyInfo) parser.readObject();
        }
    }

    // ---- the administrator

    AecsGrpc.AecsBlockingStub admin(String token) {
        var headers = new Metadata();
        headers.put(Metadata.Key.of(BEARER, Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        return AecsGrpc.newBlockingStub(channel).withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** A call in an envelope to the server's key. */
    AdminRemoteCallRequest call(String function, String service, String request) throws Exception {
        return call(function, service, request, "");
    }

    AdminRemoteCallRequest call(String function, String service, String request, String password) throws Exception {
        var plain = ("{\"req\":\"" + Base64.getEncoder().encodeToString(request.getBytes(StandardCharsets.UTF_8))
                        + "\",\"password\":\"" + password + "\"}")
                .getBytes(StandardCharsets.UTF_8);
        var key = new byte[32];
        var iv = new byte[12];
        new SecureRandom().nextBytes(key);
        new SecureRandom().nextBytes(iv);
        var aad = (service.isEmpty() ? "Enclave" : service).getBytes(StandardCharsets.UTF_8);
        var gcm = Cipher.getInstance("AES/GCM/NoPadding");
        gcm.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, iv));
        gcm.updateAAD(aad);
        var sealed = ByteString.copyFrom(gcm.doFinal(plain));
        var wrap = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
        wrap.init(
                Cipher.ENCRYPT_MODE,
                KeyFactory.getInstance("RSA")
                        .generatePublic(new X509EncodedKeySpec(
                                info(status().getAuthRaReport().getPemPublicKey())
                                        .getEncoded())));
        return AdminRemoteCallRequest.newBuilder()
                .setFunctionName(function)
                .setReqEnc(DigitalEnvelopeEncrypted.newBuilder()
                        .setAesCipher(SymmetricKeyEncrypted.newBuilder()
                                .setCipher(sealed.substring(0, sealed.size() - 16))
                                .setMac(sealed.substring(sealed.size() - 16))
                                .setAad(ByteString.copyFrom(aad))
                                .setIv(ByteString.copyFrom(iv)))
                        .setEncryptedKey(ByteString.copyFrom(wrap.doFinal(key)))
                        .setPlainHash(ByteString.copyFromUtf8(HexFormat.of()
                                .withUpperCase()
                                .formatHex(MessageDigest.getInstance("SHA-256").digest(plain)))))
                .build();
    }

    static String text(AdminRemoteCallResponse response) {
        return response.getResPlain().toStringUtf8();
    }
}

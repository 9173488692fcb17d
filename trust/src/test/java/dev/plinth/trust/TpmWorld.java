package dev.plinth.trust;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A TPM of its own, with a boot that it measured; a test changes one thing. */
final class TpmWorld {
    static final java.time.Instant NOW = java.time.Instant.parse("2026-06-01T00:00:00Z");
    private static final KeyPair RSA = TestAuthority.rsa();
    private static final KeyPair P256 = TestAuthority.ec("secp256r1");

    KeyPair keys = RSA;
    int scheme = 0x14;
    int hash = 0x0b;
    byte[] challenge = "a nonce of this one time".getBytes(StandardCharsets.US_ASCII);
    byte[] extraData = challenge;
    TpmAlgorithm bank = TpmAlgorithm.SHA256;
    List<Integer> quoted = List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 23);
    Map<Integer, Bytes> registers = new TreeMap<>();
    Optional<Bytes> eventLog = Optional.empty();
    Optional<Bytes> imaLog = Optional.empty();
    UnaryOperator<byte[]> message = bytes -> bytes;
    UnaryOperator<byte[]> signature = bytes -> bytes;
    List<Bytes> certificates = List.of();
    boolean vouched = true;
    TrustAnchors anchors = TrustAnchors.none();
    List<Endorsement> endorsements = new ArrayList<>();

    TpmWorld() {
        for (var pcr = 0; pcr < 24; pcr++) {
            registers.put(pcr, Bytes.of("pcr", new byte[bank.size()]));
        }
    }

    static TpmWorld ec() {
        var world = new TpmWorld();
        world.keys = P256;
        world.scheme = 0x18;
        return world;
    }

    static TpmWorld booted() {
        var world = new TpmWorld();
        var events = List.of(
                event(0, 8, "firmware 1.0"),
                secureBoot(true),
                event(4, 0x8000_0003L, "loader"),
                event(7, 4, "\0\0\0\0"));
        world.eventLog = Optional.of(log(events));
        world.registers.putAll(EventLog.parse(world.eventLog.get()).replay(TpmAlgorithm.SHA256));
        var ima = new Out();
        ima.put(imaEntry("/usr/bin/one", 1, false)).put(imaEntry("/usr/bin/two", 2, false));
        world.imaLog = Optional.of(Bytes.of("ima", ima.bytes()));
        world.registers.put(10, ImaLog.parse(world.imaLog.get()).replay(TpmAlgorithm.SHA256, 10));
        return world;
    }

    static byte[] event(int register, long type, String data) {
        return event(register, type, data.getBytes(StandardCharsets.US_ASCII));
    }

    static byte[] event(int register, long type, byte[] data) {
        return new Out()
                .u32(register)
                .u32(type)
                .u32(1)
                .u16(0x0b)
                .put(Signatures.digest("SHA-256", data))
                .u32(data.length)
                .put(data)
                .bytes();
    }

    static byte[] secureBoot(boolean on) {
        return event(
                7,
                0x8000_0001L,
                new Out()
                        .put(java.util.HexFormat.of().parseHex("61dfe48bca93d211aa0d00e098032b8c"))
                        .u64(10)
                        .u64(1)
                        .put("SecureBoot".getBytes(StandardCharsets.UTF_16LE))
                        .u8(on ? 1 : 0)
                        .bytes());
    }

    static Bytes log(List<byte[]> events) {
        var out = new Out().u32(0).u32(3).zeros(20).u32(33);
        out.put("Spec ID Event03\0".getBytes(StandardCharsets.US_ASCII))
                .u32(0)
                .u8(0)
                .u8(2)
                .u8(0)
                .u8(2);
        out.u32(1).u16(0x0b).u16(32).u8(0);
        events.forEach(out::put);
        return Bytes.of("event log", out.bytes());
    }

    static byte[] imaEntry(String path, int digest, boolean violation) {
        var file = new Out()
                .put("sha256:\0".getBytes(StandardCharsets.US_ASCII))
                .put(AmdWorld.bytes(32, digest))
                .bytes();
        var name = (path + "\0").getBytes(StandardCharsets.US_ASCII);
        var data =
                new Out().u32(file.length).put(file).u32(name.length).put(name).bytes();
        var template = "ima-ng".getBytes(StandardCharsets.US_ASCII);
        return new Out()
                .u32(10)
                .put(violation ? new byte[20] : Signatures.digest("SHA-1", data))
                .u32(template.length)
                .put(template)
                .u32(data.length)
                .put(data)
                .bytes();
    }

    AttestationResult appraise() {
        return appraise(message(), signature(message()));
    }

    AttestationResult appraise(byte[] messageBytes, byte[] signatureBytes) {
        var store = new CollateralStore().putAll(endorsements);
        if (vouched) {
            store.put(Endorsement.VouchedKey.of(Vendor.TPM, keys.getPublic(), "enrolment"));
        }
        return new Appraiser(anchors, store)
                .appraise(
                        new Evidence.TpmQuote(
                                Bytes.of("quote", messageBytes),
                                Bytes.of("signature", signatureBytes),
                                Bytes.of("key", keys.getPublic().getEncoded()),
                                certificates,
                                Map.of(bank, new HashMap<>(registers)),
                                eventLog,
                                imaLog),
                        Challenge.of(challenge),
                        NOW);
    }

    byte[] message() {
        var select = new byte[3];
        for (var pcr : quoted) {
            select[pcr / 8] |= (byte) (1 << (pcr % 8));
        }
        var values = quoted.stream().map(registers::get).toArray(Bytes[]::new);
        var digest = Signatures.digest(
                TpmAlgorithm.of(hash).orElse(TpmAlgorithm.SHA256).digest(), values);
        return message.apply(new Out()
                .be32(0xff54_4347L)
                .be16(0x8018)
                .be16(4)
                .put(new byte[] {1, 2, 3, 4})
                .be16(extraData.length)
                .put(extraData)
                .be64(123_456)
                .be32(2)
                .be32(0)
                .u8(1)
                .be64(7)
                .be32(1)
                .be16(bank.id())
                .u8(3)
                .put(select)
                .be16(digest.length)
                .put(digest)
                .bytes());
    }

    byte[] signature(byte[] messageBytes) {
        var out = new Out().be16(scheme).be16(hash);
        if (scheme == 0x18) {
            var both = TestAuthority.sign("SHA256withECDSAinP1363Format", keys, messageBytes);
            out.be16(32).put(java.util.Arrays.copyOf(both, 32));
            out.be16(32).put(java.util.Arrays.copyOfRange(both, 32, 64));
        } else {
            var one = scheme == 0x16 ? pss(messageBytes) : TestAuthority.sign("SHA256withRSA", keys, messageBytes);
            out.be16(one.length).put(one);
        }
        return signature.apply(out.bytes());
    }

    private byte[] pss(byte[] messageBytes) {
        try {
            var signer = java.security.Signature.getInstance("RSASSA-PSS");
            signer.setParameter(new java.security.spec.PSSParameterSpec(
                    "SHA-256", "MGF1", java.security.spec.MGF1ParameterSpec.SHA256, 32, 1));
            signer.initSign(keys.getPrivate());
            signer.update(messageBytes);
            return signer.sign();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static Map<Integer, Bytes> values(List<String> hex) {
        var values = new LinkedHashMap<Integer, Bytes>();
        for (var i = 0; i < hex.size(); i++) {
            values.put(i, Bytes.ofHex("pcr " + i, hex.get(i)));
        }
        return values;
    }
}

package dev.plinth.trust;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;

/** A COSE_Sign1 message (RFC 9052, 4.2), with ECDSA alone: protected header, payload, signature. */
record CoseSign1(Bytes protectedHeader, Bytes payload, Bytes signature) {
    private static final int TAG = 18;
    private static final long ALG = 1;

    static CoseSign1 parse(Bytes document) {
        var item = Cbor.parse(document);
        if (item instanceof Cbor.Tag tag) {
            if (tag.number() != TAG) {
                throw new Malformed(tag.where(), "tag 18 (COSE_Sign1)", Long.toString(tag.number()));
            }
            item = tag.content();
        }
        var parts = item.list();
        if (parts.size() != 4) {
            throw new Malformed(item.where(), "an array of 4", Integer.toString(parts.size()));
        }
        // What is not protected is not signed: it must not say anything.
        if (!parts.get(1).map().isEmpty()) {
            throw new Malformed(parts.get(1).where(), "no unprotected header", "some");
        }
        return new CoseSign1(
                parts.get(0).bytes(), parts.get(2).bytes(), parts.get(3).bytes());
    }

    /** Whether the signature is the key's, over RFC 9052's Sig_structure; the curve must be the algorithm's. */
    boolean verifies(PublicKey key) {
        var header = Cbor.parse(protectedHeader);
        if (header.map().size() != 1) {
            throw new Malformed(
                    header.where(), "the algorithm alone", header.map().keySet().toString());
        }
        var algorithm = header.at(ALG).number();
        var curve = switch ((int) algorithm) {
            case -7 -> Signatures.P256;
            case -35 -> Signatures.P384;
            case -36 -> Signatures.P521;
            default -> throw new Malformed(header.at(ALG).where(), "ES256, ES384 or ES512", Long.toString(algorithm));
        };
        var name = switch ((int) algorithm) {
            case -7 -> Signatures.ES256;
            case -35 -> Signatures.ES384;
            default -> Signatures.ES512;
        };
        return Signatures.isOn(curve, key)
                && Signatures.verifies(name, key, signature.copy(), Bytes.of("", prefix()), payload);
    }

    private byte[] prefix() {
        var out = new ByteArrayOutputStream();
        out.write(0x84);
        var context = "Signature1".getBytes(StandardCharsets.US_ASCII);
        head(out, 3, context.length);
        out.writeBytes(context);
        head(out, 2, protectedHeader.length());
        out.writeBytes(protectedHeader.copy());
        head(out, 2, 0);
        head(out, 2, payload.length());
        return out.toByteArray();
    }

    private static void head(ByteArrayOutputStream out, int major, int length) {
        if (length < 24) {
            out.write(major << 5 | length);
        } else if (length < 0x100) {
            out.write(major << 5 | 24);
            out.write(length);
        } else if (length < 0x10000) {
            out.write(major << 5 | 25);
            out.write(length >>> 8);
            out.write(length);
        } else {
            out.write(major << 5 | 26);
            out.write(length >>> 24);
            out.write(length >>> 16);
            out.write(length >>> 8);
            out.write(length);
        }
    }
}

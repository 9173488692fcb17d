package dev.plinth.trust;

import java.math.BigInteger;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;

/** SM2 signatures and SM3 digests (GB/T 32918, GB/T 32905), for the JDK has neither. */
final class Sm2 {
    private static final ECDomainParameters CURVE = new ECDomainParameters(GMNamedCurves.getByName("sm2p256v1"));

    private Sm2() {}

    /** A point given as x and y, 32 bytes each, most significant first. */
    static ECPublicKeyParameters key(byte[] x, byte[] y, Where where) {
        try {
            var point = CURVE.getCurve().createPoint(new BigInteger(1, x), new BigInteger(1, y));
            return new ECPublicKeyParameters(CURVE.validatePublicPoint(point), CURVE);
        } catch (IllegalArgumentException e) {
            throw new Malformed(where, "a point on the SM2 curve", Bytes.shown(x) + ", " + Bytes.shown(y));
        }
    }

    /** Whether r and s, 32 bytes each, are a signature by the owner of {@code key}, who is called {@code id}. */
    static boolean verifies(ECPublicKeyParameters key, byte[] id, byte[] rAndS, Bytes message) {
        var signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
        signer.init(false, new ParametersWithID(key, id));
        var bytes = message.copy();
        signer.update(bytes, 0, bytes.length);
        return signer.verifySignature(rAndS);
    }

    static byte[] digest(Bytes message) {
        var digest = new SM3Digest();
        var bytes = message.copy();
        digest.update(bytes, 0, bytes.length);
        var out = new byte[32];
        digest.doFinal(out, 0);
        return out;
    }
}

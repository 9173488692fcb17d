package dev.plinth.trust;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import org.jspecify.annotations.Nullable;

/** Signatures and digests by the JDK's providers, on stretches of bytes. */
public final class Signatures {
    static final String ES256 = "SHA256withECDSAinP1363Format";
    static final String ES384 = "SHA384withECDSAinP1363Format";
    static final String ES512 = "SHA512withECDSAinP1363Format";

    public static final ECParameterSpec P256 = curve("secp256r1");
    public static final ECParameterSpec P384 = curve("secp384r1");
    public static final ECParameterSpec P521 = curve("secp521r1");

    private Signatures() {}

    private static ECParameterSpec curve(String name) {
        try {
            var parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(name));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + name, e);
        }
    }

    /** Whether {@code signature} is one of {@code key} over the stretches, one after another. Never throws for what came in. */
    public static boolean verifies(String algorithm, PublicKey key, byte[] signature, Bytes... signed) {
        return verifies(algorithm, null, key, signature, signed);
    }

    static boolean verifies(
            String algorithm,
            @Nullable AlgorithmParameterSpec parameters,
            PublicKey key,
            byte[] signature,
            Bytes... signed) {
        try {
            var verifier = Signature.getInstance(algorithm);
            if (parameters != null) {
                verifier.setParameter(parameters);
            }
            verifier.initVerify(key);
            for (var stretch : signed) {
                stretch.feed(verifier);
            }
            return verifier.verify(signature);
        } catch (SignatureException | InvalidKeyException e) {
            // A signature that cannot be decoded, or a key that does not fit the algorithm, verifies nothing.
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + algorithm, e);
        }
    }

    /** A point given as x and y, each as long as the curve's field. Not on the curve is malformed. */
    static PublicKey point(ECParameterSpec curve, Bytes xAndY) {
        var size = (curve.getCurve().getField().getFieldSize() + 7) / 8;
        if (xAndY.length() != 2 * size) {
            throw new Malformed(xAndY.where(), "a point of " + 2 * size + " bytes", xAndY.length() + " bytes");
        }
        var x = new BigInteger(1, xAndY.slice(0, size).copy());
        var y = new BigInteger(1, xAndY.slice(size, size).copy());
        var p = ((ECFieldFp) curve.getCurve().getField()).getP();
        var right = x.multiply(x)
                .add(curve.getCurve().getA())
                .multiply(x)
                .add(curve.getCurve().getB())
                .mod(p);
        if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0 || !y.multiply(y).mod(p).equals(right)) {
            throw new Malformed(xAndY.where(), "a point on the curve", xAndY.shown());
        }
        try {
            return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(new ECPoint(x, y), curve));
        } catch (InvalidKeySpecException e) {
            throw new Malformed(xAndY.where(), "a point on the curve", xAndY.shown());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no elliptic curves", e);
        }
    }

    public static boolean isOn(ECParameterSpec curve, PublicKey key) {
        return key instanceof ECPublicKey ec
                && ec.getParams().getOrder().equals(curve.getOrder())
                && ec.getParams().getCurve().equals(curve.getCurve());
    }

    public static byte[] digest(String algorithm, Bytes... stretches) {
        var digest = digester(algorithm);
        for (var stretch : stretches) {
            stretch.feed(digest);
        }
        return digest.digest();
    }

    public static byte[] digest(String algorithm, byte[]... stretches) {
        var digest = digester(algorithm);
        for (var stretch : stretches) {
            digest.update(stretch);
        }
        return digest.digest();
    }

    public static MessageDigest digester(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no " + algorithm, e);
        }
    }
}

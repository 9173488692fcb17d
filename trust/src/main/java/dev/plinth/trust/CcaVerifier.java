package dev.plinth.trust;

import dev.plinth.trust.TrustVector.Aspect;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;

/** Verifies Arm CCA attestation tokens: a platform's and a realm's, bound to one another (Realm Management Monitor specification, A7). */
final class CcaVerifier {
    /*
     * The realm's token is signed with a key that it carries itself; the platform's token has the digest of that key as its challenge.
     * The platform's key is not in the token: it is an endorsement, found by the instance's id.
     */
    private static final int COLLECTION = 399;
    private static final Object PLATFORM = 44234L;
    private static final Object REALM = 44241L;

    private static final Object CHALLENGE = 10L;
    private static final Object INSTANCE_ID = 256L;
    private static final Object PROFILE = 265L;
    private static final Object LIFECYCLE = 2395L;
    private static final Object IMPLEMENTATION_ID = 2396L;
    private static final Object COMPONENTS = 2399L;
    private static final Object CONFIG = 2401L;
    private static final Object PERSONALIZATION = 44235L;
    private static final Object REALM_KEY = 44237L;
    private static final Object INITIAL_MEASUREMENT = 44238L;
    private static final Object EXTENSIBLE_MEASUREMENTS = 44239L;
    private static final Object REALM_KEY_HASH = 44240L;

    private final CollateralStore collateral;

    CcaVerifier(CollateralStore collateral) {
        this.collateral = collateral;
    }

    void verify(Checks checks, Bytes token, Challenge challenge) {
        if (!(Cbor.parse(token) instanceof Cbor.Tag tag) || tag.number() != COLLECTION) {
            throw new Malformed(token.where(), "tag 399 (a CCA token)", "something else");
        }
        var collection = tag.content();
        if (collection.map().size() != 2) {
            throw new Malformed(
                    collection.where(),
                    "a platform's and a realm's token",
                    collection.map().size() + " parts");
        }
        var platform = CoseSign1.parse(collection.at(PLATFORM).bytes());
        var realm = CoseSign1.parse(collection.at(REALM).bytes());
        var platformClaims = Cbor.parse(platform.payload());
        var realmClaims = Cbor.parse(realm.payload());

        platform(checks, platform, platformClaims);
        var key = realmClaims.at(REALM_KEY).bytes();
        checks.verified(
                realm.verifies(realmKey(key)),
                "cca.realm.signature",
                "a signature of the realm's own key",
                realm.payload().where());
        binding(checks, platformClaims, realmClaims, key);
        checks.challenge("cca.challenge", challenge, sized(realmClaims.at(CHALLENGE), 64));
        realm(checks, realmClaims);
    }

    private void platform(Checks checks, CoseSign1 platform, Cbor claims) {
        var instance = sized(claims.at(INSTANCE_ID), 33);
        var known = collateral.platformKey(Vendor.ARM, instance.hex());
        checks.that(
                known.isPresent(),
                "cca.platform.key",
                "an owner's word on the key of instance " + instance.hex(),
                known.map(key -> "given by " + key.owner()).orElse("none in the collateral"),
                instance.where());
        checks.verified(
                known.isPresent() && platform.verifies(known.get().key()),
                "cca.platform.signature",
                "a signature of the platform's key",
                platform.payload().where());
        checks.claim("cca.profile", claims.at(PROFILE).text());
        checks.claim("cca.instance-id", instance);
        checks.claim("cca.implementation-id", sized(claims.at(IMPLEMENTATION_ID), 32));
        checks.claim("cca.platform-config", claims.at(CONFIG).bytes());
        lifecycle(checks, claims.at(LIFECYCLE));
        components(checks, claims.at(COMPONENTS));
    }

    private static void lifecycle(Checks checks, Cbor item) {
        var value = item.number();
        var state = Math.clamp(value, 0, 0xffff) >>> 8;
        checks.claim("cca.lifecycle", value);
        // 0x30 secured; 0x40 and 0x50 under debug of parts outside or inside of the root of trust; all others are no
        // state to be in.
        var debug = state == 0x40 || state == 0x50;
        checks.claim("debug", debug);
        if (debug) {
            checks.unless(
                    false, "debug", "cca.lifecycle", "secured (3000 to 30ff)", "%04x".formatted(value), item.where());
        } else {
            checks.that(
                    state == 0x30, "cca.lifecycle", "secured (3000 to 30ff)", "%04x".formatted(value), item.where());
        }
        checks.rate(Aspect.CONFIGURATION, debug ? TrustVector.CONTRAINDICATED : TrustVector.NO_KNOWN_VULNERABILITY);
        checks.rate(Aspect.RUNTIME_OPAQUE, debug ? TrustVector.CONTRAINDICATED : TrustVector.AFFIRMED);
        checks.rate(Aspect.HARDWARE, TrustVector.AFFIRMED);
    }

    private static void components(Checks checks, Cbor item) {
        var components = new ArrayList<String>();
        for (var component : item.list()) {
            components.add(component.find(1L).map(Cbor::text).orElse("") + " "
                    + component.find(4L).map(Cbor::text).orElse("") + " "
                    + component.at(2L).bytes().hex());
        }
        checks.claim("cca.platform-components", List.copyOf(components));
    }

    private static void binding(Checks checks, Cbor platform, Cbor realm, Bytes key) {
        var name = realm.at(REALM_KEY_HASH).text();
        var algorithm = switch (name) {
            case "sha-256" -> "SHA-256";
            case "sha-384" -> "SHA-384";
            case "sha-512" -> "SHA-512";
            default ->
                throw new Malformed(
                        realm.at(REALM_KEY_HASH).where(), "sha-256, sha-384 or sha-512", Bytes.shorten(name));
        };
        checks.equal("cca.binding", platform.at(CHALLENGE).bytes(), Signatures.digest(algorithm, key));
    }

    private static void realm(Checks checks, Cbor claims) {
        var initial = claims.at(INITIAL_MEASUREMENT).bytes();
        checks.claim("measurement", initial);
        checks.claim("cca.rim", initial);
        checks.claim("cca.personalization", sized(claims.at(PERSONALIZATION), 64));
        var extensible = claims.at(EXTENSIBLE_MEASUREMENTS).list();
        if (extensible.size() != 4) {
            throw new Malformed(
                    claims.at(EXTENSIBLE_MEASUREMENTS).where(), "4 measurements", Integer.toString(extensible.size()));
        }
        for (var i = 0; i < 4; i++) {
            checks.claim("cca.rem" + i, extensible.get(i).bytes());
        }
    }

    private static Bytes sized(Cbor item, int length) {
        var bytes = item.bytes();
        if (bytes.length() != length) {
            throw new Malformed(bytes.where(), length + " bytes", bytes.length() + " bytes");
        }
        return bytes;
    }

    /** An uncompressed point, or a COSE_Key around its coordinates as later revisions have it. */
    private static PublicKey realmKey(Bytes key) {
        if (key.length() > 0 && key.u8(0) == 4) {
            var curve = switch (key.length()) {
                case 65 -> Signatures.P256;
                case 97 -> Signatures.P384;
                case 133 -> Signatures.P521;
                default ->
                    throw new Malformed(key.where(), "a point on P-256, P-384 or P-521", key.length() + " bytes");
            };
            return Signatures.point(curve, key.from(1));
        }
        var cose = Cbor.parse(key);
        var curve = switch ((int) cose.at(-1L).number()) {
            case 1 -> Signatures.P256;
            case 2 -> Signatures.P384;
            case 3 -> Signatures.P521;
            default ->
                throw new Malformed(
                        key.where(),
                        "curve 1, 2 or 3",
                        Long.toString(cose.at(-1L).number()));
        };
        var x = cose.at(-2L).bytes();
        var y = cose.at(-3L).bytes();
        var both = java.util.Arrays.copyOf(x.copy(), x.length() + y.length());
        System.arraycopy(y.copy(), 0, both, x.length(), y.length());
        return Signatures.point(curve, Bytes.of(key.source(), both));
    }
}

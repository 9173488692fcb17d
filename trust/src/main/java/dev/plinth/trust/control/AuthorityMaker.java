package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.Performer;
import java.security.SecureRandom;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.concurrent.Executor;

/** Makes authorities' keys, and seals them before anybody else sees them; seals them anew when the root key changes. */
final class AuthorityMaker implements Performer<TrustEffect, TrustCommand> {

    private final RootKeyPlace root;
    private final Clock clock;
    private final Executor workers;
    private final SecureRandom random;

    AuthorityMaker(RootKeyPlace root, Clock clock, Executor workers, SecureRandom random) {
        this.root = root;
        this.clock = clock;
        this.workers = workers;
        this.random = random;
    }

    @Override
    public void perform(EffectId id, TrustEffect effect, int attempt, Attempt<TrustCommand> end) {
        workers.execute(() -> {
            TrustCommand result;
            try {
                result = switch (effect) {
                    case MakeAuthority make -> {
                        var under = root.sealing();
                        yield new TrustCommand.Introduce(id.value(), make(make, under.key()), under.number());
                    }
                    case Reseal reseal ->
                        new TrustCommand.Resealed(
                                id.value(),
                                reseal.keys().stream()
                                        .map(keys -> reseal(keys, root.numbered(reseal.to())))
                                        .toList());
                };
            } catch (RuntimeException e) {
                end.failed(String.valueOf(e.getMessage()));
                return;
            }
            end.result(result);
        });
    }

    private Authority.Keys make(MakeAuthority effect, RootKey under) {
        var from = clock.wall().truncatedTo(ChronoUnit.SECONDS);
        var to = from.plus(effect.life());
        var keys = effect.algorithm().make(random);
        var tokens = EcKeys.make(random);
        var tokenKey = ByteString.copyFrom(tokens.getPublic().getEncoded());
        return new Authority.Keys(
                SvidCertificates.authority(effect.domain(), keys.getPublic(), keys.getPrivate(), from, to, random),
                seal(
                        under,
                        key(ByteString.copyFrom(keys.getPublic().getEncoded())),
                        keys.getPrivate().getEncoded()),
                tokenKey,
                seal(under, tokenKey(tokenKey), tokens.getPrivate().getEncoded()),
                to);
    }

    private Authority.Keys reseal(Authority.Keys keys, RootKey under) {
        var key = key(SvidCertificates.publicKey(keys.certificate()));
        var tokenKey = tokenKey(keys.tokenKey());
        return new Authority.Keys(
                keys.certificate(),
                seal(under, key, root.open(key, keys.sealedKey())),
                keys.tokenKey(),
                seal(under, tokenKey, root.open(tokenKey, keys.sealedTokenKey())),
                keys.notAfter());
    }

    /** What a sealed private key is sealed as: that of this public key, and of no other. */
    static String key(ByteString publicKey) {
        return "authority's key for certificates " + EcKeys.id(publicKey);
    }

    static String tokenKey(ByteString publicKey) {
        return "authority's key for tokens " + EcKeys.id(publicKey);
    }

    private static ByteString seal(RootKey under, String what, byte[] encoded) {
        try {
            return under.seal(what, encoded);
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }
}

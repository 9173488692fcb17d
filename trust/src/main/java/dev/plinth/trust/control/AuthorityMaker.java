package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.Performer;
import java.security.SecureRandom;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.concurrent.Executor;

/** Makes authorities' keys, and seals them before anybody else sees them. */
final class AuthorityMaker implements Performer<MakeAuthority, TrustCommand> {

    private final RootKey root;
    private final Clock clock;
    private final Executor workers;
    private final SecureRandom random;

    AuthorityMaker(RootKey root, Clock clock, Executor workers, SecureRandom random) {
        this.root = root;
        this.clock = clock;
        this.workers = workers;
        this.random = random;
    }

    @Override
    public void perform(EffectId id, MakeAuthority effect, int attempt, Attempt<TrustCommand> end) {
        workers.execute(() -> {
            Authority.Keys keys;
            try {
                keys = make(effect);
            } catch (RuntimeException e) {
                end.failed(String.valueOf(e.getMessage()));
                return;
            }
            end.result(new TrustCommand.Introduce(id.value(), keys));
        });
    }

    private Authority.Keys make(MakeAuthority effect) {
        var from = clock.wall().truncatedTo(ChronoUnit.SECONDS);
        var to = from.plus(effect.life());
        var keys = EcKeys.make(random);
        var tokens = EcKeys.make(random);
        var tokenKey = ByteString.copyFrom(tokens.getPublic().getEncoded());
        return new Authority.Keys(
                SvidCertificates.authority(effect.domain(), keys.getPublic(), keys.getPrivate(), from, to, random),
                seal(
                        key(ByteString.copyFrom(keys.getPublic().getEncoded())),
                        keys.getPrivate().getEncoded()),
                tokenKey,
                seal(tokenKey(tokenKey), tokens.getPrivate().getEncoded()),
                to);
    }

    /** What a sealed private key is sealed as: that of this public key, and of no other. */
    static String key(ByteString publicKey) {
        return "authority's key for certificates " + EcKeys.id(publicKey);
    }

    static String tokenKey(ByteString publicKey) {
        return "authority's key for tokens " + EcKeys.id(publicKey);
    }

    private ByteString seal(String what, byte[] encoded) {
        try {
            return root.seal(what, encoded);
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }
}

package dev.plinth.trust.control;

import dev.plinth.trust.KeyAlgorithm;
import java.time.Duration;

/**
 * The trust domain, and for how long what it gives out lasts.
 *
 * @param algorithm of the keys of authorities that are made from now on, and of the identities that they sign; not of tokens
 * @param authorityLife 10 s to 10 years; the next authority is made when half of it is over
 * @param svidLife of an X.509-SVID, where its entry does not say otherwise
 * @param publishing how long an authority is published before it signs
 */
public record Domain(
        String name, KeyAlgorithm algorithm, Duration authorityLife, Duration svidLife, Duration publishing) {
    /*
     * Half a life after it was published, an authority sees its successor published; a quarter later at most, the successor signs. What
     * was signed last before that has a quarter of a life left, which is as long as an identity may last. So no identity is cut short,
     * and everybody has the successor before the first identity that it signed.
     */
    private static final Duration LIFE_MIN = Duration.ofSeconds(10);
    private static final Duration LIFE_MAX = Duration.ofDays(3_653);

    public Domain {
        SpiffeId.checkDomain(name);
        if (authorityLife.compareTo(LIFE_MIN) < 0 || authorityLife.compareTo(LIFE_MAX) > 0) {
            throw new IllegalArgumentException(
                    "authority life: expected 10 s to 10 years, found " + authorityLife.toSeconds() + " s");
        }
        within("identity life", svidLife, Duration.ofSeconds(2), authorityLife.dividedBy(4));
        within("publishing", publishing, Duration.ofSeconds(1), authorityLife.dividedBy(4));
    }

    /** Authorities of 24 h on P-256, identities of 1 h, an hour from publishing to signing. */
    public static Domain of(String name) {
        return new Domain(name, KeyAlgorithm.P256, Duration.ofHours(24), Duration.ofHours(1), Duration.ofHours(1));
    }

    Domain with(KeyAlgorithm other) {
        return new Domain(name, other, authorityLife, svidLife, publishing);
    }

    void checkLife(String what, Duration life) {
        within(what, life, Duration.ofSeconds(2), authorityLife.dividedBy(4));
    }

    private static void within(String what, Duration life, Duration least, Duration most) {
        if (life.compareTo(least) < 0 || life.compareTo(most) > 0) {
            throw new IllegalArgumentException(
                    what + ": expected " + least.toSeconds() + " s to a quarter of an authority's life, "
                            + most.toSeconds() + " s, found " + life.toSeconds() + " s");
        }
    }
}

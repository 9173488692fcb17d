package dev.plinth.trust.secrets;

import java.time.Instant;
import java.util.Optional;

/**
 * One value that a resource has, or had.
 *
 * @param number from 1
 * @param material empty once it is revoked: then nobody gets it any more
 */
record SecretVersion(long number, Optional<Material> material, String owner, Instant at, Optional<Instant> revokedAt) {

    SecretVersion revoked(Instant now) {
        return new SecretVersion(number, Optional.empty(), owner, at, Optional.of(now));
    }

    int bytes() {
        return material.map(Material::bytes).orElse(0);
    }
}

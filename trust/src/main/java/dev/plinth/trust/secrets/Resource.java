package dev.plinth.trust.secrets;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * A secret with its versions.
 *
 * @param exportable whether it may be given out; one that is not may be used, here, all the same
 * @param versions oldest first; never empty
 */
record Resource(ResourceName name, SecretAlgorithm algorithm, boolean exportable, List<SecretVersion> versions) {
    Resource {
        versions = List.copyOf(versions);
    }

    /** The newest that is not revoked. */
    Optional<SecretVersion> current() {
        return versions.reversed().stream()
                .filter(version -> version.material().isPresent())
                .findFirst();
    }

    /** @param number 0 for the newest that is not revoked */
    Optional<SecretVersion> version(long number) {
        return number == 0
                ? current()
                : versions.stream()
                        .filter(version -> version.number() == number)
                        .findFirst();
    }

    long lastNumber() {
        return versions.getLast().number();
    }

    Resource with(SecretVersion version) {
        var more = new ArrayList<>(versions);
        more.add(version);
        return new Resource(name, algorithm, exportable, more);
    }

    Resource replaced(SecretVersion changed) {
        return new Resource(
                name,
                algorithm,
                exportable,
                versions.stream()
                        .map(version -> version.number() == changed.number() ? changed : version)
                        .toList());
    }

    /** The same, with what is sealed of each version that is not revoked changed. */
    Resource withMaterial(BiFunction<SecretVersion, Material, Material> change) {
        return new Resource(
                name,
                algorithm,
                exportable,
                versions.stream()
                        .map(version -> new SecretVersion(
                                version.number(),
                                version.material().map(material -> change.apply(version, material)),
                                version.owner(),
                                version.at(),
                                version.revokedAt()))
                        .toList());
    }

    long bytes() {
        return versions.stream().mapToLong(SecretVersion::bytes).sum();
    }
}

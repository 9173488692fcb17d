package dev.plinth.trust.supply;

import java.util.List;
import java.util.Set;

/**
 * What is asked of the list of an artifact's components. That there is one, in CycloneDX 1.4, 1.5 or 1.6, is asked in any case.
 *
 * @param requires what each component has to have
 * @param contents each jar within the artifact has to be in the list, by its SHA-256
 * @param vouched the list has to be within the artifact, or in a statement that somebody signed who may sign
 * @param deniedLicenses SPDX identifiers, or names as lists have them
 * @param knownBad package URLs, with a version for one, without for all
 */
public record SbomRules(
        Set<Field> requires, boolean contents, boolean vouched, List<String> deniedLicenses, List<String> knownBad) {
    public static final int LICENSES_MAX = 1_000;
    public static final int KNOWN_BAD_MAX = 10_000;
    private static final int CHARACTERS_MAX = 500;

    /** What a component can have. */
    public enum Field {
        PURL,
        VERSION,
        /** SHA-256. */
        HASH,
        LICENSE
    }

    public SbomRules {
        requires = Set.copyOf(requires);
        deniedLicenses = List.copyOf(deniedLicenses);
        knownBad = List.copyOf(knownBad);
        AdmissionRules.atMost("denied licences", LICENSES_MAX, deniedLicenses.size());
        AdmissionRules.atMost("known-bad components", KNOWN_BAD_MAX, knownBad.size());
        deniedLicenses.forEach(one -> {
            if (one.isBlank() || one.length() > CHARACTERS_MAX) {
                throw new IllegalArgumentException(
                        "denied licence: expected 1 to " + CHARACTERS_MAX + " characters, found " + one.length());
            }
        });
        knownBad.forEach(one -> {
            if (one.length() > CHARACTERS_MAX) {
                throw new IllegalArgumentException("known-bad component: expected a package URL of at most "
                        + CHARACTERS_MAX + " characters, found " + one.length());
            }
            var _ = PackageUrl.parse(one);
        });
    }

    long characters() {
        return deniedLicenses.stream().mapToLong(String::length).sum()
                + knownBad.stream().mapToLong(String::length).sum();
    }
}

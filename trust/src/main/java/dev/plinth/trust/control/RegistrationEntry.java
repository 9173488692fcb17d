package dev.plinth.trust.control;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which attested properties get which identity.
 *
 * @param name people's name for it
 * @param selectors what a workload has to be, all of it. A process of this host: {@code unix:uid:N}, {@code unix:gid:N}, {@code
 *     unix:path:/...}, {@code unix:sha256:HEX}. One that proves from elsewhere what it is: {@code join-token:NAME}, {@code
 *     tpm:ek:HEX}, {@code evidence:TENANT/RESOURCE} (what guards that resource grants for its evidence), {@code
 *     k8s:CLUSTER:ns:NAME}, {@code sa:NAMESPACE/NAME}, {@code pod:NAMESPACE/NAME}, {@code pod-uid:UID}, {@code node:NAME}
 * @param life of its X.509-SVIDs; empty: as the domain's
 * @param federatesWith foreign domains whose bundles it gets, too
 * @param version from 1; a change makes the next one
 */
public record RegistrationEntry(
        String name,
        SpiffeId id,
        SortedSet<String> selectors,
        Optional<Duration> life,
        String hint,
        List<String> federatesWith,
        String owner,
        long version,
        Instant at) {
    public static final int SELECTORS_MAX = 16;
    public static final int FEDERATES_MAX = 16;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/@-]{0,199}");

    /** Begins what a join token proves: the token's name follows. */
    public static final String JOIN_TOKEN = "join-token:";

    /** Begins what evidence proves: tenant and resource follow, whose policies have to grant. */
    public static final String EVIDENCE = "evidence:";

    private static final String LABEL = "[A-Za-z0-9][A-Za-z0-9.-]{0,252}";
    static final Pattern TOKEN_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

    /*
     * A selector of a kind that no attestor here knows would never match, and its writer would not learn why; one with a path that is not
     * absolute, or a hash in capitals, likewise. So the forms are checked when they are written.
     */
    private static final List<Pattern> FORMS = List.of(
            Pattern.compile("unix:uid:(0|[1-9][0-9]{0,9})"),
            Pattern.compile("unix:gid:(0|[1-9][0-9]{0,9})"),
            Pattern.compile("unix:path:/[^\\x00-\\x1f]{0,1023}"),
            Pattern.compile("unix:sha256:[0-9a-f]{64}"),
            Pattern.compile(JOIN_TOKEN + TOKEN_NAME),
            Pattern.compile("tpm:ek:[0-9a-f]{64}"),
            Pattern.compile(EVIDENCE + "[A-Za-z0-9][A-Za-z0-9._@-]{0,99}/[A-Za-z0-9][A-Za-z0-9._/@-]{0,199}"),
            Pattern.compile("k8s:" + KubernetesCluster.NAME + ":(ns|pod-uid|node):" + LABEL),
            Pattern.compile("k8s:" + KubernetesCluster.NAME + ":(sa|pod):" + LABEL + "/" + LABEL));

    public RegistrationEntry {
        name("name", name);
        name("owner", owner);
        if (id.path().isEmpty()) {
            throw new IllegalArgumentException(
                    "SPIFFE ID of " + name + ": expected a path, for without one it is the domain's own");
        }
        selectors = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(selectors));
        if (selectors.isEmpty() || selectors.size() > SELECTORS_MAX) {
            throw new IllegalArgumentException(
                    "selectors of " + name + ": expected 1 to " + SELECTORS_MAX + ", found " + selectors.size());
        }
        for (var selector : selectors) {
            if (FORMS.stream().noneMatch(form -> form.matcher(selector).matches())) {
                throw new IllegalArgumentException("selector of " + name
                        + ": expected unix:uid:N, unix:gid:N, unix:path:/..., unix:sha256:HEX, join-token:NAME, tpm:ek:HEX,"
                        + " evidence:TENANT/RESOURCE, or k8s:CLUSTER: with ns:NAME, sa:NAMESPACE/NAME, pod:NAMESPACE/NAME, pod-uid:UID or"
                        + " node:NAME; HEX is 64 hexadecimal digits in lower case; found '"
                        + selector.substring(0, Math.min(selector.length(), 100)) + "'");
            }
        }
        if (hint.length() > 200) {
            throw new IllegalArgumentException("hint of " + name + ": expected at most 200 characters");
        }
        federatesWith = List.copyOf(new TreeSet<>(federatesWith));
        if (federatesWith.size() > FEDERATES_MAX) {
            throw new IllegalArgumentException(
                    "domains of " + name + ": expected at most " + FEDERATES_MAX + ", found " + federatesWith.size());
        }
        federatesWith.forEach(SpiffeId::checkDomain);
    }

    static void name(String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    what + " of an entry: expected 1 to 200 letters, digits and . _ / @ -, found '"
                            + name.substring(0, Math.min(name.length(), 80)).replaceAll("[^ -~]", "?") + "'");
        }
    }

    /** Whether a workload with these properties is the one that is meant. */
    public boolean matches(Set<String> properties) {
        return properties.containsAll(selectors);
    }

    /** Whether it says the same, whoever said it and when. */
    boolean saysAs(RegistrationEntry other) {
        return at(other.version, other.at, other.owner).equals(other);
    }

    RegistrationEntry at(long newVersion, Instant newAt, String newOwner) {
        return new RegistrationEntry(name, id, selectors, life, hint, federatesWith, newOwner, newVersion, newAt);
    }
}

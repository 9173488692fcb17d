package dev.plinth.server.trust;

import dev.plinth.kernel.Limits;
import dev.plinth.server.console.SecretPage;
import dev.plinth.server.console.TrustState;
import dev.plinth.trust.secrets.ReleasePolicy;
import dev.plinth.trust.secrets.ResourceName;
import dev.plinth.trust.secrets.Secrets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Keys and secrets: what they are called, who guards them, who got them. Never what they hold. */
final class SecretsView {
    /** Entries of the audit log about one secret. */
    private static final int TAKINGS_MAX = 200;

    private final Secrets secrets;
    private final AuditView audit;

    SecretsView(Secrets secrets, AuditView audit) {
        this.secrets = secrets;
        this.audit = audit;
    }

    TrustState.Seal seal() {
        var status = secrets.status().join();
        return new TrustState.Seal(
                status.initialized(),
                status.isSealed(),
                status.keeper(),
                status.cipher(),
                status.threshold(),
                status.shares(),
                status.given());
    }

    SecretPage page(String text, String after, int limit) {
        var wanted = text.toLowerCase(Locale.ROOT);
        var tallies = audit.tallies();
        var guards = new Guards();
        List<SecretPage.Secret> page = new ArrayList<>();
        var from = after;
        while (true) {
            var some = secrets.list(from, Limits.READ_ITEMS_MAX).join();
            for (var info : some) {
                if (!info.name().toString().toLowerCase(Locale.ROOT).contains(wanted)) {
                    continue;
                }
                if (page.size() == limit) {
                    return new SecretPage(page, Optional.of(page.getLast().name()));
                }
                page.add(secret(info, guards, tallies));
            }
            if (some.size() < Limits.READ_ITEMS_MAX) {
                return new SecretPage(page, Optional.empty());
            }
            from = some.getLast().name().toString();
        }
    }

    Optional<SecretPage.Detail> detail(String name) {
        ResourceName parsed;
        try {
            parsed = ResourceName.parse(name);
        } catch (IllegalArgumentException e) {
            // What cannot be a name is the name of nothing.
            return Optional.empty();
        }
        return secrets.find(parsed)
                .join()
                .map(info -> new SecretPage.Detail(
                        secret(info, new Guards(), audit.tallies()), audit.about(name, TAKINGS_MAX)));
    }

    /** The policy in force of each secret; that for all is asked for once. */
    private final class Guards {
        private final Optional<String> all = newest(ReleasePolicy.ALL);

        Optional<String> of(ResourceName name) {
            return newest(name.toString()).or(() -> all);
        }

        private Optional<String> newest(String subject) {
            var versions = secrets.policy(subject).join();
            return versions.isEmpty()
                    ? Optional.empty()
                    : Optional.of(versions.getLast().label());
        }
    }

    private static SecretPage.Secret secret(
            Secrets.SecretInfo info, Guards guards, Map<String, AuditView.Tally> tallies) {
        var tally = tallies.getOrDefault(info.name().toString(), new AuditView.Tally(0, 0));
        return new SecretPage.Secret(
                info.name().toString(),
                info.algorithm().label(),
                info.exportable(),
                info.versions().stream()
                        .map(version -> new SecretPage.Version(
                                version.number(),
                                version.owner(),
                                version.at(),
                                version.revokedAt(),
                                version.publicKey().isEmpty()
                                        ? Optional.empty()
                                        : Optional.of(Sha256.of(version.publicKey()))))
                        .toList(),
                guards.of(info.name()),
                tally.given(),
                tally.refused());
    }
}

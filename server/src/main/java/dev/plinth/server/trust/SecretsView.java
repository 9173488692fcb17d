package dev.plinth.server.trust;

import dev.plinth.kernel.Limits;
import dev.plinth.server.console.SecretPage;
import dev.plinth.server.console.TrustState;
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
        List<Secrets.SecretInfo> found = new ArrayList<>();
        var from = after;
        boolean more = true;
        while (more && found.size() <= limit) {
            var some = secrets.list(from, Limits.READ_ITEMS_MAX).join();
            some.stream()
                    .filter(info ->
                            info.name().toString().toLowerCase(Locale.ROOT).contains(wanted))
                    .forEach(found::add);
            more = some.size() == Limits.READ_ITEMS_MAX;
            from = some.isEmpty() ? from : some.getLast().name().toString();
        }
        var page = found.stream().limit(limit).toList();
        return new SecretPage(
                shown(page),
                found.size() > page.size() ? Optional.of(page.getLast().name().toString()) : Optional.empty());
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
                .map(info -> new SecretPage.Detail(shown(List.of(info)).getFirst(), audit.about(name, TAKINGS_MAX)));
    }

    private List<SecretPage.Secret> shown(List<Secrets.SecretInfo> infos) {
        var guards = secrets.guards(infos.stream().map(Secrets.SecretInfo::name).toList())
                .join();
        var tallies = audit.tallies();
        return infos.stream().map(info -> secret(info, guards, tallies)).toList();
    }

    private static SecretPage.Secret secret(
            Secrets.SecretInfo info, Map<ResourceName, String> guards, Map<String, AuditView.Tally> tallies) {
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
                Optional.ofNullable(guards.get(info.name())),
                tally.given(),
                tally.refused());
    }
}

package dev.plinth.server.trust;

import dev.plinth.server.console.EntryPage;
import dev.plinth.server.console.TrustState;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.control.Attestors;
import dev.plinth.trust.control.Authority;
import dev.plinth.trust.control.Identities;
import dev.plinth.trust.control.IssuedIdentities;
import dev.plinth.trust.control.RegistrationEntry;
import dev.plinth.trust.control.Trust;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The trust domain, its authorities and its entries. */
final class IdentitiesView {
    /** Of tokens, and of roots: with more, the first by name are shown. */
    private static final int ATTESTORS_MAX = 200;

    private final Trust trust;

    IdentitiesView(Trust trust) {
        this.trust = trust;
    }

    Optional<TrustState.Domain> domain() {
        var identities = trust.identities().join();
        return identities
                .domain()
                .map(of -> new TrustState.Domain(
                        of.name(),
                        of.authorityLife().toSeconds(),
                        of.svidLife().toSeconds(),
                        of.publishing().toSeconds(),
                        identities.authorities().stream()
                                .map(one -> authority(identities, one))
                                .toList(),
                        identities.entries().size(),
                        List.copyOf(identities.federated().keySet()),
                        attestors(identities.attestors())));
    }

    private static TrustState.Authority authority(Identities identities, Authority authority) {
        return new TrustState.Authority(
                authority.number(),
                switch (identities.state(authority)) {
                    case PUBLISHED -> TrustState.AuthorityState.PUBLISHED;
                    case SIGNING -> TrustState.AuthorityState.SIGNING;
                    case RETIRED -> TrustState.AuthorityState.RETIRED;
                },
                authority.publishedAt(),
                authority.signsFrom(),
                authority.keys().notAfter(),
                Sha256.of(authority.keys().certificate()));
    }

    private static TrustState.Attestors attestors(Attestors attestors) {
        return new TrustState.Attestors(
                attestors.tokens().values().stream()
                        .limit(ATTESTORS_MAX)
                        .map(token -> new TrustState.JoinToken(
                                token.name(), token.until(), !token.holder().isEmpty()))
                        .toList(),
                attestors.roots().entrySet().stream()
                        .limit(ATTESTORS_MAX)
                        .map(root -> new TrustState.Root(
                                root.getKey().vendor().name().toLowerCase(Locale.ROOT),
                                root.getKey().fingerprint(),
                                root.getValue(),
                                root.getKey().vendor() == Vendor.SIMULATION))
                        .toList(),
                attestors.keys().size(),
                attestors.clusters().values().stream()
                        .map(cluster -> new TrustState.Cluster(cluster.name(), cluster.issuer(), cluster.audience()))
                        .toList());
    }

    EntryPage entries(String text, String after, int limit) {
        var wanted = text.toLowerCase(Locale.ROOT);
        var found = trust.identities().join().entries().tailMap(after + '\0').values().stream()
                .filter(entry -> (entry.name() + " " + entry.id() + " " + String.join(" ", entry.selectors()) + " "
                                + entry.owner())
                        .toLowerCase(Locale.ROOT)
                        .contains(wanted))
                .limit(limit + 1L)
                .toList();
        var page = found.stream().limit(limit).toList();
        return new EntryPage(
                page.stream().map(this::entry).toList(),
                found.size() > page.size() ? Optional.of(page.getLast().name()) : Optional.empty());
    }

    private EntryPage.Entry entry(RegistrationEntry entry) {
        var tally = trust.issued().of(entry.name());
        return new EntryPage.Entry(
                entry.name(),
                entry.id().toString(),
                List.copyOf(entry.selectors()),
                entry.life().map(Duration::toSeconds),
                entry.hint(),
                entry.federatesWith(),
                entry.owner(),
                entry.version(),
                entry.at(),
                tally.map(IssuedIdentities.Tally::count).orElse(0L),
                tally.map(IssuedIdentities.Tally::newest).map(IdentitiesView::issue));
    }

    List<EntryPage.Issue> issued() {
        return trust.issued().newest().stream().map(IdentitiesView::issue).toList();
    }

    private static EntryPage.Issue issue(IssuedIdentities.Issue of) {
        return new EntryPage.Issue(of.at(), of.entry(), of.id().toString(), of.notAfter(), of.to());
    }
}

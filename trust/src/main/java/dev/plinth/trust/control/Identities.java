package dev.plinth.trust.control;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Who gets which identity, and who signs it: all that the doors need, as one immutable value.
 *
 * @param authorities the oldest first; none that has ended
 * @param signer the number of the authority that signs; 0 if none does
 * @param making the effect that makes the next authority; 0 if none is being made
 * @param lastNumber of the newest authority that there ever was
 * @param federated other domains' bundles, JWK sets by domain
 * @param endpoints where those of them publish theirs that are followed, by domain
 * @param roots the root keys under which the authorities' private keys are sealed
 * @param sequence grows with each change of the bundle
 */
public record Identities(
        Optional<Domain> domain,
        List<Authority> authorities,
        long signer,
        long making,
        long lastNumber,
        SortedMap<String, RegistrationEntry> entries,
        SortedMap<String, String> federated,
        SortedMap<String, BundleEndpoint> endpoints,
        Attestors attestors,
        DomainRoots roots,
        long sequence) {
    static final Identities NONE = new Identities(
            Optional.empty(),
            List.of(),
            0,
            0,
            0,
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            Attestors.NONE,
            DomainRoots.FIRST,
            0);

    public Identities {
        authorities = List.copyOf(authorities);
        entries = Collections.unmodifiableSortedMap(entries);
        federated = Collections.unmodifiableSortedMap(federated);
        endpoints = Collections.unmodifiableSortedMap(endpoints);
    }

    /** The entries of a workload with these properties, by name. */
    public List<RegistrationEntry> of(Set<String> properties) {
        return entries.values().stream()
                .filter(entry -> entry.matches(properties))
                .toList();
    }

    /** The authority that signs now. */
    public Optional<Authority> signing() {
        return authorities.stream().filter(one -> one.number() == signer).findFirst();
    }

    public Authority.State state(Authority authority) {
        if (authority.number() == signer) {
            return Authority.State.SIGNING;
        }
        return authority.number() > signer ? Authority.State.PUBLISHED : Authority.State.RETIRED;
    }

    Optional<Authority> newest() {
        return authorities.stream().max(Comparator.comparingLong(Authority::number));
    }

    /** What the next value is made of: as this one, but for what is assigned. */
    private static final class Draft {
        private Optional<Domain> domain;
        private List<Authority> authorities;
        private long signer;
        private long making;
        private long lastNumber;
        private SortedMap<String, RegistrationEntry> entries;
        private SortedMap<String, String> federated;
        private SortedMap<String, BundleEndpoint> endpoints;
        private Attestors attestors;
        private DomainRoots roots;
        private long sequence;

        Draft(Identities of) {
            domain = of.domain;
            authorities = of.authorities;
            signer = of.signer;
            making = of.making;
            lastNumber = of.lastNumber;
            entries = of.entries;
            federated = of.federated;
            endpoints = of.endpoints;
            attestors = of.attestors;
            roots = of.roots;
            sequence = of.sequence;
        }

        Identities done() {
            return new Identities(
                    domain,
                    authorities,
                    signer,
                    making,
                    lastNumber,
                    entries,
                    federated,
                    endpoints,
                    attestors,
                    roots,
                    sequence);
        }
    }

    private Identities but(Consumer<Draft> change) {
        var draft = new Draft(this);
        change.accept(draft);
        return draft.done();
    }

    Identities withDomain(Domain other) {
        return but(next -> next.domain = Optional.of(other));
    }

    Identities withSigner(long number) {
        return but(next -> next.signer = number);
    }

    Identities withMaking(long effect) {
        return but(next -> next.making = effect);
    }

    Identities with(Authority authority) {
        var more = new ArrayList<>(authorities);
        more.add(authority);
        return but(next -> {
            next.authorities = more;
            next.lastNumber = authority.number();
            next.sequence++;
        });
    }

    Identities without(List<Authority> ended) {
        return but(next -> {
            next.authorities =
                    authorities.stream().filter(one -> !ended.contains(one)).toList();
            next.sequence++;
        });
    }

    Identities withEntries(SortedMap<String, RegistrationEntry> others) {
        return but(next -> next.entries = others);
    }

    Identities withFederated(SortedMap<String, String> others, SortedMap<String, BundleEndpoint> otherEndpoints) {
        return but(next -> {
            next.federated = others;
            next.endpoints = otherEndpoints;
        });
    }

    Identities with(Attestors others) {
        return but(next -> next.attestors = others);
    }

    Identities with(DomainRoots others) {
        return but(next -> next.roots = others);
    }

    /** The same authorities, with their keys sealed anew: the bundle does not change. */
    Identities withAuthorities(List<Authority> others) {
        return but(next -> next.authorities = others);
    }
}

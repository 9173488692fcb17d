package dev.plinth.trust.control;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Snapshot;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.PolicyBook;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Decides who gets which identity, which authority signs, and remembers every policy that ever held. */
final class TrustEngine implements Engine<TrustCommand, TrustOutcome, TrustEffect, Identities> {
    /*
     * Authorities follow one another without a gap: the next one is made when half of the newest one's life is over, is published as soon
     * as it is made, and signs only when it has been published for a while. All of that is by the journal's time and in the journal's
     * order, so no server can sign with an authority that another one has not heard of in the same log.
     *
     * Keys are made outside, by an effect, and come back sealed: neither the journal nor a snapshot ever holds a private key in clear.
     */
    static final String KEY = "identities";

    private Identities identities = Identities.NONE;
    private PolicyBook book = new PolicyBook();
    private long bookCharacters;
    private AdmissionBook admissions = new AdmissionBook();

    Identities identities() {
        return identities;
    }

    PolicyBook book() {
        return book;
    }

    AdmissionBook admissions() {
        return admissions;
    }

    @Override
    public TrustOutcome apply(TrustCommand command, Context<TrustEffect> context) {
        return switch (command) {
            case TrustCommand.SetDomain set -> setDomain(set, context);
            case TrustCommand.SetLives set -> setLives(set, context);
            case TrustCommand.Introduce introduce -> introduce(introduce, context);
            case TrustCommand.Rotate _ -> rotate(context);
            case TrustCommand.PutEntry put -> putEntry(put.entry(), context);
            case TrustCommand.RemoveEntry remove -> removeEntry(remove.name(), context);
            case TrustCommand.PutFederated put -> putFederated(put, context);
            case TrustCommand.RefreshFederated refresh -> refreshFederated(refresh, context);
            case TrustCommand.RemoveFederated remove -> removeFederated(remove.domain(), context);
            case TrustCommand.OfAttestors of -> {
                var ruling = AttestorRules.apply(of, identities.attestors(), stamp(context));
                ruling.after().ifPresent(after -> change(identities.with(after), context));
                yield ruling.outcome();
            }
            case TrustCommand.OfAdmission of -> admissions.apply(of, stamp(context));
            case TrustCommand.OfRoots of -> {
                var ruling = DomainRootRules.apply(of, identities, context);
                ruling.after().ifPresent(after -> change(after, context));
                yield ruling.outcome();
            }
            case TrustCommand.PutPolicy _,
                    TrustCommand.RollBackPolicy _,
                    TrustCommand.PutReference _,
                    TrustCommand.RollBackReference _,
                    TrustCommand.Bind _ -> written(() -> write(command, stamp(context)));
        };
    }

    /** Another algorithm is that of authorities that are made from now on; those that are there go on until their time is over. */
    private TrustOutcome setDomain(TrustCommand.SetDomain set, Context<TrustEffect> context) {
        if (identities.domain().isPresent()) {
            var there = identities.domain().get();
            if (!there.name().equals(set.name())) {
                return denied(
                        TrustOutcome.Reason.CONFLICT,
                        "the trust domain is " + there.name() + ": expected the same, found " + set.name()
                                + "; identities of another one would be trusted by nobody who trusts these");
            }
            if (there.algorithm() != set.algorithm()) {
                change(identities.withDomain(there.with(set.algorithm())), context);
            }
            return new TrustOutcome.Done(identities.signer());
        }
        change(identities.withDomain(Domain.of(set.name()).with(set.algorithm())), context);
        make(context);
        return new TrustOutcome.Done(0);
    }

    private TrustOutcome setLives(TrustCommand.SetLives set, Context<TrustEffect> context) {
        if (identities.domain().isEmpty()) {
            return denied(TrustOutcome.Reason.CONFLICT, "there is no trust domain yet");
        }
        var before = identities.domain().get();
        var domain =
                new Domain(before.name(), before.algorithm(), set.authorityLife(), set.svidLife(), set.publishing());
        if (!identities.domain().get().equals(domain)) {
            change(identities.withDomain(domain), context);
        }
        return new TrustOutcome.Done(identities.signer());
    }

    private void make(Context<TrustEffect> context) {
        var domain = identities.domain().orElseThrow();
        var effect = context.open(new MakeAuthority(domain.name(), domain.algorithm(), domain.authorityLife()));
        change(identities.withMaking(effect.value()), context);
    }

    private TrustOutcome introduce(TrustCommand.Introduce introduce, Context<TrustEffect> context) {
        if (introduce.effect() != identities.making()) {
            return denied(TrustOutcome.Reason.CONFLICT, "nobody asked for this authority");
        }
        context.close(new EffectId(introduce.effect()));
        if (introduce.root() != identities.roots().number()) {
            make(context);
            return denied(TrustOutcome.Reason.CONFLICT, "the root key was changed while the authority was made");
        }
        var now = stamp(context);
        boolean first = identities.signing().isEmpty();
        var publishing = identities.domain().orElseThrow().publishing();
        var authority =
                new Authority(identities.lastNumber() + 1, introduce.keys(), now, first ? now : now.plus(publishing));
        var after = identities.withMaking(0).with(authority);
        change(first ? after.withSigner(authority.number()) : after, context);
        return new TrustOutcome.Done(authority.number());
    }

    private TrustOutcome rotate(Context<TrustEffect> context) {
        if (identities.domain().isEmpty()) {
            return denied(TrustOutcome.Reason.CONFLICT, "there is no trust domain yet");
        }
        if (identities.making() == 0 && identities.lastNumber() == identities.signer()) {
            make(context);
        }
        return new TrustOutcome.Done(identities.making() == 0 ? identities.lastNumber() : identities.lastNumber() + 1);
    }

    private TrustOutcome putEntry(RegistrationEntry entry, Context<TrustEffect> context) {
        if (identities.domain().isEmpty()) {
            return denied(TrustOutcome.Reason.CONFLICT, "there is no trust domain yet");
        }
        var domain = identities.domain().get();
        if (!entry.id().trustDomain().equals(domain.name())) {
            return denied(
                    TrustOutcome.Reason.INVALID,
                    "SPIFFE ID of " + entry.name() + ": expected one of trust domain " + domain.name() + ", found "
                            + entry.id());
        }
        if (entry.life().isPresent()) {
            try {
                domain.checkLife("life of " + entry.name(), entry.life().get());
            } catch (IllegalArgumentException e) {
                return denied(TrustOutcome.Reason.INVALID, String.valueOf(e.getMessage()));
            }
        }
        var there = Optional.ofNullable(identities.entries().get(entry.name()));
        if (there.isPresent() && entry.saysAs(there.get())) {
            return new TrustOutcome.Done(there.get().version());
        }
        if (there.isEmpty() && identities.entries().size() >= TrustLimits.ENTRIES_MAX) {
            return denied(TrustOutcome.Reason.OVERLOADED, TrustLimits.ENTRIES_MAX + " entries are there");
        }
        long version = there.map(RegistrationEntry::version).orElse(0L) + 1;
        var entries = new TreeMap<>(identities.entries());
        entries.put(entry.name(), entry.at(version, stamp(context), entry.owner()));
        change(identities.withEntries(entries), context);
        return new TrustOutcome.Done(version);
    }

    private TrustOutcome removeEntry(String name, Context<TrustEffect> context) {
        var entries = new TreeMap<>(identities.entries());
        if (entries.remove(name) != null) {
            change(identities.withEntries(entries), context);
        }
        return new TrustOutcome.Done(0);
    }

    private TrustOutcome putFederated(TrustCommand.PutFederated put, Context<TrustEffect> context) {
        if (identities.domain().filter(own -> own.name().equals(put.domain())).isPresent()) {
            return denied(TrustOutcome.Reason.INVALID, put.domain() + " is this trust domain: expected another one");
        }
        var federated = new TreeMap<>(identities.federated());
        if (!federated.containsKey(put.domain()) && federated.size() >= TrustLimits.FEDERATED_MAX) {
            return denied(TrustOutcome.Reason.OVERLOADED, TrustLimits.FEDERATED_MAX + " other domains are trusted");
        }
        federated.put(put.domain(), put.jwks());
        var endpoints = new TreeMap<>(identities.endpoints());
        put.endpoint().ifPresent(endpoint -> endpoints.put(put.domain(), endpoint));
        return federated(federated, endpoints, context);
    }

    private TrustOutcome federated(
            SortedMap<String, String> federated,
            SortedMap<String, BundleEndpoint> endpoints,
            Context<TrustEffect> context) {
        if (!federated.equals(identities.federated()) || !endpoints.equals(identities.endpoints())) {
            change(identities.withFederated(federated, endpoints), context);
        }
        return new TrustOutcome.Done(0);
    }

    /** Whoever fetched it may have begun before the domain was parted from, or introduced anew: that word is the later one. */
    private TrustOutcome refreshFederated(TrustCommand.RefreshFederated refresh, Context<TrustEffect> context) {
        var holds = Optional.ofNullable(identities.federated().get(refresh.domain()));
        if (holds.filter(jwks -> Bundles.name(jwks).equals(refresh.before())).isEmpty()) {
            return denied(
                    TrustOutcome.Reason.CONFLICT,
                    "the bundle of " + refresh.domain() + " is another one by now, or none: fetch it again");
        }
        var federated = new TreeMap<>(identities.federated());
        federated.put(refresh.domain(), refresh.jwks());
        return federated(federated, new TreeMap<>(identities.endpoints()), context);
    }

    private TrustOutcome removeFederated(String domain, Context<TrustEffect> context) {
        var federated = new TreeMap<>(identities.federated());
        var _ = federated.remove(domain);
        var endpoints = new TreeMap<>(identities.endpoints());
        var _ = endpoints.remove(domain);
        return federated(federated, endpoints, context);
    }

    /** What does not fit the book changes nothing. */
    private static TrustOutcome written(Supplier<TrustOutcome> write) {
        try {
            return write.get();
        } catch (Malformed | IllegalArgumentException e) {
            return denied(TrustOutcome.Reason.INVALID, String.valueOf(e.getMessage()));
        } catch (IllegalStateException e) {
            return denied(TrustOutcome.Reason.OVERLOADED, String.valueOf(e.getMessage()));
        }
    }

    private TrustOutcome write(TrustCommand command, Instant at) {
        return switch (command) {
            case TrustCommand.PutPolicy put -> putPolicy(put, at);
            case TrustCommand.RollBackPolicy back ->
                book.policyHistory(back.tenant(), back.name()).stream()
                        .filter(old -> old.version() == back.version())
                        .findFirst()
                        .map(old -> putPolicy(
                                new TrustCommand.PutPolicy(
                                        back.tenant(), back.name(), back.owner(), old.condition(), old.waivers()),
                                at))
                        .orElseGet(() -> absent("policy", back.tenant(), back.name(), back.version()));
            case TrustCommand.PutReference put -> putReference(put, at);
            case TrustCommand.RollBackReference back ->
                book.referenceHistory(back.tenant(), back.name()).stream()
                        .filter(old -> old.version() == back.version())
                        .findFirst()
                        .map(old -> putReference(
                                new TrustCommand.PutReference(back.tenant(), back.name(), back.owner(), old.values()),
                                at))
                        .orElseGet(() -> absent("reference value", back.tenant(), back.name(), back.version()));
            case TrustCommand.Bind bind -> bind(bind, at);
            case TrustCommand.SetDomain _,
                    TrustCommand.SetLives _,
                    TrustCommand.Introduce _,
                    TrustCommand.Rotate _,
                    TrustCommand.PutEntry _,
                    TrustCommand.RemoveEntry _,
                    TrustCommand.PutFederated _,
                    TrustCommand.RefreshFederated _,
                    TrustCommand.RemoveFederated _,
                    TrustCommand.OfAttestors _,
                    TrustCommand.OfAdmission _,
                    TrustCommand.OfRoots _ ->
                throw new IllegalStateException("not about the book of policies: " + command);
        };
    }

    private TrustOutcome putPolicy(TrustCommand.PutPolicy put, Instant at) {
        var history = book.policyHistory(put.tenant(), put.name());
        if (!history.isEmpty()
                && history.getLast().condition().equals(put.condition())
                && history.getLast().waivers().equals(put.waivers())) {
            return new TrustOutcome.Done(history.getLast().version());
        }
        room(put.condition().length());
        var written = book.putPolicy(put.tenant(), put.name(), put.condition(), put.waivers(), put.owner(), at);
        bookCharacters += put.condition().length();
        return new TrustOutcome.Done(written.version());
    }

    private TrustOutcome putReference(TrustCommand.PutReference put, Instant at) {
        var history = book.referenceHistory(put.tenant(), put.name());
        if (!history.isEmpty() && history.getLast().values().equals(put.values())) {
            return new TrustOutcome.Done(history.getLast().version());
        }
        long characters = put.values().stream().mapToLong(String::length).sum();
        room(characters);
        var written = book.putReference(put.tenant(), put.name(), put.values(), put.owner(), at);
        bookCharacters += characters;
        return new TrustOutcome.Done(written.version());
    }

    private TrustOutcome bind(TrustCommand.Bind bind, Instant at) {
        var history = book.bindingHistory(bind.tenant(), bind.resource());
        return new TrustOutcome.Done(
                !history.isEmpty() && history.getLast().policies().equals(bind.policies())
                        ? history.getLast().version()
                        : book.bind(bind.tenant(), bind.resource(), bind.policies(), bind.owner(), at)
                                .version());
    }

    private void room(long characters) {
        if (bookCharacters + characters > TrustLimits.BOOK_CHARACTERS_MAX) {
            throw new IllegalStateException("OVERLOADED: all policies and reference values together would pass "
                    + TrustLimits.BOOK_CHARACTERS_MAX + " characters");
        }
    }

    private static TrustOutcome absent(String what, String tenant, String name, int version) {
        return denied(
                TrustOutcome.Reason.NOT_FOUND,
                "of tenant " + tenant + " there is no " + what + " " + name + "@" + version);
    }

    private static TrustOutcome denied(TrustOutcome.Reason reason, String message) {
        return new TrustOutcome.Denied(reason, message);
    }

    private void change(Identities after, Context<TrustEffect> context) {
        identities = after;
        context.changed(KEY);
    }

    /** As it is stored: a replay must come to the same state as a restore. */
    private static Instant stamp(Context<TrustEffect> context) {
        return Instant.ofEpochMilli(context.now().toEpochMilli());
    }

    @Override
    public void tick(Context<TrustEffect> context) {
        var now = context.now();
        var ended = identities.authorities().stream()
                .filter(authority -> !now.isBefore(authority.keys().notAfter()))
                .toList();
        if (!ended.isEmpty()) {
            change(identities.without(ended), context);
        }
        var next = identities.newest().filter(newest -> newest.number() != identities.signer());
        if (next.isPresent()
                && (identities.signing().isEmpty() || !now.isBefore(next.get().signsFrom()))) {
            change(identities.withSigner(next.get().number()), context);
        }
        if (renewal().filter(due -> !now.isBefore(due)).isPresent()) {
            make(context);
        }
    }

    /** When the next authority has to be made, if none is under way. */
    private Optional<Instant> renewal() {
        if (identities.domain().isEmpty() || identities.making() != 0) {
            return Optional.empty();
        }
        var newest = identities.newest();
        if (newest.isEmpty()) {
            return Optional.of(Instant.EPOCH);
        }
        return newest.get().number() == identities.signer()
                ? Optional.of(
                        midway(newest.get().publishedAt(), newest.get().keys().notAfter()))
                : Optional.empty();
    }

    private static Instant midway(Instant from, Instant to) {
        return from.plusMillis((to.toEpochMilli() - from.toEpochMilli()) / 2);
    }

    @Override
    public Optional<Instant> nextDeadline() {
        var first = renewal();
        for (var authority : identities.authorities()) {
            first = sooner(first, authority.keys().notAfter());
            if (authority.number() > identities.signer()) {
                first = sooner(first, authority.signsFrom());
            }
        }
        return first;
    }

    private static Optional<Instant> sooner(Optional<Instant> one, Instant other) {
        return one.filter(there -> there.isBefore(other)).or(() -> Optional.of(other));
    }

    @Override
    public Optional<Identities> view(String key) {
        return key.equals(KEY) ? Optional.of(identities) : Optional.empty();
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        return KEY.startsWith(prefix) && KEY.compareTo(after) > 0 && limit > 0 ? List.of(KEY) : List.of();
    }

    @Override
    public Snapshot snapshot() {
        var now = identities;
        var contents = book.contents();
        var admitted = admissions.contents();
        return out -> TrustCodecs.writeState(new TrustCodecs.State(now, contents, admitted), out);
    }

    @Override
    public void restore(InputStream state) throws IOException {
        var restored = TrustCodecs.readState(state);
        identities = restored.identities();
        book = new PolicyBook();
        book.putAll(restored.contents());
        admissions = AdmissionBook.of(restored.admissions());
        bookCharacters = restored.contents().policies().stream()
                        .mapToLong(policy -> policy.condition().length())
                        .sum()
                + restored.contents().references().stream()
                        .flatMap(reference -> reference.values().stream())
                        .mapToLong(String::length)
                        .sum();
    }
}

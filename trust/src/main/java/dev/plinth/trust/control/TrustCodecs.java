package dev.plinth.trust.control;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Codecs;
import dev.plinth.trust.AppraisalPolicy;
import dev.plinth.trust.KeyAlgorithm;
import dev.plinth.trust.PolicyBook;
import dev.plinth.trust.ReferenceValue;
import dev.plinth.trust.stored.v1.StoredAlgorithm;
import dev.plinth.trust.stored.v1.StoredAuthority;
import dev.plinth.trust.stored.v1.StoredBinding;
import dev.plinth.trust.stored.v1.StoredCommand;
import dev.plinth.trust.stored.v1.StoredDenied;
import dev.plinth.trust.stored.v1.StoredDomain;
import dev.plinth.trust.stored.v1.StoredEntry;
import dev.plinth.trust.stored.v1.StoredFederated;
import dev.plinth.trust.stored.v1.StoredIdentities;
import dev.plinth.trust.stored.v1.StoredIntroduce;
import dev.plinth.trust.stored.v1.StoredMakeAuthority;
import dev.plinth.trust.stored.v1.StoredName;
import dev.plinth.trust.stored.v1.StoredOutcome;
import dev.plinth.trust.stored.v1.StoredPart;
import dev.plinth.trust.stored.v1.StoredPolicy;
import dev.plinth.trust.stored.v1.StoredReason;
import dev.plinth.trust.stored.v1.StoredReference;
import dev.plinth.trust.stored.v1.StoredRefresh;
import dev.plinth.trust.stored.v1.StoredRollBack;
import dev.plinth.trust.stored.v1.StoredRotate;
import dev.plinth.trust.supply.AdmissionRules;
import dev.plinth.trust.supply.Verdict;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** How trust's commands, outcomes, effects and state look on disk: {@code stored.proto}. No message has a map, so equal ones are equal bytes. */
final class TrustCodecs {
    private static final int PART_BYTES_MAX = 16 << 20;

    private TrustCodecs() {}

    static final Codec<TrustCommand> COMMANDS = new Codec<>() {
        @Override
        public byte[] encode(TrustCommand command) {
            return toStored(command).build().toByteArray();
        }

        @Override
        public TrustCommand decode(ByteBuffer bytes) {
            try {
                return fromStored(StoredCommand.parseFrom(bytes));
            } catch (InvalidProtocolBufferException e) {
                throw damaged("command", e);
            }
        }
    };

    static final Codec<TrustOutcome> OUTCOMES = new Codec<>() {
        @Override
        public byte[] encode(TrustOutcome outcome) {
            var stored = StoredOutcome.newBuilder();
            switch (outcome) {
                case TrustOutcome.Done(long version) -> stored.setDone(version);
                case TrustOutcome.Joined(String token) -> stored.setJoined(token);
                case TrustOutcome.Denied(TrustOutcome.Reason reason, String message) ->
                    stored.setDenied(StoredDenied.newBuilder()
                            .setReason(
                                    switch (reason) {
                                        case INVALID -> StoredReason.STORED_REASON_INVALID;
                                        case NOT_FOUND -> StoredReason.STORED_REASON_NOT_FOUND;
                                        case CONFLICT -> StoredReason.STORED_REASON_CONFLICT;
                                        case OVERLOADED -> StoredReason.STORED_REASON_OVERLOADED;
                                    })
                            .setMessage(message));
            }
            return stored.build().toByteArray();
        }

        @Override
        public TrustOutcome decode(ByteBuffer bytes) {
            try {
                var stored = StoredOutcome.parseFrom(bytes);
                return switch (stored.getOutcomeCase()) {
                    case DONE -> new TrustOutcome.Done(stored.getDone());
                    case JOINED -> new TrustOutcome.Joined(stored.getJoined());
                    case DENIED ->
                        new TrustOutcome.Denied(
                                switch (stored.getDenied().getReason()) {
                                    case STORED_REASON_INVALID -> TrustOutcome.Reason.INVALID;
                                    case STORED_REASON_NOT_FOUND -> TrustOutcome.Reason.NOT_FOUND;
                                    case STORED_REASON_CONFLICT -> TrustOutcome.Reason.CONFLICT;
                                    case STORED_REASON_OVERLOADED -> TrustOutcome.Reason.OVERLOADED;
                                    case STORED_REASON_UNSPECIFIED, UNRECOGNIZED -> throw unknown("a reason");
                                },
                                stored.getDenied().getMessage());
                    case OUTCOME_NOT_SET -> throw unknown("an outcome");
                };
            } catch (InvalidProtocolBufferException e) {
                throw damaged("outcome", e);
            }
        }
    };

    static final Codec<TrustEffect> EFFECTS = new Codec<>() {
        @Override
        public byte[] encode(TrustEffect effect) {
            var stored = StoredMakeAuthority.newBuilder();
            switch (effect) {
                case MakeAuthority(String domain, KeyAlgorithm algorithm, Duration life) ->
                    stored.setDomain(domain).setAlgorithm(stored(algorithm)).setLifeSeconds(life.toSeconds());
                case Reseal reseal -> stored.setReseal(DomainRootCodecs.toStored(reseal));
            }
            return stored.build().toByteArray();
        }

        @Override
        public TrustEffect decode(ByteBuffer bytes) {
            try {
                var stored = StoredMakeAuthority.parseFrom(bytes);
                return stored.hasReseal()
                        ? DomainRootCodecs.fromStored(stored.getReseal())
                        : new MakeAuthority(
                                stored.getDomain(),
                                algorithm(stored.getAlgorithm()),
                                Duration.ofSeconds(stored.getLifeSeconds()));
            } catch (InvalidProtocolBufferException e) {
                throw damaged("effect", e);
            }
        }
    };

    static final Codecs<TrustCommand, TrustOutcome, TrustEffect> ALL = new Codecs<>(COMMANDS, OUTCOMES, EFFECTS);

    /** What a snapshot holds. */
    record State(Identities identities, PolicyBook.Contents contents, AdmissionBook.Contents admissions) {}

    private static StoredCommand.Builder toStored(TrustCommand command) {
        var stored = StoredCommand.newBuilder();
        switch (command) {
            case TrustCommand.SetDomain(String name, KeyAlgorithm algorithm) ->
                stored.setSetDomain(StoredDomain.newBuilder().setName(name).setAlgorithm(stored(algorithm)));
            case TrustCommand.SetLives(Duration authorityLife, Duration svidLife, Duration publishing) ->
                stored.setSetLives(StoredDomain.newBuilder()
                        .setAuthorityLifeSeconds(authorityLife.toSeconds())
                        .setSvidLifeSeconds(svidLife.toSeconds())
                        .setPublishingSeconds(publishing.toSeconds()));
            case TrustCommand.Introduce(long effect, Authority.Keys keys, long root) ->
                stored.setIntroduce(StoredIntroduce.newBuilder()
                        .setEffect(effect)
                        .setAuthority(toStored(keys))
                        .setRoot(root == 1 ? 0 : root));
            case TrustCommand.OfRoots of -> stored.setOfRoots(DomainRootCodecs.toStored(of));
            case TrustCommand.Rotate() -> stored.setRotate(StoredRotate.getDefaultInstance());
            case TrustCommand.PutEntry(RegistrationEntry entry) -> stored.setPutEntry(toStored(entry));
            case TrustCommand.RemoveEntry(String name) ->
                stored.setRemoveEntry(StoredName.newBuilder().setName(name));
            case TrustCommand.PutFederated(String domain, String jwks, Optional<BundleEndpoint> endpoint) ->
                stored.setPutFederated(federated(domain, jwks, endpoint));
            case TrustCommand.RefreshFederated(String domain, String before, String jwks) ->
                stored.setRefreshFederated(StoredRefresh.newBuilder()
                        .setDomain(domain)
                        .setBefore(before)
                        .setJwks(jwks));
            case TrustCommand.RemoveFederated(String domain) ->
                stored.setRemoveFederated(StoredName.newBuilder().setName(domain));
            case TrustCommand.OfAttestors of -> stored.setOfAttestors(AttestorCodecs.toStored(of));
            case TrustCommand.PutAdmissionPolicy(String name, String owner, AdmissionRules rules) ->
                stored.setPutAdmissionPolicy(AdmissionCodecs.policy(name, owner, rules));
            case TrustCommand.Judge(Verdict verdict) -> stored.setJudge(AdmissionCodecs.verdict(verdict));
            case TrustCommand.PutPolicy put ->
                stored.setPutPolicy(policy(put.tenant(), put.name(), put.owner(), put.condition(), put.waivers()));
            case TrustCommand.RollBackPolicy back ->
                stored.setRollBackPolicy(rollBack(back.tenant(), back.name(), back.owner(), back.version()));
            case TrustCommand.PutReference put ->
                stored.setPutReference(reference(put.tenant(), put.name(), put.owner(), put.values()));
            case TrustCommand.RollBackReference back ->
                stored.setRollBackReference(rollBack(back.tenant(), back.name(), back.owner(), back.version()));
            case TrustCommand.Bind bind ->
                stored.setBind(binding(bind.tenant(), bind.resource(), bind.owner(), bind.policies()));
        }
        return stored;
    }

    private static TrustCommand fromStored(StoredCommand stored) {
        return switch (stored.getCommandCase()) {
            case SET_DOMAIN ->
                new TrustCommand.SetDomain(
                        stored.getSetDomain().getName(),
                        algorithm(stored.getSetDomain().getAlgorithm()));
            case SET_LIVES ->
                new TrustCommand.SetLives(
                        Duration.ofSeconds(stored.getSetLives().getAuthorityLifeSeconds()),
                        Duration.ofSeconds(stored.getSetLives().getSvidLifeSeconds()),
                        Duration.ofSeconds(stored.getSetLives().getPublishingSeconds()));
            case INTRODUCE ->
                new TrustCommand.Introduce(
                        stored.getIntroduce().getEffect(),
                        keys(stored.getIntroduce().getAuthority()),
                        Math.max(1, stored.getIntroduce().getRoot()));
            case OF_ROOTS -> DomainRootCodecs.fromStored(stored.getOfRoots());
            case ROTATE -> new TrustCommand.Rotate();
            case PUT_ENTRY -> new TrustCommand.PutEntry(fromStored(stored.getPutEntry()));
            case REMOVE_ENTRY ->
                new TrustCommand.RemoveEntry(stored.getRemoveEntry().getName());
            case PUT_FEDERATED ->
                new TrustCommand.PutFederated(
                        stored.getPutFederated().getDomain(),
                        stored.getPutFederated().getJwks(),
                        endpoint(stored.getPutFederated()));
            case REFRESH_FEDERATED ->
                new TrustCommand.RefreshFederated(
                        stored.getRefreshFederated().getDomain(),
                        stored.getRefreshFederated().getBefore(),
                        stored.getRefreshFederated().getJwks());
            case REMOVE_FEDERATED ->
                new TrustCommand.RemoveFederated(stored.getRemoveFederated().getName());
            case PUT_POLICY -> {
                var put = stored.getPutPolicy();
                yield new TrustCommand.PutPolicy(
                        put.getTenant(),
                        put.getName(),
                        put.getOwner(),
                        put.getCondition(),
                        Set.copyOf(put.getWaiversList()));
            }
            case ROLL_BACK_POLICY -> {
                var back = stored.getRollBackPolicy();
                yield new TrustCommand.RollBackPolicy(
                        back.getTenant(), back.getName(), back.getOwner(), back.getVersion());
            }
            case PUT_REFERENCE -> {
                var put = stored.getPutReference();
                yield new TrustCommand.PutReference(
                        put.getTenant(), put.getName(), put.getOwner(), put.getValuesList());
            }
            case ROLL_BACK_REFERENCE -> {
                var back = stored.getRollBackReference();
                yield new TrustCommand.RollBackReference(
                        back.getTenant(), back.getName(), back.getOwner(), back.getVersion());
            }
            case BIND -> {
                var bind = stored.getBind();
                yield new TrustCommand.Bind(
                        bind.getTenant(), bind.getResource(), bind.getOwner(), bind.getPoliciesList());
            }
            case OF_ATTESTORS -> AttestorCodecs.fromStored(stored.getOfAttestors());
            case PUT_ADMISSION_POLICY -> {
                var put = stored.getPutAdmissionPolicy();
                yield new TrustCommand.PutAdmissionPolicy(
                        put.getName(), put.getOwner(), AdmissionCodecs.rules(put.getRules()));
            }
            case JUDGE -> new TrustCommand.Judge(AdmissionCodecs.verdict(stored.getJudge()));
            case COMMAND_NOT_SET -> throw unknown("a command");
        };
    }

    /** Part by part: no message holds them all. */
    static void writeState(State state, OutputStream out) throws IOException {
        var identities = state.identities();
        var contents = state.contents();
        var data = new DataOutputStream(out);
        var first = StoredIdentities.newBuilder()
                .setSigner(identities.signer())
                .setMaking(identities.making())
                .setLastNumber(identities.lastNumber())
                .setSequence(identities.sequence());
        if (!identities.roots().equals(DomainRoots.FIRST)) {
            first.setRoots(DomainRootCodecs.toStored(identities.roots()));
        }
        identities
                .domain()
                .ifPresent(domain -> first.setDomain(StoredDomain.newBuilder()
                        .setName(domain.name())
                        .setAlgorithm(stored(domain.algorithm()))
                        .setAuthorityLifeSeconds(domain.authorityLife().toSeconds())
                        .setSvidLifeSeconds(domain.svidLife().toSeconds())
                        .setPublishingSeconds(domain.publishing().toSeconds())));
        write(data, StoredPart.newBuilder().setIdentities(first));
        for (var authority : identities.authorities()) {
            write(
                    data,
                    StoredPart.newBuilder()
                            .setAuthority(toStored(authority.keys())
                                    .setNumber(authority.number())
                                    .setPublishedAtMillis(
                                            authority.publishedAt().toEpochMilli())
                                    .setSignsFromMillis(authority.signsFrom().toEpochMilli())));
        }
        for (var entry : identities.entries().values()) {
            write(data, StoredPart.newBuilder().setEntry(toStored(entry)));
        }
        for (var other : identities.federated().entrySet()) {
            write(
                    data,
                    StoredPart.newBuilder()
                            .setFederated(federated(
                                    other.getKey(),
                                    other.getValue(),
                                    Optional.ofNullable(identities.endpoints().get(other.getKey())))));
        }
        for (var part : AttestorCodecs.parts(identities.attestors())) {
            write(data, part);
        }
        for (var one : contents.references()) {
            write(
                    data,
                    StoredPart.newBuilder()
                            .setReference(reference(one.tenant(), one.name(), one.owner(), one.values())
                                    .setAtMillis(one.at().toEpochMilli())));
        }
        for (var one : contents.policies()) {
            write(
                    data,
                    StoredPart.newBuilder()
                            .setPolicy(policy(one.tenant(), one.name(), one.owner(), one.condition(), one.waivers())
                                    .setAtMillis(one.at().toEpochMilli())));
        }
        for (var one : contents.bindings()) {
            write(
                    data,
                    StoredPart.newBuilder()
                            .setBinding(binding(one.tenant(), one.resource(), one.owner(), one.policies())
                                    .setAtMillis(one.at().toEpochMilli())));
        }
        for (var part : AdmissionCodecs.parts(state.admissions())) {
            write(data, part);
        }
        data.writeInt(-1);
        data.flush();
    }

    private static void write(DataOutputStream data, StoredPart.Builder part) throws IOException {
        var bytes = part.build().toByteArray();
        data.writeInt(bytes.length);
        data.write(bytes);
    }

    static State readState(InputStream state) throws IOException {
        var data = new DataInputStream(state);
        var first = StoredIdentities.getDefaultInstance();
        List<Authority> authorities = new ArrayList<>();
        var entries = new TreeMap<String, RegistrationEntry>();
        var federated = new TreeMap<String, String>();
        var endpoints = new TreeMap<String, BundleEndpoint>();
        var attestors = new AttestorCodecs.Reading();
        List<ReferenceValue> references = new ArrayList<>();
        List<AppraisalPolicy> policies = new ArrayList<>();
        List<PolicyBook.Binding> bindings = new ArrayList<>();
        var admissions = new AdmissionCodecs.Reading();
        int number = 0;
        for (int length = data.readInt(); length >= 0; length = data.readInt()) {
            if (length > PART_BYTES_MAX) {
                throw new IOException("part " + number + " of the snapshot has " + length + " bytes: expected at most "
                        + PART_BYTES_MAX);
            }
            try {
                var part = StoredPart.parseFrom(data.readNBytes(length));
                switch (part.getPartCase()) {
                    case IDENTITIES -> first = part.getIdentities();
                    case AUTHORITY -> authorities.add(authority(part.getAuthority()));
                    case ENTRY -> entries.put(part.getEntry().getName(), fromStored(part.getEntry()));
                    case FEDERATED -> {
                        var other = part.getFederated();
                        federated.put(other.getDomain(), other.getJwks());
                        endpoint(other).ifPresent(endpoint -> endpoints.put(other.getDomain(), endpoint));
                    }
                    case REFERENCE -> references.add(fromStored(part.getReference()));
                    case POLICY -> policies.add(fromStored(part.getPolicy()));
                    case BINDING -> bindings.add(fromStored(part.getBinding()));
                    case TOKEN, ROOT, ENROLLED, CLUSTER -> attestors.take(part);
                    case ADMISSION_POLICY, VERDICT, LAST_VERDICT -> admissions.take(part);
                    case PART_NOT_SET -> throw unknown("a part");
                }
            } catch (IllegalArgumentException e) {
                throw new IOException("part " + number + " of the snapshot is not sound: " + e.getMessage(), e);
            }
            number++;
        }
        return new State(
                new Identities(
                        first.hasDomain() ? Optional.of(domain(first.getDomain())) : Optional.empty(),
                        authorities,
                        first.getSigner(),
                        first.getMaking(),
                        first.getLastNumber(),
                        entries,
                        federated,
                        endpoints,
                        attestors.read(),
                        first.hasRoots() ? DomainRootCodecs.fromStored(first.getRoots()) : DomainRoots.FIRST,
                        first.getSequence()),
                new PolicyBook.Contents(references, policies, bindings),
                admissions.read());
    }

    private static StoredFederated.Builder federated(String domain, String jwks, Optional<BundleEndpoint> endpoint) {
        var stored = StoredFederated.newBuilder().setDomain(domain).setJwks(jwks);
        endpoint.ifPresent(
                one -> stored.setUrl(one.url()).setEndpointId(one.id().toString()));
        return stored;
    }

    private static Optional<BundleEndpoint> endpoint(StoredFederated stored) {
        return stored.getUrl().isEmpty()
                ? Optional.empty()
                : Optional.of(new BundleEndpoint(stored.getUrl(), SpiffeId.parse(stored.getEndpointId())));
    }

    private static StoredAlgorithm stored(KeyAlgorithm algorithm) {
        return switch (algorithm) {
            case P256 -> StoredAlgorithm.STORED_ALGORITHM_P256;
            case SM2 -> StoredAlgorithm.STORED_ALGORITHM_SM2;
        };
    }

    private static KeyAlgorithm algorithm(StoredAlgorithm stored) {
        return switch (stored) {
            case STORED_ALGORITHM_P256 -> KeyAlgorithm.P256;
            case STORED_ALGORITHM_SM2 -> KeyAlgorithm.SM2;
            case UNRECOGNIZED -> throw unknown("an algorithm of keys");
        };
    }

    private static Domain domain(StoredDomain stored) {
        return new Domain(
                stored.getName(),
                algorithm(stored.getAlgorithm()),
                Duration.ofSeconds(stored.getAuthorityLifeSeconds()),
                Duration.ofSeconds(stored.getSvidLifeSeconds()),
                Duration.ofSeconds(stored.getPublishingSeconds()));
    }

    static StoredAuthority.Builder toStored(Authority.Keys keys) {
        return StoredAuthority.newBuilder()
                .setCertificate(keys.certificate())
                .setSealedKey(keys.sealedKey())
                .setTokenKey(keys.tokenKey())
                .setSealedTokenKey(keys.sealedTokenKey())
                .setNotAfterSeconds(keys.notAfter().getEpochSecond());
    }

    static Authority.Keys keys(StoredAuthority stored) {
        return new Authority.Keys(
                stored.getCertificate(),
                stored.getSealedKey(),
                stored.getTokenKey(),
                stored.getSealedTokenKey(),
                Instant.ofEpochSecond(stored.getNotAfterSeconds()));
    }

    private static Authority authority(StoredAuthority stored) {
        return new Authority(
                stored.getNumber(),
                keys(stored),
                Instant.ofEpochMilli(stored.getPublishedAtMillis()),
                Instant.ofEpochMilli(stored.getSignsFromMillis()));
    }

    private static StoredEntry.Builder toStored(RegistrationEntry entry) {
        return StoredEntry.newBuilder()
                .setName(entry.name())
                .setSpiffeId(entry.id().toString())
                .addAllSelectors(entry.selectors())
                .setLifeSeconds(entry.life().map(Duration::toSeconds).orElse(0L))
                .setHint(entry.hint())
                .addAllFederatesWith(entry.federatesWith())
                .setOwner(entry.owner())
                .setVersion(entry.version())
                .setAtMillis(entry.at().toEpochMilli());
    }

    private static RegistrationEntry fromStored(StoredEntry stored) {
        return new RegistrationEntry(
                stored.getName(),
                SpiffeId.parse(stored.getSpiffeId()),
                new TreeSet<>(stored.getSelectorsList()),
                stored.getLifeSeconds() == 0
                        ? Optional.empty()
                        : Optional.of(Duration.ofSeconds(stored.getLifeSeconds())),
                stored.getHint(),
                stored.getFederatesWithList(),
                stored.getOwner(),
                stored.getVersion(),
                Instant.ofEpochMilli(stored.getAtMillis()));
    }

    private static StoredPolicy.Builder policy(
            String tenant, String name, String owner, String condition, Set<String> waivers) {
        return StoredPolicy.newBuilder()
                .setTenant(tenant)
                .setName(name)
                .setOwner(owner)
                .setCondition(condition)
                .addAllWaivers(new TreeSet<>(waivers));
    }

    /** Its version follows from its place. */
    private static AppraisalPolicy fromStored(StoredPolicy stored) {
        return new AppraisalPolicy(
                stored.getTenant(),
                stored.getName(),
                1,
                stored.getOwner(),
                Instant.ofEpochMilli(stored.getAtMillis()),
                stored.getCondition(),
                Set.copyOf(stored.getWaiversList()));
    }

    private static StoredReference.Builder reference(String tenant, String name, String owner, List<String> values) {
        return StoredReference.newBuilder()
                .setTenant(tenant)
                .setName(name)
                .setOwner(owner)
                .addAllValues(values);
    }

    private static ReferenceValue fromStored(StoredReference stored) {
        return new ReferenceValue(
                stored.getTenant(),
                stored.getName(),
                1,
                stored.getOwner(),
                Instant.ofEpochMilli(stored.getAtMillis()),
                stored.getValuesList());
    }

    private static StoredBinding.Builder binding(String tenant, String resource, String owner, List<String> policies) {
        return StoredBinding.newBuilder()
                .setTenant(tenant)
                .setResource(resource)
                .setOwner(owner)
                .addAllPolicies(policies);
    }

    private static PolicyBook.Binding fromStored(StoredBinding stored) {
        return new PolicyBook.Binding(
                stored.getTenant(),
                stored.getResource(),
                1,
                stored.getOwner(),
                Instant.ofEpochMilli(stored.getAtMillis()),
                stored.getPoliciesList());
    }

    private static StoredRollBack.Builder rollBack(String tenant, String name, String owner, int version) {
        return StoredRollBack.newBuilder()
                .setTenant(tenant)
                .setName(name)
                .setOwner(owner)
                .setVersion(version);
    }

    private static IllegalArgumentException unknown(String what) {
        return new IllegalArgumentException(what + " of trust that this release does not know");
    }

    private static IllegalArgumentException damaged(String what, InvalidProtocolBufferException cause) {
        return new IllegalArgumentException("not a " + what + " of trust's engine: " + cause.getMessage(), cause);
    }
}

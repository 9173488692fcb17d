package dev.plinth.trust.secrets;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Codecs;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.audit.AuditHead;
import dev.plinth.trust.secrets.stored.v1.StoredAnchor;
import dev.plinth.trust.secrets.stored.v1.StoredAuditEntry;
import dev.plinth.trust.secrets.stored.v1.StoredCommand;
import dev.plinth.trust.secrets.stored.v1.StoredDenied;
import dev.plinth.trust.secrets.stored.v1.StoredEndRotation;
import dev.plinth.trust.secrets.stored.v1.StoredHead;
import dev.plinth.trust.secrets.stored.v1.StoredNote;
import dev.plinth.trust.secrets.stored.v1.StoredOutcome;
import dev.plinth.trust.secrets.stored.v1.StoredPolicy;
import dev.plinth.trust.secrets.stored.v1.StoredPut;
import dev.plinth.trust.secrets.stored.v1.StoredPutCertificates;
import dev.plinth.trust.secrets.stored.v1.StoredRefuse;
import dev.plinth.trust.secrets.stored.v1.StoredResource;
import dev.plinth.trust.secrets.stored.v1.StoredRevoke;
import dev.plinth.trust.secrets.stored.v1.StoredSetPolicy;
import dev.plinth.trust.secrets.stored.v1.StoredTake;
import dev.plinth.trust.secrets.stored.v1.StoredTaken;
import dev.plinth.trust.secrets.stored.v1.StoredVersion;
import dev.plinth.trust.secrets.stored.v1.StoredVouch;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** How the commands, outcomes and state of keys and secrets look on disk: {@code stored.proto}. */
final class SecretsCodecs {
    private SecretsCodecs() {}

    static final Codec<SecretsCommand> COMMANDS = new Codec<>() {
        @Override
        public byte[] encode(SecretsCommand command) {
            var stored = StoredCommand.newBuilder().setActor(command.actor());
            switch (command) {
                case SecretsCommand.Initialize initialize ->
                    stored.setInitialize(RootCodecs.toStored(initialize.root()));
                case SecretsCommand.BeginRotation begin -> stored.setBeginRotation(RootCodecs.toStored(begin));
                case SecretsCommand.HoldRoot hold -> stored.setHoldRoot(RootCodecs.toStored(hold));
                case SecretsCommand.Rewrapped result -> stored.setRewrapped(RootCodecs.toStored(result));
                case SecretsCommand.EndRotation end ->
                    stored.setEndRotation(StoredEndRotation.newBuilder().setFinish(end.finish()));
                case SecretsCommand.Put put ->
                    stored.setPut(StoredPut.newBuilder()
                            .setName(put.name().toString())
                            .setAlgorithm(put.algorithm().label())
                            .setExportable(put.exportable())
                            .setMaterial(RootCodecs.toStored(put.material()))
                            .setAfter(put.after()));
                case SecretsCommand.PutCertificates put ->
                    stored.setPutCertificates(StoredPutCertificates.newBuilder()
                            .setName(put.name().toString())
                            .setVersion(put.version())
                            .addAllCertificates(put.certificates()));
                case SecretsCommand.Revoke revoke ->
                    stored.setRevoke(StoredRevoke.newBuilder()
                            .setName(revoke.name().toString())
                            .setVersion(revoke.version()));
                case SecretsCommand.SetPolicy set ->
                    stored.setSetPolicy(StoredSetPolicy.newBuilder()
                            .setSubject(set.subject())
                            .setCondition(set.condition())
                            .addAllWaivers(new TreeSet<>(set.waivers())));
                case SecretsCommand.Vouch vouch -> stored.setVouch(toStored(vouch));
                case SecretsCommand.Anchor anchor -> stored.setAnchor(toStored(anchor));
                case SecretsCommand.Take take ->
                    stored.setTake(StoredTake.newBuilder()
                            .setName(take.name().toString())
                            .setVersion(take.version())
                            .setPurpose(take.purpose().name())
                            .setPolicy(take.policy()));
                case SecretsCommand.Refuse refuse ->
                    stored.setRefuse(StoredRefuse.newBuilder()
                            .setSubject(refuse.subject())
                            .setReason(refuse.reason()));
                case SecretsCommand.Note note ->
                    stored.setNote(StoredNote.newBuilder()
                            .setAction(note.action())
                            .setSubject(note.subject())
                            .setDetail(note.detail()));
            }
            return stored.build().toByteArray();
        }

        @Override
        public SecretsCommand decode(ByteBuffer bytes) {
            try {
                var stored = StoredCommand.parseFrom(bytes);
                var actor = stored.getActor();
                return switch (stored.getCommandCase()) {
                    case INITIALIZE ->
                        new SecretsCommand.Initialize(RootCodecs.fromStored(stored.getInitialize()), actor);
                    case BEGIN_ROTATION -> RootCodecs.fromStored(stored.getBeginRotation(), actor);
                    case HOLD_ROOT -> RootCodecs.fromStored(stored.getHoldRoot());
                    case REWRAPPED -> RootCodecs.fromStored(stored.getRewrapped());
                    case END_ROTATION ->
                        new SecretsCommand.EndRotation(stored.getEndRotation().getFinish(), actor);
                    case PUT -> {
                        var put = stored.getPut();
                        yield new SecretsCommand.Put(
                                ResourceName.parse(put.getName()),
                                SecretAlgorithm.parse(put.getAlgorithm()),
                                put.getExportable(),
                                RootCodecs.fromStored(put.getMaterial()),
                                put.getAfter(),
                                actor);
                    }
                    case PUT_CERTIFICATES ->
                        new SecretsCommand.PutCertificates(
                                ResourceName.parse(stored.getPutCertificates().getName()),
                                stored.getPutCertificates().getVersion(),
                                stored.getPutCertificates().getCertificatesList(),
                                actor);
                    case REVOKE ->
                        new SecretsCommand.Revoke(
                                ResourceName.parse(stored.getRevoke().getName()),
                                stored.getRevoke().getVersion(),
                                actor);
                    case SET_POLICY ->
                        new SecretsCommand.SetPolicy(
                                stored.getSetPolicy().getSubject(),
                                stored.getSetPolicy().getCondition(),
                                Set.copyOf(stored.getSetPolicy().getWaiversList()),
                                actor);
                    case VOUCH -> fromStored(stored.getVouch());
                    case ANCHOR -> fromStored(stored.getAnchor());
                    case TAKE -> {
                        var take = stored.getTake();
                        yield new SecretsCommand.Take(
                                ResourceName.parse(take.getName()),
                                take.getVersion(),
                                SecretsCommand.Purpose.valueOf(take.getPurpose()),
                                take.getPolicy(),
                                actor);
                    }
                    case REFUSE ->
                        new SecretsCommand.Refuse(
                                stored.getRefuse().getSubject(),
                                stored.getRefuse().getReason(),
                                actor);
                    case NOTE ->
                        new SecretsCommand.Note(
                                stored.getNote().getAction(),
                                stored.getNote().getSubject(),
                                stored.getNote().getDetail(),
                                actor);
                    case COMMAND_NOT_SET ->
                        throw new IllegalArgumentException(
                                "a stored command of a kind that this release does not know");
                };
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalArgumentException("a stored command is damaged: " + e.getMessage(), e);
            }
        }
    };

    static final Codec<SecretsOutcome> OUTCOMES = new Codec<>() {
        @Override
        public byte[] encode(SecretsOutcome outcome) {
            var stored = StoredOutcome.newBuilder();
            switch (outcome) {
                case SecretsOutcome.Done(long number) -> stored.setDone(number);
                case SecretsOutcome.Taken(long version, SecretAlgorithm algorithm, Material material) ->
                    stored.setTaken(StoredTaken.newBuilder()
                            .setVersion(version)
                            .setAlgorithm(algorithm.label())
                            .setMaterial(RootCodecs.toStored(material)));
                case SecretsOutcome.Denied(SecretsOutcome.Reason reason, String message) ->
                    stored.setDenied(
                            StoredDenied.newBuilder().setReason(reason.name()).setMessage(message));
            }
            return stored.build().toByteArray();
        }

        @Override
        public SecretsOutcome decode(ByteBuffer bytes) {
            try {
                var stored = StoredOutcome.parseFrom(bytes);
                return switch (stored.getOutcomeCase()) {
                    case DONE -> new SecretsOutcome.Done(stored.getDone());
                    case TAKEN ->
                        new SecretsOutcome.Taken(
                                stored.getTaken().getVersion(),
                                SecretAlgorithm.parse(stored.getTaken().getAlgorithm()),
                                RootCodecs.fromStored(stored.getTaken().getMaterial()));
                    case DENIED ->
                        new SecretsOutcome.Denied(
                                SecretsOutcome.Reason.valueOf(stored.getDenied().getReason()),
                                stored.getDenied().getMessage());
                    case OUTCOME_NOT_SET ->
                        throw new IllegalArgumentException(
                                "a stored outcome of a kind that this release does not know");
                };
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalArgumentException("a stored outcome is damaged: " + e.getMessage(), e);
            }
        }
    };

    static final Codecs<SecretsCommand, SecretsOutcome, Rewrap> ALL =
            new Codecs<>(COMMANDS, OUTCOMES, RootCodecs.EFFECTS);

    private static StoredVouch toStored(SecretsCommand.Vouch vouch) {
        return StoredVouch.newBuilder()
                .setVendor(vouch.vendor().name())
                .setFingerprint(vouch.fingerprint())
                .setOwner(vouch.owner())
                .setHolds(vouch.holds())
                .setActor(vouch.actor())
                .build();
    }

    private static SecretsCommand.Vouch fromStored(StoredVouch stored) {
        return new SecretsCommand.Vouch(
                Vendor.valueOf(stored.getVendor()),
                stored.getFingerprint(),
                stored.getOwner(),
                stored.getHolds(),
                stored.getActor());
    }

    private static StoredAnchor toStored(SecretsCommand.Anchor anchor) {
        return StoredAnchor.newBuilder()
                .setVendor(anchor.vendor().name())
                .setFingerprint(anchor.fingerprint())
                .setHolds(anchor.holds())
                .setActor(anchor.actor())
                .build();
    }

    private static SecretsCommand.Anchor fromStored(StoredAnchor stored) {
        return new SecretsCommand.Anchor(
                Vendor.valueOf(stored.getVendor()), stored.getFingerprint(), stored.getHolds(), stored.getActor());
    }

    private static StoredPolicy toStored(ReleasePolicy policy) {
        return StoredPolicy.newBuilder()
                .setSubject(policy.subject())
                .setVersion(policy.version())
                .setCondition(policy.condition())
                .addAllWaivers(policy.sortedWaivers())
                .setOwner(policy.owner())
                .setAtMillis(policy.at().toEpochMilli())
                .build();
    }

    private static ReleasePolicy fromStored(StoredPolicy stored) {
        return new ReleasePolicy(
                stored.getSubject(),
                stored.getVersion(),
                stored.getCondition(),
                Set.copyOf(stored.getWaiversList()),
                stored.getOwner(),
                Instant.ofEpochMilli(stored.getAtMillis()));
    }

    private static StoredResource toStored(Resource resource) {
        var stored = StoredResource.newBuilder()
                .setName(resource.name().toString())
                .setAlgorithm(resource.algorithm().label())
                .setExportable(resource.exportable());
        for (var version : resource.versions()) {
            var one = StoredVersion.newBuilder()
                    .setNumber(version.number())
                    .setOwner(version.owner())
                    .setAtMillis(version.at().toEpochMilli());
            version.material().map(RootCodecs::toStored).ifPresent(one::setMaterial);
            version.revokedAt().map(Instant::toEpochMilli).ifPresent(one::setRevokedAtMillis);
            stored.addVersions(one);
        }
        return stored.build();
    }

    private static Resource fromStored(StoredResource stored) {
        return new Resource(
                ResourceName.parse(stored.getName()),
                SecretAlgorithm.parse(stored.getAlgorithm()),
                stored.getExportable(),
                stored.getVersionsList().stream()
                        .map(version -> new SecretVersion(
                                version.getNumber(),
                                version.hasMaterial()
                                        ? Optional.of(RootCodecs.fromStored(version.getMaterial()))
                                        : Optional.empty(),
                                version.getOwner(),
                                Instant.ofEpochMilli(version.getAtMillis()),
                                version.hasRevokedAtMillis()
                                        ? Optional.of(Instant.ofEpochMilli(version.getRevokedAtMillis()))
                                        : Optional.empty()))
                        .toList());
    }

    private static StoredAuditEntry toStored(AuditEntry entry) {
        return StoredAuditEntry.newBuilder()
                .setSequence(entry.sequence())
                .setAtMillis(entry.at().toEpochMilli())
                .setActor(entry.actor())
                .setAction(entry.action())
                .setSubject(entry.subject())
                .setDetail(entry.detail())
                .setHash(entry.hash())
                .build();
    }

    private static AuditEntry fromStored(StoredAuditEntry stored) {
        return new AuditEntry(
                stored.getSequence(),
                Instant.ofEpochMilli(stored.getAtMillis()),
                stored.getActor(),
                stored.getAction(),
                stored.getSubject(),
                stored.getDetail(),
                stored.getHash());
    }

    /** What a snapshot holds. */
    record State(SecretsEngine.Settings settings, List<Resource> resources, List<AuditEntry> audit, AuditHead head) {}

    static void writeState(
            SecretsEngine.Settings settings,
            List<Resource> resources,
            List<AuditEntry> audit,
            AuditHead head,
            OutputStream out)
            throws IOException {
        var policies =
                settings.policies().values().stream().flatMap(List::stream).toList();
        var stored = StoredHead.newBuilder()
                .setPolicies(policies.size())
                .setVouched(settings.vouched().size())
                .setAnchors(settings.anchors().size())
                .setResources(resources.size())
                .setAudit(audit.size())
                .setAuditSequence(head.sequence())
                .setAuditHash(head.hash())
                .setLastRoot(settings.lastRoot());
        settings.root().map(RootCodecs::toStored).ifPresent(stored::setRoot);
        settings.rotation().map(RootCodecs::toStored).ifPresent(stored::setRotation);
        stored.build().writeDelimitedTo(out);
        for (var policy : policies) {
            toStored(policy).writeDelimitedTo(out);
        }
        for (var vouch : settings.vouched().values()) {
            toStored(vouch).writeDelimitedTo(out);
        }
        for (var anchor : settings.anchors().values()) {
            toStored(anchor).writeDelimitedTo(out);
        }
        for (var resource : resources) {
            toStored(resource).writeDelimitedTo(out);
        }
        for (var entry : audit) {
            toStored(entry).writeDelimitedTo(out);
        }
    }

    static State readState(InputStream in) throws IOException {
        try {
            var stored = read(StoredHead.parser(), in);
            var policies = new TreeMap<String, List<ReleasePolicy>>();
            for (int i = 0; i < stored.getPolicies(); i++) {
                var policy = fromStored(read(StoredPolicy.parser(), in));
                policies.computeIfAbsent(policy.subject(), _ -> new ArrayList<>())
                        .add(policy);
            }
            policies.replaceAll((_, history) -> List.copyOf(history));
            var vouched = new TreeMap<String, SecretsCommand.Vouch>();
            for (int i = 0; i < stored.getVouched(); i++) {
                var vouch = fromStored(read(StoredVouch.parser(), in));
                vouched.put(vouch.vendor() + " " + vouch.fingerprint(), vouch);
            }
            var anchors = new TreeMap<String, SecretsCommand.Anchor>();
            for (int i = 0; i < stored.getAnchors(); i++) {
                var anchor = fromStored(read(StoredAnchor.parser(), in));
                anchors.put(anchor.vendor() + " " + anchor.fingerprint(), anchor);
            }
            var resources = new ArrayList<Resource>();
            for (int i = 0; i < stored.getResources(); i++) {
                resources.add(fromStored(read(StoredResource.parser(), in)));
            }
            var audit = new ArrayList<AuditEntry>();
            for (int i = 0; i < stored.getAudit(); i++) {
                audit.add(fromStored(read(StoredAuditEntry.parser(), in)));
            }
            var root = stored.hasRoot() ? Optional.of(RootCodecs.fromStored(stored.getRoot())) : Optional.<Root>empty();
            return new State(
                    new SecretsEngine.Settings(
                            root,
                            stored.hasRotation()
                                    ? Optional.of(RootCodecs.fromStored(stored.getRotation()))
                                    : Optional.empty(),
                            Math.max(
                                    stored.getLastRoot(), root.map(Root::number).orElse(0L)),
                            policies,
                            vouched,
                            anchors),
                    resources,
                    audit,
                    new AuditHead(stored.getAuditSequence(), stored.getAuditHash()));
        } catch (IllegalArgumentException e) {
            throw new IOException("the state of keys and secrets is damaged: " + e.getMessage(), e);
        }
    }

    private static <M extends Message> M read(Parser<M> parser, InputStream in) throws IOException {
        @org.jspecify.annotations.Nullable M message = parser.parseDelimitedFrom(in);
        if (message == null) {
            throw new IOException("the state of keys and secrets ends too early");
        }
        return message;
    }
}

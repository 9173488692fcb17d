package dev.plinth.trust.control.door.grpc;

import dev.plinth.trust.supply.AdmissionPolicy;
import dev.plinth.trust.supply.AdmissionRules;
import dev.plinth.trust.supply.ProvenanceRules;
import dev.plinth.trust.supply.SbomRules;
import dev.plinth.trust.supply.Verdict;
import dev.plinth.wire.trust.v1.Note;
import dev.plinth.wire.trust.v1.Signer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Admission policies and verdicts as messages. */
final class AdmissionMessages {
    private AdmissionMessages() {}

    static AdmissionRules rules(dev.plinth.wire.trust.v1.AdmissionRules message) {
        return new AdmissionRules(
                message.getKeysList(),
                message.getSignersList().stream()
                        .map(one -> new AdmissionRules.Signer(one.getIdentity(), one.getIssuer()))
                        .toList(),
                message.getTrustedRoot(),
                message.getLog(),
                message.hasSbom() ? Optional.of(sbom(message.getSbom())) : Optional.empty(),
                message.hasProvenance()
                        ? Optional.of(new ProvenanceRules(
                                message.getProvenance().getBuildersList(),
                                message.getProvenance().getSourcesList()))
                        : Optional.empty());
    }

    private static SbomRules sbom(dev.plinth.wire.trust.v1.SbomRules message) {
        return new SbomRules(
                message.getRequiresList().stream()
                        .map(field -> switch (field) {
                            case PURL -> SbomRules.Field.PURL;
                            case VERSION -> SbomRules.Field.VERSION;
                            case HASH -> SbomRules.Field.HASH;
                            case LICENSE -> SbomRules.Field.LICENSE;
                            case FIELD_UNSPECIFIED, UNRECOGNIZED ->
                                throw new IllegalArgumentException("requires: expected purl, version, hash or license");
                        })
                        .collect(Collectors.toSet()),
                message.getContents(),
                message.getVouched(),
                message.getDeniedLicensesList(),
                message.getKnownBadList());
    }

    /** Without its rules, which may be long. */
    static dev.plinth.wire.trust.v1.AdmissionPolicy head(AdmissionPolicy policy) {
        return dev.plinth.wire.trust.v1.AdmissionPolicy.newBuilder()
                .setName(policy.name())
                .setVersion(policy.version())
                .setOwner(policy.owner())
                .setAtMillis(policy.at().toEpochMilli())
                .build();
    }

    static dev.plinth.wire.trust.v1.AdmissionPolicy message(AdmissionPolicy policy) {
        var rules = policy.rules();
        var message = dev.plinth.wire.trust.v1.AdmissionRules.newBuilder()
                .addAllKeys(rules.keys())
                .setTrustedRoot(rules.trustedRoot())
                .setLog(rules.log());
        rules.signers()
                .forEach(one -> message.addSigners(
                        Signer.newBuilder().setIdentity(one.identity()).setIssuer(one.issuer())));
        rules.sbom().ifPresent(sbom -> message.setSbom(message(sbom)));
        rules.provenance()
                .ifPresent(provenance -> message.setProvenance(dev.plinth.wire.trust.v1.ProvenanceRules.newBuilder()
                        .addAllBuilders(provenance.builders())
                        .addAllSources(provenance.sources())));
        return head(policy).toBuilder().setRules(message).build();
    }

    private static dev.plinth.wire.trust.v1.SbomRules message(SbomRules sbom) {
        return dev.plinth.wire.trust.v1.SbomRules.newBuilder()
                .addAllRequires(sbom.requires().stream()
                        .sorted(Comparator.naturalOrder())
                        .map(field -> switch (field) {
                            case PURL -> dev.plinth.wire.trust.v1.SbomRules.Field.PURL;
                            case VERSION -> dev.plinth.wire.trust.v1.SbomRules.Field.VERSION;
                            case HASH -> dev.plinth.wire.trust.v1.SbomRules.Field.HASH;
                            case LICENSE -> dev.plinth.wire.trust.v1.SbomRules.Field.LICENSE;
                        })
                        .toList())
                .setContents(sbom.contents())
                .setVouched(sbom.vouched())
                .addAllDeniedLicenses(sbom.deniedLicenses())
                .addAllKnownBad(sbom.knownBad())
                .build();
    }

    static dev.plinth.wire.trust.v1.Verdict message(Verdict verdict) {
        return head(verdict).toBuilder()
                .addAllNotes(
                        verdict.notes().stream().map(AdmissionMessages::message).toList())
                .setLeft(verdict.left())
                .build();
    }

    /** Without what was found. */
    static dev.plinth.wire.trust.v1.Verdict head(Verdict verdict) {
        return dev.plinth.wire.trust.v1.Verdict.newBuilder()
                .setNumber(verdict.number())
                .setSha256(verdict.sha256())
                .setArtifact(verdict.artifact())
                .setPolicy(verdict.policy())
                .setPolicyVersion(verdict.policyVersion())
                .setAdmitted(verdict.admitted())
                .addAllSigners(verdict.sortedSigners())
                .setAtMillis(verdict.at().toEpochMilli())
                .build();
    }

    static dev.plinth.wire.trust.v1.Verdicts heads(List<Verdict> verdicts) {
        return dev.plinth.wire.trust.v1.Verdicts.newBuilder()
                .addAllVerdicts(verdicts.stream().map(AdmissionMessages::head).toList())
                .build();
    }

    private static Note message(Verdict.Note note) {
        return Note.newBuilder()
                .setCheck(note.check())
                .setOutcome(
                        switch (note.outcome()) {
                            case PASSED -> Note.Outcome.PASSED;
                            case WARNED -> Note.Outcome.WARNED;
                            case FAILED, EXCUSABLE -> Note.Outcome.FAILED;
                        })
                .setExpected(note.expected())
                .setFound(note.found())
                .setWhere(note.where())
                .build();
    }
}

package dev.plinth.trust.control;

import dev.plinth.trust.Finding;
import dev.plinth.trust.stored.v1.StoredAdmissionPolicy;
import dev.plinth.trust.stored.v1.StoredAdmissionRules;
import dev.plinth.trust.stored.v1.StoredFinding;
import dev.plinth.trust.stored.v1.StoredNote;
import dev.plinth.trust.stored.v1.StoredPart;
import dev.plinth.trust.stored.v1.StoredProvenanceRules;
import dev.plinth.trust.stored.v1.StoredSbomRules;
import dev.plinth.trust.stored.v1.StoredSigner;
import dev.plinth.trust.stored.v1.StoredVerdict;
import dev.plinth.trust.supply.AdmissionPolicy;
import dev.plinth.trust.supply.AdmissionRules;
import dev.plinth.trust.supply.ProvenanceRules;
import dev.plinth.trust.supply.SbomRules;
import dev.plinth.trust.supply.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** How admission policies and verdicts look on disk. */
final class AdmissionCodecs {
    private AdmissionCodecs() {}

    static StoredAdmissionPolicy.Builder policy(String name, String owner, AdmissionRules rules) {
        return StoredAdmissionPolicy.newBuilder().setName(name).setOwner(owner).setRules(rules(rules));
    }

    private static StoredAdmissionRules rules(AdmissionRules rules) {
        var stored = StoredAdmissionRules.newBuilder()
                .addAllKeys(rules.keys())
                .setTrustedRoot(rules.trustedRoot())
                .setLog(rules.log());
        rules.signers()
                .forEach(one -> stored.addSigners(
                        StoredSigner.newBuilder().setIdentity(one.identity()).setIssuer(one.issuer())));
        rules.sbom()
                .ifPresent(sbom -> stored.setSbom(StoredSbomRules.newBuilder()
                        .setPurl(sbom.requires().contains(SbomRules.Field.PURL))
                        .setVersion(sbom.requires().contains(SbomRules.Field.VERSION))
                        .setHash(sbom.requires().contains(SbomRules.Field.HASH))
                        .setLicense(sbom.requires().contains(SbomRules.Field.LICENSE))
                        .setContents(sbom.contents())
                        .setVouched(sbom.vouched())
                        .addAllDeniedLicenses(sbom.deniedLicenses())
                        .addAllKnownBad(sbom.knownBad())));
        rules.provenance()
                .ifPresent(provenance -> stored.setProvenance(StoredProvenanceRules.newBuilder()
                        .addAllBuilders(provenance.builders())
                        .addAllSources(provenance.sources())));
        return stored.build();
    }

    static AdmissionRules rules(StoredAdmissionRules stored) {
        return new AdmissionRules(
                stored.getKeysList(),
                stored.getSignersList().stream()
                        .map(one -> new AdmissionRules.Signer(one.getIdentity(), one.getIssuer()))
                        .toList(),
                stored.getTrustedRoot(),
                stored.getLog(),
                stored.hasSbom() ? Optional.of(sbom(stored.getSbom())) : Optional.empty(),
                stored.hasProvenance()
                        ? Optional.of(new ProvenanceRules(
                                stored.getProvenance().getBuildersList(),
                                stored.getProvenance().getSourcesList()))
                        : Optional.empty());
    }

    private static SbomRules sbom(StoredSbomRules stored) {
        var requires = EnumSet.noneOf(SbomRules.Field.class);
        if (stored.getPurl()) {
            requires.add(SbomRules.Field.PURL);
        }
        if (stored.getVersion()) {
            requires.add(SbomRules.Field.VERSION);
        }
        if (stored.getHash()) {
            requires.add(SbomRules.Field.HASH);
        }
        if (stored.getLicense()) {
            requires.add(SbomRules.Field.LICENSE);
        }
        return new SbomRules(
                requires,
                stored.getContents(),
                stored.getVouched(),
                stored.getDeniedLicensesList(),
                stored.getKnownBadList());
    }

    static StoredVerdict verdict(Verdict verdict) {
        var stored = StoredVerdict.newBuilder()
                .setNumber(verdict.number())
                .setSha256(verdict.sha256())
                .setArtifact(verdict.artifact())
                .setPolicy(verdict.policy())
                .setPolicyVersion(verdict.policyVersion())
                .setAdmitted(verdict.admitted())
                .addAllSigners(verdict.sortedSigners())
                .setLeft(verdict.left())
                .setAtMillis(verdict.at().toEpochMilli());
        verdict.notes()
                .forEach(note -> stored.addNotes(StoredNote.newBuilder()
                        .setCheck(note.check())
                        .setOutcome(
                                switch (note.outcome()) {
                                    case PASSED -> StoredFinding.STORED_FINDING_PASSED;
                                    case WARNED -> StoredFinding.STORED_FINDING_WARNED;
                                    case FAILED, EXCUSABLE -> StoredFinding.STORED_FINDING_FAILED;
                                })
                        .setExpected(note.expected())
                        .setFound(note.found())
                        .setWhere(note.where())));
        return stored.build();
    }

    static Verdict verdict(StoredVerdict stored) {
        return new Verdict(
                stored.getNumber(),
                stored.getSha256(),
                stored.getArtifact(),
                stored.getPolicy(),
                stored.getPolicyVersion(),
                stored.getAdmitted(),
                Set.copyOf(stored.getSignersList()),
                stored.getNotesList().stream()
                        .map(note -> new Verdict.Note(
                                note.getCheck(),
                                switch (note.getOutcome()) {
                                    case STORED_FINDING_PASSED -> Finding.Outcome.PASSED;
                                    case STORED_FINDING_WARNED -> Finding.Outcome.WARNED;
                                    case STORED_FINDING_FAILED -> Finding.Outcome.FAILED;
                                    case STORED_FINDING_UNSPECIFIED, UNRECOGNIZED ->
                                        throw new IllegalArgumentException(
                                                "a finding of trust that this release does not know");
                                },
                                note.getExpected(),
                                note.getFound(),
                                note.getWhere()))
                        .toList(),
                stored.getLeft(),
                Instant.ofEpochMilli(stored.getAtMillis()));
    }

    static List<StoredPart.Builder> parts(AdmissionBook.Contents contents) {
        var parts = new ArrayList<StoredPart.Builder>();
        for (var one : contents.policies()) {
            parts.add(StoredPart.newBuilder()
                    .setAdmissionPolicy(policy(one.name(), one.owner(), one.rules())
                            .setVersion(one.version())
                            .setAtMillis(one.at().toEpochMilli())));
        }
        for (var one : contents.verdicts()) {
            parts.add(StoredPart.newBuilder().setVerdict(verdict(one)));
        }
        if (contents.last() > 0) {
            parts.add(StoredPart.newBuilder().setLastVerdict(contents.last()));
        }
        return parts;
    }

    /** What a snapshot's parts come to. */
    static final class Reading {
        private final List<AdmissionPolicy> policies = new ArrayList<>();
        private final List<Verdict> verdicts = new ArrayList<>();
        private long last;

        void take(StoredPart part) {
            switch (part.getPartCase()) {
                case ADMISSION_POLICY -> {
                    var one = part.getAdmissionPolicy();
                    policies.add(new AdmissionPolicy(
                            one.getName(),
                            one.getVersion(),
                            one.getOwner(),
                            Instant.ofEpochMilli(one.getAtMillis()),
                            rules(one.getRules())));
                }
                case VERDICT -> verdicts.add(verdict(part.getVerdict()));
                case LAST_VERDICT -> last = part.getLastVerdict();
                default -> throw new IllegalArgumentException("not a part of admission: " + part.getPartCase());
            }
        }

        AdmissionBook.Contents read() {
            return new AdmissionBook.Contents(policies, verdicts, last);
        }
    }
}

package dev.plinth.trust.control.door.attest;

import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.KeyAlgorithm;
import dev.plinth.trust.control.Fingerprint;
import dev.plinth.trust.control.Identities;
import dev.plinth.trust.control.Issuer;
import dev.plinth.trust.control.RegistrationEntry;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.proof.EvidenceMessages;
import dev.plinth.trust.proof.RefusedProof;
import dev.plinth.wire.trust.v1.FormerIdentity;
import dev.plinth.wire.trust.v1.Proof;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What the proofs of one request come to. One thread's. */
final class Proofs {
    /*
     * A proof that does not hold refuses the whole request: somebody tried something. Evidence that holds, and that a policy does not
     * grant for, proves what else it proves, and the reasons are kept for the answer.
     *
     * What a token proves is proved here for the moment only. It is used up in the journal when everything else is settled, so that a
     * request which fails for another reason does not cost its bearer the token.
     */
    private final Trust trust;
    private final Identities identities;
    private final List<RegistrationEntry> entries;
    private final byte[] binding;
    private final PublicKey key;
    private final Instant now;

    private final Set<String> properties = new TreeSet<>();
    private final List<String> shortfalls = new ArrayList<>();
    private final List<AttestationResult> results = new ArrayList<>();
    private Optional<TrustCommand.OfAttestors> use = Optional.empty();

    /**
     * @param entries of the identity that is asked for
     * @param binding what evidence has to repeat
     * @param key that the certificate shall be for
     */
    Proofs(
            Trust trust,
            Identities identities,
            List<RegistrationEntry> entries,
            byte[] binding,
            PublicKey key,
            Instant now) {
        this.trust = trust;
        this.identities = identities;
        this.entries = entries;
        this.binding = binding;
        this.key = key;
        this.now = now;
    }

    void take(Proof proof) throws RefusedProof {
        switch (proof.getProofCase()) {
            case JOIN_TOKEN -> joinToken(proof.getJoinToken());
            case KUBERNETES_TOKEN ->
                properties.addAll(KubernetesTokens.prove(
                        proof.getKubernetesToken(),
                        identities.attestors().clusters().values(),
                        now));
            case FORMER_IDENTITY -> formerIdentity(proof.getFormerIdentity());
            case EVIDENCE -> evidence(EvidenceMessages.read(proof.getEvidence()));
            case PROOF_NOT_SET -> throw new RefusedProof("proofs: expected a kind of proof, found none");
        }
    }

    /** All that was proved, as selectors name it. */
    Set<String> properties() {
        return properties;
    }

    /** Why policies did not grant. */
    List<String> shortfalls() {
        return shortfalls;
    }

    /** What came of the evidence among them, whether it held or not. */
    List<AttestationResult> results() {
        return results;
    }

    /** What has to be ordered before anything is given for these proofs; denied, nothing is given. */
    Optional<TrustCommand.OfAttestors> use() {
        return use;
    }

    private void joinToken(String token) throws RefusedProof {
        var hash = Fingerprint.of(token);
        var found = identities.attestors().tokens().values().stream()
                .filter(one -> one.hash().equals(hash))
                .findFirst()
                .orElseThrow(() -> new RefusedProof("join token: there is none like the one that was shown"));
        use(new TrustCommand.Join(hash, Issuer.keyId(key)));
        properties.add(RegistrationEntry.JOIN_TOKEN + found.name());
    }

    private void formerIdentity(FormerIdentity former) throws RefusedProof {
        var certificate = trust.issuer()
                .own(identities, former.getCertificate(), now)
                .orElseThrow(() -> new RefusedProof(
                        "former identity: expected a certificate that an authority of this trust domain has signed and that is"
                                + " still good, found another"));
        if (entries.stream().noneMatch(entry -> entry.id().equals(certificate.id()))) {
            throw new RefusedProof(
                    "former identity: expected one of the identity that is asked for, found " + certificate.id());
        }
        try {
            var signature = KeyAlgorithm.of(certificate.key()).signature();
            signature.initVerify(certificate.key());
            signature.update(binding);
            if (!signature.verify(former.getSignature().toByteArray())) {
                throw new RefusedProof(
                        "former identity: expected a signature of the binding by the certificate's key, found another");
            }
        } catch (GeneralSecurityException e) {
            throw new RefusedProof("former identity: expected a signature with ECDSA, found what is none");
        }
        var from = Issuer.keyId(certificate.key());
        var token = identities.attestors().tokens().values().stream()
                .filter(one -> one.holder().equals(from) || one.former().equals(from))
                .findFirst()
                .orElseThrow(() -> new RefusedProof(
                        "former identity: expected one that came by a join token which is still there, found another"));
        use(new TrustCommand.Rejoin(from, Issuer.keyId(key)));
        properties.add(RegistrationEntry.JOIN_TOKEN + token.name());
    }

    private void use(TrustCommand.OfAttestors command) throws RefusedProof {
        if (use.isPresent()) {
            throw new RefusedProof("proofs: expected one join token or former identity, found two");
        }
        use = Optional.of(command);
    }

    private void evidence(Evidence evidence) throws RefusedProof {
        var result = trust.appraisals().appraise(identities.attestors(), evidence, Challenge.of(binding), now);
        results.add(result);
        var failed = result.everyFinding()
                .filter(finding -> finding.outcome() == dev.plinth.trust.Finding.Outcome.FAILED)
                .map(Object::toString)
                .toList();
        if (!failed.isEmpty()) {
            throw new RefusedProof("evidence " + evidence.kind() + ": " + String.join("; ", failed));
        }
        if (evidence instanceof Evidence.TpmQuote quote && result.holds()) {
            identities
                    .attestors()
                    .endorsementOf(Fingerprint.of(quote.key().copy()))
                    .ifPresent(endorsement -> properties.add("tpm:ek:" + endorsement));
        }
        for (var entry : entries) {
            for (var selector : entry.selectors()) {
                if (selector.startsWith(RegistrationEntry.EVIDENCE)) {
                    decide(selector, result);
                }
            }
        }
    }

    private void decide(String selector, AttestationResult result) {
        var named = selector.substring(RegistrationEntry.EVIDENCE.length());
        int slash = named.indexOf('/');
        var decision = trust.decide(named.substring(0, slash), named.substring(slash + 1), result, now)
                .join();
        if (decision.granted()) {
            properties.add(selector);
        } else {
            shortfalls.add(selector + ": " + String.join("; ", decision.reasons()));
        }
    }
}

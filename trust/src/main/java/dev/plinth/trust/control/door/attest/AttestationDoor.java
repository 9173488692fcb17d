package dev.plinth.trust.control.door.attest;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.trust.KeyBinding;
import dev.plinth.trust.RecordedAppraisal;
import dev.plinth.trust.control.Bundles;
import dev.plinth.trust.control.Identities;
import dev.plinth.trust.control.Issuer;
import dev.plinth.trust.control.RegistrationEntry;
import dev.plinth.trust.control.SpiffeId;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.control.TrustOutcome;
import dev.plinth.trust.control.door.grpc.RefusedCalls;
import dev.plinth.trust.proof.RefusedProof;
import dev.plinth.trust.proof.TimedNonces;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.trust.v1.AttestRequest;
import dev.plinth.wire.trust.v1.AttestResponse;
import dev.plinth.wire.trust.v1.AttestationGrpc;
import dev.plinth.wire.trust.v1.ChallengeRequest;
import dev.plinth.wire.trust.v1.ChallengeResponse;
import dev.plinth.wire.trust.v1.CompleteEnrolmentRequest;
import dev.plinth.wire.trust.v1.CompleteEnrolmentResponse;
import dev.plinth.wire.trust.v1.EnrolTpmRequest;
import dev.plinth.wire.trust.v1.EnrolTpmResponse;
import dev.plinth.wire.trust.v1.Proof;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives identities to those who prove what they are: join tokens, Kubernetes tokens, TPMs and the evidence of TEEs. */
public final class AttestationDoor extends AttestationGrpc.AttestationImplBase {
    /*
     * Everything that is decided here is decided from one view of what is known, taken behind a read; what is used up is used up by a
     * command, and only its outcome lets the identity be made. Nothing of what is issued is stored, so a server that is killed after the
     * command has given nothing away, and the same key that asks again gets its identity.
     */
    private static final Logger log = LoggerFactory.getLogger(AttestationDoor.class);
    private static final int PROOFS_MAX = 8;

    /** Characters of a refusal: it travels as a header. */
    private static final int REFUSAL_CHARACTERS_MAX = 3_000;

    /** Requests that are worked on at once: each costs some verifications of signatures. */
    private static final int WORKED_ON_MAX = 64;

    private final Trust trust;
    private final Clock clock;
    private final Executor workers;

    /**
     * None is used up: within its minute one may come twice. What it is bound to is a key, and whoever has that key gets for it what it
     * got before.
     */
    private final TimedNonces challenges;

    private final TpmEnrolments enrolments;
    private final CallAnswers calls;
    private final Semaphore room = new Semaphore(WORKED_ON_MAX);

    /** @param workers verify, sign and send; they may wait, and refuse nothing */
    public AttestationDoor(Trust trust, Clock clock, Executor workers, SecureRandom random) {
        this.trust = trust;
        this.clock = clock;
        this.workers = workers;
        this.challenges = new TimedNonces("challenge", "this server gave out since it started", random, clock);
        this.calls = new CallAnswers(workers, AttestationDoor::status);
        this.enrolments = new TpmEnrolments(trust, clock, random);
    }

    private interface Work<R> {
        R answer() throws RefusedProof;
    }

    @Override
    public void challenge(ChallengeRequest request, StreamObserver<ChallengeResponse> answers) {
        answer(
                answers,
                () -> ChallengeResponse.newBuilder()
                        .setChallenge(ByteString.copyFrom(challenges.next()))
                        .build());
    }

    @Override
    public void enrolTpm(EnrolTpmRequest request, StreamObserver<EnrolTpmResponse> answers) {
        answer(answers, () -> {
            var begun = enrolments.begin(
                    settled(trust.identities()).attestors(),
                    request.getEndorsementCertificatesList(),
                    request.getAttestationKey());
            return EnrolTpmResponse.newBuilder()
                    .setEnrolment(begun.name())
                    .setCredentialBlob(
                            ByteString.copyFrom(begun.credentialBlob().copy()))
                    .setEncryptedSecret(
                            ByteString.copyFrom(begun.encryptedSecret().copy()))
                    .build();
        });
    }

    @Override
    public void completeEnrolment(CompleteEnrolmentRequest request, StreamObserver<CompleteEnrolmentResponse> answers) {
        answer(answers, () -> {
            var enrol = enrolments.complete(request.getEnrolment(), request.getSecret());
            order(enrol);
            return CompleteEnrolmentResponse.newBuilder()
                    .setSelector("tpm:ek:" + enrol.endorsement())
                    .build();
        });
    }

    @Override
    public void attest(AttestRequest request, StreamObserver<AttestResponse> answers) {
        answer(answers, () -> attest(request));
    }

    private AttestResponse attest(AttestRequest request) throws RefusedProof {
        if (request.getProofsCount() == 0 || request.getProofsCount() > PROOFS_MAX) {
            throw invalid("proofs: expected 1 to " + PROOFS_MAX + ", found " + request.getProofsCount());
        }
        var id = id(request.getSpiffeId());
        var key = CertificateRequest.parse(request.getCertificateRequest().toByteArray())
                .key();
        var challenge = request.getChallenge().toByteArray();
        challenges.demand(challenge);

        var identities = settled(trust.identities());
        var entries = identities.entries().values().stream()
                .filter(entry -> entry.id().equals(id))
                .toList();
        var now = clock.wall();
        var proofs = new Proofs(trust, identities, entries, KeyBinding.ofIdentity(challenge, key), key, now);
        var who = "key " + Issuer.keyId(key);
        var kinds = request.getProofsList().stream().map(AttestationDoor::kind).toList();
        try {
            var entry = granting(request, id, entries, proofs);
            var issued = issued(identities, entry, key);
            trust.issued()
                    .add(
                            entry,
                            now,
                            Instant.ofEpochMilli(issued.getNotAfterMillis()),
                            who + ", for " + String.join(", ", entry.selectors()));
            trust.recorded()
                    .add(RecordedAppraisal.granted(
                            now, id.toString(), who, kinds, proofs.results(), "entry " + issued.getEntry()));
            return issued;
        } catch (RefusedProof refused) {
            trust.recorded()
                    .add(RecordedAppraisal.refused(
                            now, id.toString(), who, kinds, proofs.results(), refused.reasons()));
            throw refused;
        }
    }

    /** The entry that all of the proofs suffice for; what they use up is used up then. */
    private RegistrationEntry granting(
            AttestRequest request, SpiffeId id, List<RegistrationEntry> entries, Proofs proofs) throws RefusedProof {
        if (entries.isEmpty()) {
            throw new RefusedProof("no identity issued: there is no registration entry for " + id);
        }
        for (var proof : request.getProofsList()) {
            proofs.take(proof);
        }
        var entry = entries.stream()
                .filter(one -> one.matches(proofs.properties()))
                .findFirst()
                .orElseThrow(() -> new RefusedProof(shortOf(entries, proofs)));
        if (proofs.use().isPresent()) {
            order(proofs.use().get());
        }
        return entry;
    }

    private static String kind(Proof proof) {
        return switch (proof.getProofCase()) {
            case JOIN_TOKEN -> "join token";
            case KUBERNETES_TOKEN -> "Kubernetes token";
            case FORMER_IDENTITY -> "former identity";
            case EVIDENCE -> "evidence";
            case PROOF_NOT_SET -> "nothing";
        };
    }

    private static SpiffeId id(String text) {
        try {
            return SpiffeId.parse(text);
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
    }

    private static List<String> shortOf(List<RegistrationEntry> entries, Proofs proofs) {
        List<String> reasons = new ArrayList<>(proofs.shortfalls());
        reasons.add("no identity issued: proved is "
                + (proofs.properties().isEmpty() ? "nothing" : String.join(", ", proofs.properties())));
        for (var entry : entries) {
            Set<String> missing = new TreeSet<>(entry.selectors());
            missing.removeAll(proofs.properties());
            reasons.add("entry " + entry.name() + " asks for " + String.join(", ", missing) + " too");
        }
        return reasons;
    }

    private AttestResponse issued(Identities identities, RegistrationEntry entry, PublicKey key) {
        var svid = trust.issuer().x509(identities, entry, key, clock.wall());
        return AttestResponse.newBuilder()
                .setSpiffeId(svid.id().toString())
                .addCertificates(svid.certificate())
                .setNotAfterMillis(svid.notAfter().toEpochMilli())
                .addAllBundle(Bundles.own(identities).certificates())
                .setHint(svid.hint())
                .setEntry(entry.name() + "@" + entry.version())
                .build();
    }

    /** Has something ordered; a denial refuses the proof. */
    private void order(TrustCommand command) throws RefusedProof {
        switch (settled(trust.submit(command))) {
            case TrustOutcome.Done _, TrustOutcome.Joined _ -> {}
            case TrustOutcome.Denied denied -> throw new RefusedProof(denied.message());
        }
    }

    private static <T> T settled(CompletableFuture<T> future) {
        return future.join();
    }

    private <R> void answer(StreamObserver<R> answers, Work<R> work) {
        if (!room.tryAcquire()) {
            answers.onError(Status.RESOURCE_EXHAUSTED
                    .withDescription(WORKED_ON_MAX + " requests are worked on; try again")
                    .asRuntimeException());
            return;
        }
        calls.answer(
                answers,
                () -> CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return work.answer();
                            } catch (RefusedProof refused) {
                                throw new CompletionException(refused);
                            } finally {
                                room.release();
                            }
                        },
                        workers));
    }

    private static String fit(String reason) {
        return reason.length() <= REFUSAL_CHARACTERS_MAX ? reason : reason.substring(0, REFUSAL_CHARACTERS_MAX) + " …";
    }

    private static StatusRuntimeException status(Throwable failure) {
        return switch (failure) {
            case RefusedProof refused -> {
                log.info("refused: {}", refused.getMessage());
                yield Status.PERMISSION_DENIED
                        .withDescription(fit(String.valueOf(refused.getMessage())))
                        .asRuntimeException();
            }
            // Of a future that the work waited for.
            case CompletionException wrapped when wrapped.getCause() != null -> status(wrapped.getCause());
            case StatusRuntimeException said -> said;
            case Refused refused -> RefusedCalls.status(refused);
            case IllegalStateException e ->
                Status.UNAVAILABLE.withDescription(e.getMessage()).asRuntimeException();
            default -> {
                log.error("an attestation failed", failure);
                yield Status.INTERNAL
                        .withDescription("the server failed; its log says how")
                        .asRuntimeException();
            }
        };
    }

    private static StatusRuntimeException invalid(String message) {
        return Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
    }
}

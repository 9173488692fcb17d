package dev.plinth.trust.control.door.grpc;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.control.TrustLimits;
import dev.plinth.trust.supply.AdmissionPolicy;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.trust.v1.AdmissionAnswer;
import dev.plinth.wire.trust.v1.AdmissionPolicies;
import dev.plinth.wire.trust.v1.AdmissionsGrpc;
import dev.plinth.wire.trust.v1.AdmitRequest;
import dev.plinth.wire.trust.v1.AskAdmissionRequest;
import dev.plinth.wire.trust.v1.Changed;
import dev.plinth.wire.trust.v1.GetAdmissionPolicyRequest;
import dev.plinth.wire.trust.v1.GetVerdictsRequest;
import dev.plinth.wire.trust.v1.ListAdmissionPoliciesRequest;
import dev.plinth.wire.trust.v1.ListVerdictsRequest;
import dev.plinth.wire.trust.v1.PutAdmissionPolicyRequest;
import dev.plinth.wire.trust.v1.Verdict;
import dev.plinth.wire.trust.v1.Verdicts;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/** Admission over gRPC ({@code plinth.trust.v1.Admissions}). */
public final class AdmissionsDoor extends AdmissionsGrpc.AdmissionsImplBase {
    private static final String LEFT_BEHIND = "artifact*";

    private final Trust trust;
    private final Path folder;
    private final Clock clock;
    private final Executor workers;
    private final CallAnswers calls;
    private final Semaphore examinations = new Semaphore(TrustLimits.EXAMINATIONS_MAX);

    private AdmissionsDoor(Trust trust, Path folder, Clock clock, Executor workers) {
        this.trust = trust;
        this.folder = folder;
        this.clock = clock;
        this.workers = workers;
        this.calls = new CallAnswers(workers, TrustAnswers::status);
    }

    /**
     * Clears away what a life before left behind.
     *
     * @param folder for artifacts while they are examined
     * @param workers read and examine; they refuse nothing
     */
    public static AdmissionsDoor open(Trust trust, Path folder, Clock clock, Executor workers) throws IOException {
        Files.createDirectories(folder);
        try (var files = Files.newDirectoryStream(folder, LEFT_BEHIND)) {
            for (var file : files) {
                Files.delete(file);
            }
        }
        return new AdmissionsDoor(trust, folder, clock, workers);
    }

    @Override
    public void putAdmissionPolicy(PutAdmissionPolicyRequest request, StreamObserver<Changed> answers) {
        calls.answer(
                answers,
                () -> trust.submit(new TrustCommand.PutAdmissionPolicy(
                                request.getName(), request.getOwner(), AdmissionMessages.rules(request.getRules())))
                        .thenApply(TrustAnswers::changed));
    }

    @Override
    public void getAdmissionPolicy(GetAdmissionPolicyRequest request, StreamObserver<AdmissionPolicies> answers) {
        calls.answer(
                answers,
                () -> trust.admissionPolicy(request.getName()).thenApply(versions -> {
                    if (versions.isEmpty()) {
                        throw Status.NOT_FOUND
                                .withDescription("there is no admission policy " + request.getName())
                                .asRuntimeException();
                    }
                    return heads(versions.subList(0, versions.size() - 1)).toBuilder()
                            .addPolicies(AdmissionMessages.message(versions.getLast()))
                            .build();
                }));
    }

    @Override
    public void listAdmissionPolicies(ListAdmissionPoliciesRequest request, StreamObserver<AdmissionPolicies> answers) {
        calls.answer(answers, () -> trust.admissionPolicies().thenApply(AdmissionsDoor::heads));
    }

    private static AdmissionPolicies heads(List<AdmissionPolicy> policies) {
        return AdmissionPolicies.newBuilder()
                .addAllPolicies(policies.stream().map(AdmissionMessages::head).toList())
                .build();
    }

    @Override
    public StreamObserver<AdmitRequest> admit(StreamObserver<Verdict> answers) {
        return new Upload(
                trust, folder, clock, workers, examinations, (ServerCallStreamObserver<Verdict>) answers, calls);
    }

    @Override
    public void listVerdicts(ListVerdictsRequest request, StreamObserver<Verdicts> answers) {
        int limit = request.getLimit() == 0 ? Integer.MAX_VALUE : request.getLimit();
        calls.answer(answers, () -> trust.verdicts(request.getBefore(), limit).thenApply(AdmissionMessages::heads));
    }

    @Override
    public void getVerdicts(GetVerdictsRequest request, StreamObserver<Verdicts> answers) {
        calls.answer(
                answers,
                () -> trust.verdictsOn(request.getSha256())
                        .thenApply(verdicts -> Verdicts.newBuilder()
                                .addAllVerdicts(verdicts.stream()
                                        .map(AdmissionMessages::message)
                                        .toList())
                                .build()));
    }

    @Override
    public void askAdmission(AskAdmissionRequest request, StreamObserver<AdmissionAnswer> answers) {
        calls.answer(
                answers,
                () -> trust.admission()
                        .ask(request.getPolicy(), request.getSha256())
                        .thenApply(answer -> AdmissionAnswer.newBuilder()
                                .setAdmitted(answer.admitted())
                                .setReason(answer.reason())
                                .build()));
    }
}

package dev.plinth.trust.control.door.grpc;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.Names;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.control.TrustLimits;
import dev.plinth.trust.supply.AdmissionPolicy;
import dev.plinth.trust.supply.Artifact;
import dev.plinth.trust.supply.Examination;
import dev.plinth.trust.supply.Submission;
import dev.plinth.trust.supply.Verdict;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.trust.v1.AdmitRequest;
import dev.plinth.wire.trust.v1.Piece;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One artifact on its way in, with what speaks for it; examined when it is whole. */
final class Upload implements StreamObserver<AdmitRequest> {
    /*
     * What comes is worked on by one worker at a time, one message after another: each waits for the one before, and the next is asked for
     * when it is done. So nothing piles up in memory, and no thread of the network waits for the disk. The artifact goes to a file, for it
     * may be large, and what is in it is read by its central directory, which stands at the end.
     */
    private static final Logger log = LoggerFactory.getLogger(Upload.class);
    private static final int SBOM_BYTES_MAX = 8 << 20;
    private static final int DOCUMENT_BYTES_MAX = 1 << 20;

    private final Trust trust;
    private final Path folder;
    private final Clock clock;
    private final Executor workers;
    private final Semaphore examinations;
    private final ServerCallStreamObserver<dev.plinth.wire.trust.v1.Verdict> answers;
    private final CallAnswers calls;

    /** What is under way; the fields below belong to it. */
    private CompletableFuture<?> work = CompletableFuture.completedFuture(true);

    private dev.plinth.wire.trust.v1.@Nullable Submission submission;
    private @Nullable Path file;
    private @Nullable OutputStream out;
    private long bytes;
    private boolean ended;
    private final Map<Piece.Kind, ByteArrayOutputStream> documents = new EnumMap<>(Piece.Kind.class);

    Upload(
            Trust trust,
            Path folder,
            Clock clock,
            Executor workers,
            Semaphore examinations,
            ServerCallStreamObserver<dev.plinth.wire.trust.v1.Verdict> answers,
            CallAnswers calls) {
        this.trust = trust;
        this.folder = folder;
        this.clock = clock;
        this.workers = workers;
        this.examinations = examinations;
        this.answers = answers;
        this.calls = calls;
        answers.disableAutoRequest();
        answers.setOnCancelHandler(() -> next(this::end));
        answers.request(1);
    }

    private synchronized void next(Runnable step) {
        work = work.thenRunAsync(step, workers);
    }

    @Override
    public void onNext(AdmitRequest request) {
        next(() -> {
            if (ended) {
                return;
            }
            try {
                take(request);
                answers.request(1);
            } catch (IllegalArgumentException e) {
                refuse(Status.INVALID_ARGUMENT.withDescription(e.getMessage()));
            } catch (IOException | UncheckedIOException e) {
                log.error("an artifact cannot be taken in", e);
                refuse(Status.INTERNAL.withDescription("the artifact cannot be stored: " + e.getMessage()));
            }
        });
    }

    private void refuse(Status status) {
        end();
        answers.onError(status.asRuntimeException());
    }

    private void take(AdmitRequest request) throws IOException {
        switch (request.getPartCase()) {
            case SUBMISSION -> begin(request.getSubmission());
            case PIECE -> {
                if (submission == null) {
                    throw new IllegalArgumentException("submission: expected it first, found a piece");
                }
                piece(request.getPiece());
            }
            case PART_NOT_SET -> throw new IllegalArgumentException("part: expected a submission or a piece");
        }
    }

    private void begin(dev.plinth.wire.trust.v1.Submission said) throws IOException {
        if (submission != null) {
            throw new IllegalArgumentException("submission: expected one, found a second");
        }
        Names.check("policy", said.getPolicy());
        // What an artifact is called and how its digest looks is checked before its bytes come.
        var _ = Artifact.named(said.getName(), said.getSha256().isEmpty() ? "0".repeat(64) : said.getSha256());
        if (!examinations.tryAcquire()) {
            refuse(Status.RESOURCE_EXHAUSTED.withDescription(
                    "OVERLOADED: " + TrustLimits.EXAMINATIONS_MAX + " artifacts are being examined; try again later"));
            return;
        }
        submission = said;
        if (said.getSha256().isEmpty()) {
            file = Files.createTempFile(folder, "artifact", "");
            out = Files.newOutputStream(file);
        }
    }

    private void piece(Piece piece) throws IOException {
        if (piece.getKind() == Piece.Kind.ARTIFACT) {
            var to = out;
            if (to == null) {
                throw new IllegalArgumentException("sha256: expected none where the artifact's bytes come");
            }
            bytes += piece.getBytes().size();
            if (bytes > TrustLimits.ARTIFACT_BYTES_MAX) {
                throw new IllegalArgumentException(
                        "artifact: expected at most " + TrustLimits.ARTIFACT_BYTES_MAX + " bytes");
            }
            piece.getBytes().writeTo(to);
            return;
        }
        if (piece.getKind() == Piece.Kind.KIND_UNSPECIFIED || piece.getKind() == Piece.Kind.UNRECOGNIZED) {
            throw new IllegalArgumentException("kind: expected that of a piece");
        }
        var document = documents.computeIfAbsent(piece.getKind(), _ -> new ByteArrayOutputStream());
        int max = piece.getKind() == Piece.Kind.SBOM ? SBOM_BYTES_MAX : DOCUMENT_BYTES_MAX;
        if (document.size() + piece.getBytes().size() > max) {
            throw new IllegalArgumentException(name(piece.getKind()) + ": expected at most " + max + " bytes");
        }
        piece.getBytes().writeTo(document);
    }

    private static String name(Piece.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private Optional<Bytes> document(Piece.Kind kind) {
        return Optional.ofNullable(documents.get(kind)).map(one -> Bytes.of(name(kind), one.toByteArray()));
    }

    @Override
    public void onError(Throwable failure) {
        next(this::end);
    }

    @Override
    public void onCompleted() {
        next(() -> {
            if (!ended) {
                calls.answer(answers, this::examine);
            }
        });
    }

    private CompletableFuture<dev.plinth.wire.trust.v1.Verdict> examine() {
        var said = submission;
        if (said == null) {
            end();
            throw new IllegalArgumentException("submission: expected one, found none");
        }
        // What was taken in is needed until the verdict is there, and not longer, whatever becomes of it.
        return trust.admissionPolicy(said.getPolicy())
                .thenApplyAsync(versions -> judge(said, versions), workers)
                .whenCompleteAsync((_, _) -> end(), workers)
                .thenCompose(verdict -> trust.submit(new TrustCommand.Judge(verdict))
                        .thenApply(outcome -> AdmissionMessages.message(
                                verdict.numbered(TrustAnswers.changed(outcome).getVersion(), verdict.at()))));
    }

    private Verdict judge(dev.plinth.wire.trust.v1.Submission said, List<AdmissionPolicy> versions) {
        try {
            var to = out;
            if (to != null) {
                to.close();
            }
            var artifact =
                    file == null ? Artifact.named(said.getName(), said.getSha256()) : Artifact.of(said.getName(), file);
            var now = clock.wall();
            if (versions.isEmpty()) {
                return Verdict.unguarded(artifact, said.getPolicy(), now);
            }
            var policy = versions.getLast();
            return Verdict.of(
                    artifact,
                    policy,
                    Examination.of(
                            policy.rules(),
                            new Submission(
                                    artifact,
                                    document(Piece.Kind.BUNDLE),
                                    document(Piece.Kind.SIGNATURE),
                                    document(Piece.Kind.PAYLOAD),
                                    document(Piece.Kind.SBOM),
                                    document(Piece.Kind.PROVENANCE)),
                            now),
                    now);
        } catch (IOException e) {
            throw new UncheckedIOException("the artifact cannot be read", e);
        }
    }

    /** Once; nothing is kept. */
    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        if (submission != null) {
            examinations.release();
        }
        try {
            var to = out;
            if (to != null) {
                to.close();
            }
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            log.warn("an artifact that was examined is left behind: {}", e.getMessage());
        }
        documents.clear();
    }
}

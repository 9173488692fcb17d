package dev.plinth.server.backup;

import com.google.protobuf.UnsafeByteOperations;
import dev.plinth.kernel.Refused;
import dev.plinth.wire.backup.v1.BackupsGrpc;
import dev.plinth.wire.backup.v1.Piece;
import dev.plinth.wire.backup.v1.TakeRequest;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Backups over gRPC ({@code plinth.backup.v1.Backups}). */
public final class BackupsDoor extends BackupsGrpc.BackupsImplBase {
    private static final Logger log = LoggerFactory.getLogger(BackupsDoor.class);
    private static final int PIECE_BYTES = 256 << 10;

    /** A client that reads nothing for so long is gone. */
    private static final Duration STALL_MAX = Duration.ofMinutes(1);

    private final RunningServer server;
    private final Supplier<String> address;
    private final Executor workers;

    /** @param workers may wait; they refuse nothing */
    public BackupsDoor(RunningServer server, Supplier<String> address, Executor workers) {
        this.server = server;
        this.address = address;
        this.workers = workers;
    }

    @Override
    public void take(TakeRequest request, StreamObserver<Piece> answer) {
        var pieces = new Pieces((ServerCallStreamObserver<Piece>) answer);
        workers.execute(() -> {
            try (var out = new BufferedOutputStream(pieces, PIECE_BYTES)) {
                var _ = server.write(out, address.get());
                out.flush();
                answer.onCompleted();
            } catch (Refused e) {
                answer.onError(
                        Status.UNAVAILABLE.withDescription(e.getMessage()).asRuntimeException());
            } catch (IOException | RuntimeException e) {
                log.warn("a backup was not taken", e);
                answer.onError(Status.INTERNAL.withDescription(e.toString()).asRuntimeException());
            }
        });
    }

    /** As fast as the client reads. */
    private static final class Pieces extends OutputStream {
        private final ServerCallStreamObserver<Piece> to;
        private final Object ready = new Object();

        Pieces(ServerCallStreamObserver<Piece> to) {
            this.to = to;
            to.setOnReadyHandler(this::wake);
            to.setOnCancelHandler(this::wake);
        }

        private void wake() {
            synchronized (ready) {
                ready.notifyAll();
            }
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int start, int length) throws IOException {
            awaitReady();
            to.onNext(Piece.newBuilder()
                    .setBytes(UnsafeByteOperations.unsafeWrap(Arrays.copyOfRange(bytes, start, start + length)))
                    .build());
        }

        private void awaitReady() throws IOException {
            long end = System.nanoTime() + STALL_MAX.toNanos();
            synchronized (ready) {
                while (!to.isReady()) {
                    long left = (end - System.nanoTime()) / 1_000_000;
                    if (to.isCancelled() || left <= 0) {
                        throw new IOException("the client takes no more of the backup");
                    }
                    try {
                        ready.wait(left);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IOException("interrupted", e);
                    }
                }
            }
        }
    }
}

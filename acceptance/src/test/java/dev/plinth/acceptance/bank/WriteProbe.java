package dev.plinth.acceptance.bank;

import dev.plinth.wire.config.v1.ConfigKey;
import dev.plinth.wire.config.v1.ConfigsGrpc;
import dev.plinth.wire.config.v1.PublishRequest;
import dev.plinth.wire.config.v1.Text;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A client that writes one text after the other, to whichever server takes it, and knows how long it had to wait. */
final class WriteProbe implements AutoCloseable {
    private static final long ANSWER_MILLIS_MAX = 10_000;
    private static final long BETWEEN_NANOS = 5_000_000;
    private static final ConfigKey KEY = ConfigKey.newBuilder()
            .setNamespace("public")
            .setGroup("acceptance")
            .setDataId("probe")
            .build();

    private final List<ManagedChannel> channels = new ArrayList<>();
    private final Thread thread;
    private final AtomicLong longestNanos = new AtomicLong();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private volatile boolean stopped;

    /** @param servers {@code host:port,host:port}: their HTTP */
    WriteProbe(String servers) {
        for (String server : servers.split(",")) {
            channels.add(NettyChannelBuilder.forTarget(server).usePlaintext().build());
        }
        thread = Thread.ofPlatform().name("write-probe").start(this::write);
    }

    private void write() {
        int at = 0;
        long last = System.nanoTime();
        while (!stopped) {
            ManagedChannel channel = channels.get(at);
            try {
                channel.resetConnectBackoff();
                ConfigsGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS)
                        .publish(PublishRequest.newBuilder()
                                .setKey(KEY)
                                .setText(Text.newBuilder().setContent("text " + written.get()))
                                .setAuthor("probe")
                                .build());
                long now = System.nanoTime();
                longestNanos.accumulateAndGet(now - last, Math::max);
                last = now;
                written.incrementAndGet();
            } catch (StatusRuntimeException e) {
                refused.incrementAndGet();
                at = (at + 1) % channels.size();
            }
            LockSupport.parkNanos(BETWEEN_NANOS);
        }
    }

    long written() {
        return written.get();
    }

    /** Requests that one server did not take, so that the next one was asked. */
    long refused() {
        return refused.get();
    }

    /** The longest time between two writes that were acknowledged, since this was last asked. */
    long takeLongestPauseMillis() {
        return longestNanos.getAndSet(0) / 1_000_000;
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        channels.forEach(ManagedChannel::shutdownNow);
    }
}

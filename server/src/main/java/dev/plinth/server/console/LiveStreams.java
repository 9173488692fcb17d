package dev.plinth.server.console;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The open consoles, and what each of them is told once a second. */
final class LiveStreams {
    /*
     * A document is encoded once and shared by all streams. A stream is handed the next one only when the connection has taken the
     * last; what comes in between replaces what waits. So a slow reader skips seconds, and costs two documents at most, however
     * long it sleeps. The alternative, a queue for each stream, grows with the reader's slowness, and then serves it old news.
     *
     * A console that lost its server comes back with the same request: it gets the history again, and puts the two together by time.
     */
    static final int STREAMS_MAX = 64;
    static final int HISTORY_SECONDS_MAX = 300;
    /** Endpoints in one document; the services keep their true count. */
    static final int ENDPOINTS_MAX = 1_000;
    /** How many documents in a row a stream may leave lying before it is closed. */
    static final int UNREAD_MAX = 60;

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
    private final Deque<Sample> history = new ArrayDeque<>();
    private @Nullable Live latest;
    private @Nullable HttpData latestDocument;
    private boolean closed;

    /** What a stream begins with. */
    record History(List<Sample> samples) {}

    /** Tells every open console. */
    void publish(Live live) {
        Live told = bounded(live);
        HttpData document = event("live", told);
        List<Stream> unread = new ArrayList<>();
        synchronized (this) {
            latest = told;
            latestDocument = document;
            history.addLast(live.sample());
            if (history.size() > HISTORY_SECONDS_MAX) {
                history.removeFirst();
            }
            for (Stream stream : streams) {
                if (!stream.offer(document)) {
                    unread.add(stream);
                }
            }
        }
        unread.forEach(Stream::abort);
    }

    /** A new stream; a problem if there are {@value #STREAMS_MAX}. */
    HttpResponse open() {
        HttpResponseWriter writer = HttpResponse.streaming();
        Stream stream = new Stream(writer);
        synchronized (this) {
            if (closed || streams.size() >= STREAMS_MAX) {
                return Problem.overloaded(
                                closed ? "the server stops" : STREAMS_MAX + " consoles are open, and no more may be", 5)
                        .response();
            }
            streams.add(stream);
            writer.write(ResponseHeaders.builder(HttpStatus.OK)
                    .contentType(MediaType.EVENT_STREAM)
                    .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                    .build());
            stream.offer(
                    HttpData.ofUtf8("retry: %d\n\n", RETRY.toMillis()),
                    event("history", new History(List.copyOf(history))));
            if (latestDocument != null) {
                stream.offer(latestDocument);
            }
        }
        var _ = writer.whenComplete().handle((done, failure) -> streams.remove(stream));
        return writer;
    }

    /** The document of the last second; empty before the first. */
    synchronized Optional<Live> latest() {
        return Optional.ofNullable(latest);
    }

    int count() {
        return streams.size();
    }

    /** Ends all streams and takes no more. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        streams.forEach(Stream::close);
    }

    private static Live bounded(Live live) {
        int endpoints = 0;
        boolean over = false;
        List<ServiceState> services = new ArrayList<>();
        for (ServiceState service : live.services()) {
            int room = ENDPOINTS_MAX - endpoints;
            if (service.endpoints().size() > room) {
                over = true;
                services.add(new ServiceState(
                        service.name(),
                        service.endpointCount(),
                        service.endpoints().subList(0, room)));
                endpoints = ENDPOINTS_MAX;
            } else {
                services.add(service);
                endpoints += service.endpoints().size();
            }
        }
        return over ? new Live(live.server(), live.sample(), live.cells(), services, live.alerts()) : live;
    }

    /** One server-sent event (WHATWG HTML, 9.2). JSON has no line breaks of its own, so one data line carries it. */
    private static HttpData event(String name, Object document) {
        byte[] head = ("event: " + name + "\ndata: ").getBytes(StandardCharsets.UTF_8);
        byte[] body = Json.bytes(document);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(head.length + body.length + 2);
        bytes.writeBytes(head);
        bytes.writeBytes(body);
        bytes.writeBytes(new byte[] {'\n', '\n'});
        return HttpData.wrap(bytes.toByteArray());
    }

    /** One open console. */
    private static final class Stream {
        private final HttpResponseWriter writer;
        private boolean underWay;
        private @Nullable HttpData waiting;
        private int unread;

        Stream(HttpResponseWriter writer) {
            this.writer = writer;
        }

        /** Writes both, as the first that this stream sends. */
        synchronized void offer(HttpData first, HttpData second) {
            writer.write(first);
            send(second);
        }

        /** Takes the document now or later, in place of one that still waits. False if nobody has read for too long. */
        synchronized boolean offer(HttpData document) {
            if (!underWay) {
                send(document);
                return true;
            }
            waiting = document;
            unread++;
            return unread <= UNREAD_MAX;
        }

        private void send(HttpData document) {
            if (writer.tryWrite(document)) {
                underWay = true;
                var _ = writer.whenConsumed().thenRun(this::consumed);
            }
        }

        private synchronized void consumed() {
            underWay = false;
            unread = 0;
            HttpData next = waiting;
            waiting = null;
            if (next != null) {
                send(next);
            }
        }

        /** Ends after what was written has been read. */
        void close() {
            writer.close();
        }

        /** Ends now, and forgets what was written. */
        void abort() {
            writer.abort();
        }
    }
}

package dev.plinth.server.console;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/** The built console, from {@code console/} on the class path. */
final class ConsoleFiles implements HttpService {
    /*
     * Everything under assets/ carries a hash of its content in its name, so a browser may keep it for ever; everything else is
     * asked for again each time and answered with 304 while it is the same. A path without a file's ending is a view of the console,
     * which its script reads from the address: it gets the index.
     */
    private static final Pattern FILE =
            Pattern.compile("/((?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+(?:[.-][A-Za-z0-9_-]+)*\\.[a-z0-9]+)");
    private static final String INDEX = "index.html";
    private static final Map<String, MediaType> TYPES = Map.of(
            "html", MediaType.HTML_UTF_8,
            "js", MediaType.create("text", "javascript").withCharset(java.nio.charset.StandardCharsets.UTF_8),
            "css", MediaType.CSS_UTF_8,
            "svg", MediaType.SVG_UTF_8,
            "png", MediaType.PNG,
            "json", MediaType.JSON_UTF_8,
            "txt", MediaType.PLAIN_TEXT_UTF_8);

    private final ClassLoader classes;
    /** Only files that are there are kept, so it is bounded by what was built. */
    private final Map<String, StoredFile> files = new ConcurrentHashMap<>();

    ConsoleFiles(ClassLoader classes) {
        this.classes = classes;
    }

    private record StoredFile(HttpData bytes, HttpData gzip, String tag, MediaType type, boolean hashed) {}

    @Override
    public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
        if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
            return Problem.method(request.method().name(), "GET").response();
        }
        String path = ctx.path();
        String lastSegment = path.substring(path.lastIndexOf('/') + 1);
        var matcher = FILE.matcher(path);
        boolean isFile =
                path.startsWith("/assets/") || (lastSegment.contains(".") && !path.startsWith("/transactions/"));
        if (!isFile) {
            return file(INDEX)
                    .map(index -> answer(index, request))
                    .orElseGet(() -> Problem.notFound("path", path, "a build that contains the console")
                            .response());
        }
        return (matcher.matches() ? file(matcher.group(1)) : Optional.<StoredFile>empty())
                .map(file -> answer(file, request))
                .orElseGet(() ->
                        Problem.notFound("path", path, "a file of the console").response());
    }

    private static HttpResponse answer(StoredFile file, HttpRequest request) {
        boolean same = request.headers().get(HttpHeaderNames.IF_NONE_MATCH, "").contains(file.tag);
        ResponseHeadersBuilder headers = ResponseHeaders.builder(same ? HttpStatus.NOT_MODIFIED : HttpStatus.OK)
                .set(HttpHeaderNames.ETAG, file.tag)
                .set(HttpHeaderNames.VARY, "accept-encoding")
                .set(HttpHeaderNames.CACHE_CONTROL, file.hashed ? "public, max-age=31536000, immutable" : "no-cache");
        if (same) {
            return HttpResponse.of(headers.build());
        }
        headers.contentType(file.type);
        boolean gzip =
                request.headers().get(HttpHeaderNames.ACCEPT_ENCODING, "").contains("gzip")
                        && file.gzip.length() < file.bytes.length();
        if (gzip) {
            headers.set(HttpHeaderNames.CONTENT_ENCODING, "gzip");
        }
        return HttpResponse.of(headers.build(), gzip ? file.gzip : file.bytes);
    }

    private Optional<StoredFile> file(String path) {
        StoredFile known = files.get(path);
        if (known != null) {
            return Optional.of(known);
        }
        MediaType type = TYPES.get(path.substring(path.lastIndexOf('.') + 1));
        if (type == null) {
            return Optional.empty();
        }
        try (InputStream in = classes.getResourceAsStream("console/" + path)) {
            if (in == null) {
                return Optional.empty();
            }
            byte[] bytes = in.readAllBytes();
            StoredFile file = new StoredFile(
                    HttpData.wrap(bytes), HttpData.wrap(gzip(bytes)), tag(bytes), type, path.startsWith("assets/"));
            files.put(path, file);
            return Optional.of(file);
        } catch (IOException e) {
            throw new UncheckedIOException("console/" + path + " on the class path", e);
        }
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static String tag(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return '"' + HexFormat.of().formatHex(hash, 0, 12) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

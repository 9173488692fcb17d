package dev.plinth.acceptance.faults;

import dev.plinth.wire.config.v1.Config;
import dev.plinth.wire.config.v1.ConfigKey;
import dev.plinth.wire.config.v1.ConfigsGrpc;
import dev.plinth.wire.config.v1.GetRequest;
import dev.plinth.wire.config.v1.ListRequest;
import dev.plinth.wire.config.v1.PublishRequest;
import dev.plinth.wire.config.v1.Text;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** One server's configuration texts, asked over gRPC, with what an answer says of whether the request took place. */
final class Texts {
    private static final int CALL_WITHIN_MILLIS = 2_000;
    private static final int PAGE_WITHIN_SECONDS = 30;

    /** The codes of {@code dev.plinth.kernel.Refused} with which a request changed nothing and never will. */
    private static final List<String> NEVER = List.of("OVERLOADED:", "NOT_LEADER:", "STORAGE:", "STOPPED:");

    sealed interface Answer {

        /** A text that nobody ever published has no versions. */
        record Found(Config config) implements Answer {}

        record Changed(long version) implements Answer {}

        /** Another text is there than was expected. */
        record Conflict() implements Answer {}

        /**
         * It failed.
         *
         * @param never whether the server vouches that it did not take place, and will not
         */
        record Failed(Status status, boolean never) implements Answer {}
    }

    private final ManagedChannel channel;

    Texts(ManagedChannel channel) {
        this.channel = channel;
    }

    private ConfigsGrpc.ConfigsBlockingStub stub() {
        return ConfigsGrpc.newBlockingStub(channel).withDeadlineAfter(CALL_WITHIN_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static ConfigKey key(String group, String name) {
        return ConfigKey.newBuilder().setGroup(group).setDataId(name).build();
    }

    Answer get(String group, String name) {
        try {
            return new Answer.Found(
                    stub().get(GetRequest.newBuilder().setKey(key(group, name)).build()));
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode() == Status.Code.NOT_FOUND
                    ? new Answer.Found(Config.getDefaultInstance())
                    : failed(e.getStatus());
        }
    }

    /** @param expected what has to be there now; an empty text: nothing */
    Answer publish(String group, String name, String content, Optional<String> expected) {
        var request = PublishRequest.newBuilder()
                .setKey(key(group, name))
                .setText(Text.newBuilder().setContent(content));
        expected.ifPresent(text -> request.setExpectedMd5(text.isEmpty() ? "" : md5(text)));
        try {
            return new Answer.Changed(stub().publish(request.build()).getVersion());
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION
                    ? new Answer.Conflict()
                    : failed(e.getStatus());
        }
    }

    private Answer failed(Status status) {
        return switch (status.getCode()) {
            case UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED -> {
                if (status.getCode() == Status.Code.UNAVAILABLE) {
                    channel.resetConnectBackoff();
                }
                var said = String.valueOf(status.getDescription());
                yield new Answer.Failed(status, NEVER.stream().anyMatch(said::startsWith));
            }
            default -> throw new AssertionError("no fault accounts for the answer " + status);
        };
    }

    /** The names of all texts of a group. */
    Set<String> names(String group) {
        Set<String> names = new TreeSet<>();
        var after = "";
        do {
            var page = ConfigsGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(PAGE_WITHIN_SECONDS, TimeUnit.SECONDS)
                    .list(ListRequest.newBuilder().setAfter(after).build());
            page.getConfigsList().stream()
                    .map(listed -> listed.getKey())
                    .filter(key -> key.getGroup().equals(group))
                    .forEach(key -> names.add(key.getDataId()));
            after = page.getNext();
        } while (!after.isEmpty());
        return names;
    }

    /** The text that holds. */
    static Optional<String> content(Config config) {
        if (config.getVersionsCount() == 0) {
            return Optional.empty();
        }
        var last = config.getVersions(config.getVersionsCount() - 1);
        return last.hasText() ? Optional.of(last.getText().getContent()) : Optional.empty();
    }

    private static String md5(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has MD5", e);
        }
    }
}

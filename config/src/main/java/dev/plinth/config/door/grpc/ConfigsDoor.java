package dev.plinth.config.door.grpc;

import dev.plinth.config.Author;
import dev.plinth.config.ConfigCommand;
import dev.plinth.config.ConfigKey;
import dev.plinth.config.ConfigOutcome;
import dev.plinth.config.ConfigText;
import dev.plinth.config.Configs;
import dev.plinth.config.Differences;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import dev.plinth.wire.config.v1.Changed;
import dev.plinth.wire.config.v1.Config;
import dev.plinth.wire.config.v1.ConfigsGrpc;
import dev.plinth.wire.config.v1.DiffRequest;
import dev.plinth.wire.config.v1.DiffResponse;
import dev.plinth.wire.config.v1.GetRequest;
import dev.plinth.wire.config.v1.ListRequest;
import dev.plinth.wire.config.v1.ListResponse;
import dev.plinth.wire.config.v1.PublishRequest;
import dev.plinth.wire.config.v1.ReleaseRequest;
import dev.plinth.wire.config.v1.RemoveRequest;
import dev.plinth.wire.config.v1.RollBackRequest;
import dev.plinth.wire.config.v1.WithdrawRequest;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.grpc.RetryHint;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The configuration over gRPC ({@code plinth.config.v1.Configs}). */
public final class ConfigsDoor extends ConfigsGrpc.ConfigsImplBase {
    private final Configs configs;
    private final Executor workers;
    private final CallAnswers calls;

    /** @param workers encode and send, so that the engine's thread need not; they refuse nothing */
    public ConfigsDoor(Configs configs, Executor workers) {
        this.configs = configs;
        this.workers = workers;
        this.calls = new CallAnswers(workers, ConfigsDoor::status);
    }

    @Override
    public void get(GetRequest request, StreamObserver<Config> answers) {
        calls.answer(answers, () -> found(request.getKey()).thenApply(ConfigMessages::message));
    }

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> answers) {
        calls.answer(answers, () -> {
            int limit = request.getLimit() <= 0
                    ? Limits.READ_ITEMS_MAX
                    : Math.min(request.getLimit(), Limits.READ_ITEMS_MAX);
            return configs.list(ConfigMessages.namespace(request.getNamespace()), request.getAfter(), limit)
                    .thenApply(page -> {
                        var response = ListResponse.newBuilder();
                        page.forEach(config -> response.addConfigs(ConfigMessages.listed(config)));
                        if (page.size() == limit) {
                            response.setNext(page.getLast().key().key());
                        }
                        return response.build();
                    });
        });
    }

    @Override
    public void publish(PublishRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new ConfigCommand.Publish(
                        ConfigMessages.key(request.getKey()),
                        ConfigMessages.text(request.getText()),
                        request.hasExpectedMd5() ? Optional.of(request.getExpectedMd5()) : Optional.empty(),
                        author(request.getAuthor())));
    }

    @Override
    public void remove(RemoveRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new ConfigCommand.Remove(ConfigMessages.key(request.getKey()), author(request.getAuthor())));
    }

    @Override
    public void rollBack(RollBackRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new ConfigCommand.RollBack(
                        ConfigMessages.key(request.getKey()), request.getVersion(), author(request.getAuthor())));
    }

    @Override
    public void release(ReleaseRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new ConfigCommand.Release(
                        ConfigMessages.key(request.getKey()),
                        request.getName(),
                        ConfigMessages.rule(request.getRule()),
                        ConfigMessages.text(request.getText()),
                        author(request.getAuthor())));
    }

    @Override
    public void withdraw(WithdrawRequest request, StreamObserver<Changed> answers) {
        change(
                answers,
                () -> new ConfigCommand.Withdraw(
                        ConfigMessages.key(request.getKey()), request.getName(), author(request.getAuthor())));
    }

    @Override
    public void diff(DiffRequest request, StreamObserver<DiffResponse> answers) {
        calls.answer(
                answers,
                () -> found(request.getKey())
                        .thenApplyAsync(
                                config -> ConfigMessages.differences(Differences.between(
                                        content(config, request.getFrom()), content(config, request.getTo()))),
                                workers));
    }

    /** A version that says that the text was removed has none. */
    private static String content(dev.plinth.config.Config config, long version) {
        return config.version(version)
                .orElseThrow(() -> Status.NOT_FOUND
                        .withDescription(
                                "version " + version + " of " + config.key().key() + " is not kept")
                        .asRuntimeException())
                .text()
                .map(ConfigText::content)
                .orElse("");
    }

    private CompletableFuture<dev.plinth.config.Config> found(dev.plinth.wire.config.v1.ConfigKey message) {
        ConfigKey key = ConfigMessages.key(message);
        return configs.find(key)
                .thenApply(config -> config.orElseThrow(() -> Status.NOT_FOUND
                        .withDescription("there is no " + key.key() + ", and never was")
                        .asRuntimeException()));
    }

    private static Author author(String name) {
        return new Author(name, "");
    }

    private void change(StreamObserver<Changed> answers, Supplier<ConfigCommand> command) {
        calls.answer(
                answers,
                () -> configs.submit(command.get()).thenApply(outcome -> switch (outcome) {
                    case ConfigOutcome.Done done ->
                        Changed.newBuilder().setVersion(done.version()).build();
                    case ConfigOutcome.Denied denied ->
                        throw (switch (denied.reason()) {
                                    case NOT_FOUND -> Status.NOT_FOUND;
                                    case CONFLICT -> Status.FAILED_PRECONDITION;
                                    case OVERLOADED -> Status.RESOURCE_EXHAUSTED;
                                })
                                .withDescription(denied.message())
                                .asRuntimeException();
                }));
    }

    private static StatusRuntimeException status(Throwable failure) {
        return switch (failure) {
            case StatusRuntimeException said -> said;
            case Refused refused ->
                (refused.code() == Refused.Code.OVERLOADED || refused.code() == Refused.Code.TOO_LARGE
                                ? Status.RESOURCE_EXHAUSTED
                                : Status.UNAVAILABLE)
                        .withDescription(refused.getMessage())
                        .asRuntimeException(RetryHint.trailers(refused.retryAfter()));
            default ->
                Status.INTERNAL
                        .withDescription("the configuration's door failed")
                        .withCause(failure)
                        .asRuntimeException();
        };
    }
}

package dev.plinth.registry.door.grpc;

import dev.plinth.config.Author;
import dev.plinth.config.ConfigOutcome;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.Registry;
import dev.plinth.registry.Search;
import dev.plinth.registry.rules.StoredRules;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.grpc.RetryHint;
import dev.plinth.wire.registry.v1.ExplainRequest;
import dev.plinth.wire.registry.v1.ExplainResponse;
import dev.plinth.wire.registry.v1.ListRulesRequest;
import dev.plinth.wire.registry.v1.ListRulesResponse;
import dev.plinth.wire.registry.v1.ListSubscribersRequest;
import dev.plinth.wire.registry.v1.ListSubscribersResponse;
import dev.plinth.wire.registry.v1.PutRuleRequest;
import dev.plinth.wire.registry.v1.PutRuleResponse;
import dev.plinth.wire.registry.v1.RegistryOperationsGrpc;
import dev.plinth.wire.registry.v1.RemoveRuleRequest;
import dev.plinth.wire.registry.v1.RemoveRuleResponse;
import dev.plinth.wire.registry.v1.SearchRequest;
import dev.plinth.wire.registry.v1.SearchResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * The registry's operation over gRPC ({@code plinth.registry.v1.RegistryOperations}).
 *
 * <p>Its duplicate rule: a rule says what shall hold, so one that comes twice changes nothing the second time.
 */
public final class RegistryOperationsDoor extends RegistryOperationsGrpc.RegistryOperationsImplBase {
    private final Registry registry;
    private final StoredRules rules;
    private final Executor workers;
    private final CallAnswers calls;

    /** @param workers encode and send, so that the engine's thread need not; they refuse nothing */
    public RegistryOperationsDoor(Registry registry, StoredRules rules, Executor workers) {
        this.registry = registry;
        this.rules = rules;
        this.workers = workers;
        calls = new CallAnswers(workers, RegistryOperationsDoor::status);
    }

    @Override
    public void search(SearchRequest request, StreamObserver<SearchResponse> answers) {
        calls.answer(
                answers,
                () -> registry.search(
                                new Search(
                                        request.getService(),
                                        request.getAddress(),
                                        new TreeMap<>(request.getMetadataMap())),
                                request.getAfter(),
                                limit(request.getLimit()))
                        .thenApplyAsync(found -> OperationMessages.message(found, rules), workers));
    }

    @Override
    public void explain(ExplainRequest request, StreamObserver<ExplainResponse> answers) {
        calls.answer(
                answers,
                () -> registry.whereabouts(request.getService(), request.getAddress())
                        .thenApplyAsync(
                                whereabouts -> OperationMessages.message(whereabouts, request.getService(), rules),
                                workers));
    }

    @Override
    public void listSubscribers(ListSubscribersRequest request, StreamObserver<ListSubscribersResponse> answers) {
        calls.answer(
                answers,
                () -> registry.subscribers(request.getService(), limit(request.getLimit()))
                        .thenApplyAsync(OperationMessages::message, workers));
    }

    @Override
    public void putRule(PutRuleRequest request, StreamObserver<PutRuleResponse> answers) {
        calls.answer(
                answers,
                () -> rules.put(OperationMessages.rule(request.getRule()), new Author(request.getAuthor(), ""))
                        .thenApply(outcome -> done(outcome, PutRuleResponse.getDefaultInstance())));
    }

    @Override
    public void removeRule(RemoveRuleRequest request, StreamObserver<RemoveRuleResponse> answers) {
        calls.answer(
                answers,
                () -> rules.remove(OperationMessages.rule(request.getRule()), new Author(request.getAuthor(), ""))
                        .thenApply(outcome -> done(outcome, RemoveRuleResponse.getDefaultInstance())));
    }

    @Override
    public void listRules(ListRulesRequest request, StreamObserver<ListRulesResponse> answers) {
        calls.answer(answers, () -> {
            var response = ListRulesResponse.newBuilder();
            rules.all().forEach(rule -> response.addRules(OperationMessages.message(rule)));
            return CompletableFuture.completedFuture(response.build());
        });
    }

    private static <R> R done(ConfigOutcome outcome, R response) {
        return switch (outcome) {
            case ConfigOutcome.Done _ -> response;
            case ConfigOutcome.Denied denied ->
                throw switch (denied.reason()) {
                    case NOT_FOUND ->
                        Status.NOT_FOUND
                                .withDescription("there is no such rule")
                                .asRuntimeException();
                    case CONFLICT ->
                        Status.FAILED_PRECONDITION
                                .withDescription(denied.message())
                                .asRuntimeException();
                    case OVERLOADED ->
                        Status.RESOURCE_EXHAUSTED
                                .withDescription(denied.message())
                                .asRuntimeException();
                };
        };
    }

    private static int limit(int asked) {
        return asked <= 0 ? Limits.READ_ITEMS_MAX : asked;
    }

    private static StatusRuntimeException status(Throwable failure) {
        return switch (failure) {
            case StatusRuntimeException said -> said;
            case Refused refused ->
                Messages.status(refused).asRuntimeException(RetryHint.trailers(refused.retryAfter()));
            default ->
                Status.INTERNAL
                        .withDescription("the registry's door failed")
                        .withCause(failure)
                        .asRuntimeException();
        };
    }
}

package dev.plinth.wire.seata;

import dev.plinth.wire.seata.SeataMessage.Response;
import dev.plinth.wire.seata.SeataMessage.Result;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Arbitrary messages and frames of every kind. */
public final class Messages {
    private Messages() {}

    private static final Arbitrary<Long> NUMBERS = Arbitraries.longs();
    private static final Arbitrary<BranchType> BRANCH_TYPES = Arbitraries.of(BranchType.class);
    private static final Arbitrary<BranchStatus> BRANCH_STATUSES = Arbitraries.of(BranchStatus.class);
    private static final Arbitrary<GlobalStatus> GLOBAL_STATUSES = Arbitraries.of(GlobalStatus.class);
    private static final Arbitrary<TransactionExceptionCode> CODES = Arbitraries.of(TransactionExceptionCode.class);

    /** Any characters but lone surrogates, which UTF-8 cannot carry. */
    public static Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.just(""),
                Arbitraries.strings().ascii().ofMaxLength(40),
                Arbitraries.strings().withChars("aß漢字 \u0000:,;=\n").ofMaxLength(40),
                Arbitraries.of("192.168.0.1:8091:7", "jdbc:postgresql://db/bank", "😀 four bytes each 😀"),
                Arbitraries.strings().alpha().ofMaxLength(5).map(text -> text.repeat(600)));
    }

    public static Arbitrary<Result> results() {
        return Arbitraries.oneOf(
                Arbitraries.just(Result.ok()),
                CODES.map(code -> new Result(true, "", code)),
                Combinators.combine(CODES, texts()).as(Result::failed));
    }

    public static Arbitrary<SeataMessage> requests() {
        var texts = texts();
        return Arbitraries.oneOf(List.of(
                Combinators.combine(Arbitraries.integers(), texts).as(SeataMessage.GlobalBeginRequest::new),
                Combinators.combine(texts, texts).as(SeataMessage.GlobalCommitRequest::new),
                Combinators.combine(texts, texts).as(SeataMessage.GlobalRollbackRequest::new),
                Combinators.combine(texts, texts).as(SeataMessage.GlobalStatusRequest::new),
                Combinators.combine(texts, texts, GLOBAL_STATUSES).as(SeataMessage.GlobalReportRequest::new),
                Combinators.combine(texts, BRANCH_TYPES, texts, texts, texts)
                        .as(SeataMessage.BranchRegisterRequest::new),
                Combinators.combine(texts, NUMBERS, BRANCH_STATUSES, texts, texts, BRANCH_TYPES)
                        .as(SeataMessage.BranchReportRequest::new),
                Combinators.combine(texts, BRANCH_TYPES, texts, texts, texts)
                        .as(SeataMessage.GlobalLockQueryRequest::new),
                Combinators.combine(texts, NUMBERS, BRANCH_TYPES, texts, texts)
                        .as(SeataMessage.BranchCommitRequest::new),
                Combinators.combine(texts, NUMBERS, BRANCH_TYPES, texts, texts)
                        .as(SeataMessage.BranchRollbackRequest::new),
                Combinators.combine(BRANCH_TYPES, texts, Arbitraries.integers().between(-0x8000, 0x7fff))
                        .as(SeataMessage.UndoLogDeleteRequest::new),
                Combinators.combine(texts, texts, texts, texts).as(SeataMessage.RegisterTMRequest::new),
                Combinators.combine(texts, texts, texts, texts, texts).as(SeataMessage.RegisterRMRequest::new)));
    }

    public static Arbitrary<Response> responses() {
        var texts = texts();
        var results = results();
        return Arbitraries.oneOf(List.of(
                Combinators.combine(results, texts, texts).as(SeataMessage.GlobalBeginResponse::new),
                Combinators.combine(results, GLOBAL_STATUSES).as(SeataMessage.GlobalCommitResponse::new),
                Combinators.combine(results, GLOBAL_STATUSES).as(SeataMessage.GlobalRollbackResponse::new),
                Combinators.combine(results, GLOBAL_STATUSES).as(SeataMessage.GlobalStatusResponse::new),
                Combinators.combine(results, GLOBAL_STATUSES).as(SeataMessage.GlobalReportResponse::new),
                Combinators.combine(results, NUMBERS).as(SeataMessage.BranchRegisterResponse::new),
                results.map(SeataMessage.BranchReportResponse::new),
                Combinators.combine(results, Arbitraries.of(true, false)).as(SeataMessage.GlobalLockQueryResponse::new),
                Combinators.combine(results, texts, NUMBERS, BRANCH_STATUSES)
                        .as(SeataMessage.BranchCommitResponse::new),
                Combinators.combine(results, texts, NUMBERS, BRANCH_STATUSES)
                        .as(SeataMessage.BranchRollbackResponse::new),
                Combinators.combine(Arbitraries.of(true, false), texts).as(SeataMessage.RegisterTMResponse::new),
                Combinators.combine(Arbitraries.of(true, false), texts).as(SeataMessage.RegisterRMResponse::new)));
    }

    /** Messages of every kind but the heartbeat, merged ones included. */
    public static Arbitrary<SeataMessage> all() {
        var ids = Arbitraries.integers();
        return Arbitraries.oneOf(List.of(
                requests(),
                responses().map(response -> response),
                Combinators.combine(requests(), ids)
                        .as(Part::new)
                        .list()
                        .ofMaxSize(5)
                        .map(parts -> new SeataMessage.MergedRequest(
                                parts.stream().map(Part::message).toList(),
                                parts.stream().map(Part::id).toList())),
                responses().list().ofMaxSize(5).map(SeataMessage.MergedResponse::new),
                Combinators.combine(responses(), ids)
                        .as(AnsweredPart::new)
                        .list()
                        .ofMaxSize(5)
                        .map(parts -> new SeataMessage.BatchResponse(
                                parts.stream().map(AnsweredPart::message).toList(),
                                parts.stream().map(AnsweredPart::id).toList()))));
    }

    public static Arbitrary<SeataFrame> frames() {
        var kinds = Arbitraries.of(SeataFrame.Kind.REQUEST, SeataFrame.Kind.RESPONSE, SeataFrame.Kind.ONE_WAY);
        var heads = Arbitraries.maps(texts(), texts()).ofMaxSize(3);
        return Arbitraries.oneOf(
                Combinators.combine(kinds, Arbitraries.integers(), heads, all()).as(SeataFrame::new),
                Arbitraries.integers().map(SeataFrame::ping),
                Arbitraries.integers().map(SeataFrame::pong));
    }

    private record Part(SeataMessage message, int id) {}

    private record AnsweredPart(Response message, int id) {}
}

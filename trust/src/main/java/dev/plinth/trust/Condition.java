package dev.plinth.trust;

import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A policy's condition, compiled: a truth value of a result, in CEL, which always ends. */
final class Condition {
    /*
     * CEL has no loops but those over what is there, and their turns are bounded here; regular expressions are RE2's, which take linear
     * time. So a policy cannot hold up the one who asks. A language of our own would be easier to bound and harder to read.
     */
    private static final int TURNS_MAX = 100_000;

    private static final CelOptions OPTIONS = CelOptions.current()
            .enableHeterogeneousNumericComparisons(true)
            .comprehensionMaxIterations(TURNS_MAX)
            .maxExpressionCodePointSize(AppraisalPolicy.CONDITION_CHARACTERS_MAX)
            .maxParseRecursionDepth(64)
            .build();
    private static final MapType NAMED = MapType.create(SimpleType.STRING, SimpleType.DYN);
    private static final CelCompiler COMPILER = CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addVar("evidence", SimpleType.STRING)
            .addVar("claims", NAMED)
            .addVar("parts", NAMED)
            .addVar("vector", MapType.create(SimpleType.STRING, SimpleType.INT))
            .addVar("references", MapType.create(SimpleType.STRING, ListType.create(SimpleType.STRING)))
            .setResultType(SimpleType.BOOL)
            .build();
    private static final CelRuntime RUNTIME =
            CelRuntimeFactory.plannerRuntimeBuilder().setOptions(OPTIONS).build();

    private final CelRuntime.Program program;

    private Condition(CelRuntime.Program program) {
        this.program = program;
    }

    static Condition compile(String policy, String source) {
        try {
            return new Condition(RUNTIME.createProgram(COMPILER.compile(source).getAst()));
        } catch (CelValidationException | CelEvaluationException e) {
            throw new Malformed(
                    Where.field("policy " + policy, "condition"),
                    "a condition in CEL",
                    Bytes.shorten(String.valueOf(e.getMessage()).replace('\n', ' ')));
        }
    }

    /** What came of it: {@code reason} is empty if it holds. */
    record Verdict(boolean holds, String reason) {}

    Verdict evaluate(AttestationResult result, Map<String, List<String>> references) {
        var parts = new HashMap<String, Object>();
        result.parts()
                .forEach((name, part) -> parts.put(name, Map.of("evidence", part.kind(), "claims", part.claims())));
        var vector = new HashMap<String, Long>();
        result.vector().labelled().forEach((label, value) -> vector.put(label, (long) value));
        try {
            var value = program.eval(Map.of(
                    "evidence",
                    result.kind(),
                    "claims",
                    result.claims(),
                    "parts",
                    parts,
                    "vector",
                    vector,
                    "references",
                    references));
            return Boolean.TRUE.equals(value) ? new Verdict(true, "") : new Verdict(false, "the condition is " + value);
        } catch (CelEvaluationException e) {
            return new Verdict(
                    false, "the condition cannot be evaluated: " + Bytes.shorten(String.valueOf(e.getMessage())));
        }
    }
}

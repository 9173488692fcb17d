package dev.plinth.sdk.saga;

import com.google.gson.Gson;
import dev.plinth.sdk.saga.Saga.Named;
import dev.plinth.sdk.saga.SagaStore.RunState;
import dev.plinth.sdk.saga.SagaStore.StepRecord;
import dev.plinth.sdk.saga.SagaStore.StepState;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** One run of a saga, in the hands of one process. */
final class SagaRun<I extends Record> {
    /** Hears how a run goes on. Nothing depends on it: what is needed to go on is in the database. */
    interface Progress {
        Progress UNHEARD = new Progress() {
            @Override
            public void starting(String step) {}

            @Override
            public void ended(String step, boolean done) {}
        };

        /** A step is about to be tried for the first time. */
        void starting(String step);

        /** A step was done, or failed. */
        void ended(String step, boolean done);
    }

    private final Saga<I> saga;
    private final SagaStore store;
    private final Gson json;
    private final String xid;
    private final long epoch;
    private final I input;
    private final Map<String, StepRecord> steps;

    SagaRun(Saga<I> saga, SagaStore store, Gson json, String xid, SagaStore.Run run) {
        this.saga = saga;
        this.store = store;
        this.json = json;
        this.xid = xid;
        this.epoch = run.epoch();
        this.input = json.fromJson(run.input(), saga.input());
        this.steps = new HashMap<>(run.steps());
    }

    /**
     * Goes on to the end.
     *
     * @param progress hears of each step
     */
    void forward(Progress progress) throws Exception {
        for (Named<I, ?> step : saga.steps()) {
            StepRecord record = steps.get(step.name());
            if (record == null) {
                progress.starting(step.name());
                record(step.name(), StepState.STARTED, "");
            }
            if (record == null || record.state() == StepState.STARTED) {
                forward(step, progress);
            }
        }
        store.state(xid, epoch, RunState.DONE);
    }

    private <O extends Record> void forward(Named<I, O> step, Progress progress) throws Exception {
        O output;
        try {
            output = step.step().run(context(step.name()), input);
        } catch (Exception e) {
            store.state(xid, epoch, RunState.FAILED);
            progress.ended(step.name(), false);
            throw e;
        }
        record(step.name(), StepState.DONE, json.toJson(output, step.output()));
        progress.ended(step.name(), true);
    }

    /** Undoes what was done, the last first. */
    void compensate() throws Exception {
        for (Named<I, ?> step : saga.steps().reversed()) {
            StepRecord record = steps.get(step.name());
            if (record != null && record.state() != StepState.COMPENSATED) {
                compensate(step, record);
                record(step.name(), StepState.COMPENSATED, record.output());
            }
        }
        store.state(xid, epoch, RunState.COMPENSATED);
    }

    private <O extends Record> void compensate(Named<I, O> step, StepRecord record) throws Exception {
        Optional<O> output = record.output().isEmpty()
                ? Optional.empty()
                : Optional.of(json.fromJson(record.output(), step.output()));
        step.step().compensate(context(step.name()), input, output);
    }

    private void record(String step, StepState state, String output) throws SQLException {
        store.step(xid, epoch, step, state, output);
        steps.put(step, new StepRecord(state, output));
    }

    private Step.Context context(String step) {
        return new Step.Context() {
            @Override
            public String idempotencyKey() {
                return xid + "/" + step;
            }

            @Override
            public <R extends Record> Optional<R> result(String earlier, Class<R> type) {
                StepRecord record = steps.get(earlier);
                return record == null || record.output().isEmpty()
                        ? Optional.empty()
                        : Optional.of(json.fromJson(record.output(), type));
            }
        };
    }
}

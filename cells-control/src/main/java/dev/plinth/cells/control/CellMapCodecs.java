package dev.plinth.cells.control;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.plinth.cells.Assignment;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.cells.control.stored.v1.StoredCell;
import dev.plinth.cells.control.stored.v1.StoredCommand;
import dev.plinth.cells.control.stored.v1.StoredEpochMismatch;
import dev.plinth.cells.control.stored.v1.StoredFunction;
import dev.plinth.cells.control.stored.v1.StoredInvalid;
import dev.plinth.cells.control.stored.v1.StoredKind;
import dev.plinth.cells.control.stored.v1.StoredMap;
import dev.plinth.cells.control.stored.v1.StoredOutcome;
import dev.plinth.cells.control.stored.v1.StoredPut;
import dev.plinth.cells.control.stored.v1.StoredReplaced;
import dev.plinth.cells.control.stored.v1.StoredState;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Codecs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How the cell map's commands, outcomes and state look on disk: {@code stored.proto}. */
final class CellMapCodecs {
    private CellMapCodecs() {}

    static final Codec<CellMapCommand> COMMANDS = new Codec<>() {
        @Override
        public byte[] encode(CellMapCommand command) {
            return switch (command) {
                case CellMapCommand.Put put ->
                    bytes(StoredCommand.newBuilder()
                            .setPut(StoredPut.newBuilder()
                                    .setExpectedEpoch(put.expected().number())
                                    .setMap(toStored(put.map())))
                            .build());
            };
        }

        @Override
        public CellMapCommand decode(ByteBuffer bytes) {
            try {
                var stored = StoredCommand.parseFrom(bytes);
                return switch (stored.getCommandCase()) {
                    case PUT ->
                        new CellMapCommand.Put(
                                new Epoch(stored.getPut().getExpectedEpoch()),
                                fromStored(stored.getPut().getMap()));
                    case COMMAND_NOT_SET -> throw unknown("a command");
                };
            } catch (InvalidProtocolBufferException e) {
                throw damaged("command", e);
            }
        }
    };

    static final Codec<CellMapOutcome> OUTCOMES = new Codec<>() {
        @Override
        public byte[] encode(CellMapOutcome outcome) {
            var stored = StoredOutcome.newBuilder();
            switch (outcome) {
                case CellMapOutcome.Replaced(Epoch epoch) ->
                    stored.setReplaced(StoredReplaced.newBuilder().setEpoch(epoch.number()));
                case CellMapOutcome.EpochMismatch(Epoch current) ->
                    stored.setEpochMismatch(StoredEpochMismatch.newBuilder().setCurrentEpoch(current.number()));
                case CellMapOutcome.Invalid(String reason) ->
                    stored.setInvalid(StoredInvalid.newBuilder().setReason(reason));
            }
            return bytes(stored.build());
        }

        @Override
        public CellMapOutcome decode(ByteBuffer bytes) {
            try {
                var stored = StoredOutcome.parseFrom(bytes);
                return switch (stored.getOutcomeCase()) {
                    case REPLACED ->
                        new CellMapOutcome.Replaced(
                                new Epoch(stored.getReplaced().getEpoch()));
                    case EPOCH_MISMATCH ->
                        new CellMapOutcome.EpochMismatch(
                                new Epoch(stored.getEpochMismatch().getCurrentEpoch()));
                    case INVALID ->
                        new CellMapOutcome.Invalid(stored.getInvalid().getReason());
                    case OUTCOME_NOT_SET -> throw unknown("an outcome");
                };
            } catch (InvalidProtocolBufferException e) {
                throw damaged("outcome", e);
            }
        }
    };

    static final Codecs<CellMapCommand, CellMapOutcome, Void> ALL = Codecs.withoutEffects(COMMANDS, OUTCOMES);

    static byte[] encodeState(Optional<CellMap> state) {
        var stored = StoredState.newBuilder();
        state.ifPresent(map -> stored.setMap(toStored(map)));
        return bytes(stored.build());
    }

    static Optional<CellMap> decodeState(byte[] bytes) throws IOException {
        try {
            var stored = StoredState.parseFrom(bytes);
            return stored.hasMap() ? Optional.of(fromStored(stored.getMap())) : Optional.empty();
        } catch (IllegalArgumentException e) {
            throw new IOException("the cell map in the snapshot is not sound: " + e.getMessage(), e);
        }
    }

    private static StoredMap toStored(CellMap map) {
        var stored = StoredMap.newBuilder()
                .setEpoch(map.epoch().number())
                .setFunction(
                        switch (map.shardFunction().kind()) {
                            case LAST_DIGITS -> StoredFunction.STORED_FUNCTION_LAST_DIGITS;
                            case HASH -> StoredFunction.STORED_FUNCTION_HASH;
                        })
                .setShards(map.shardFunction().shards());
        Map<Cell, Integer> places = new HashMap<>();
        for (var cell : map.cells()) {
            places.put(cell, places.size());
            stored.addCells(StoredCell.newBuilder()
                    .setName(cell.name())
                    .setZone(cell.zone().name())
                    .setRegion(cell.zone().region().name())
                    .setKind(
                            switch (cell.kind()) {
                                case SHARDED -> StoredKind.STORED_KIND_SHARDED;
                                case GLOBAL -> StoredKind.STORED_KIND_GLOBAL;
                                case LOCAL -> StoredKind.STORED_KIND_LOCAL;
                            }));
        }
        for (var assignment : map.assignments()) {
            Integer place = places.get(assignment.owner());
            if (place == null) {
                throw new IllegalStateException(assignment.owner() + " is no cell of its own map");
            }
            stored.addAssignments(2 * place + (assignment.state() == Assignment.State.FROZEN ? 1 : 0));
        }
        return stored.build();
    }

    private static CellMap fromStored(StoredMap stored) {
        var kind = switch (stored.getFunction()) {
            case STORED_FUNCTION_LAST_DIGITS -> ShardFunction.Kind.LAST_DIGITS;
            case STORED_FUNCTION_HASH -> ShardFunction.Kind.HASH;
            case STORED_FUNCTION_UNSPECIFIED, UNRECOGNIZED -> throw unknown("a shard function");
        };
        List<Cell> cells = new ArrayList<>(stored.getCellsCount());
        for (var cell : stored.getCellsList()) {
            cells.add(new Cell(
                    cell.getName(),
                    Zone.of(cell.getZone(), cell.getRegion()),
                    switch (cell.getKind()) {
                        case STORED_KIND_SHARDED -> Cell.Kind.SHARDED;
                        case STORED_KIND_GLOBAL -> Cell.Kind.GLOBAL;
                        case STORED_KIND_LOCAL -> Cell.Kind.LOCAL;
                        case STORED_KIND_UNSPECIFIED, UNRECOGNIZED -> throw unknown("a kind of cell");
                    }));
        }
        List<Assignment> assignments = new ArrayList<>(stored.getAssignmentsCount());
        for (int assignment : stored.getAssignmentsList()) {
            if (assignment < 0 || assignment / 2 >= cells.size()) {
                throw new IllegalArgumentException("shard " + assignments.size() + " belongs to cell "
                        + Integer.toUnsignedLong(assignment) / 2 + " of " + cells.size());
            }
            var owner = cells.get(assignment / 2);
            assignments.add(assignment % 2 == 0 ? Assignment.open(owner) : Assignment.frozen(owner));
        }
        return new CellMap(
                new Epoch(stored.getEpoch()), new ShardFunction(kind, stored.getShards()), cells, assignments);
    }

    /** The bytes of a message: the same for equal messages, as the journal asks. */
    private static byte[] bytes(Message message) {
        byte[] bytes = new byte[message.getSerializedSize()];
        var out = CodedOutputStream.newInstance(bytes);
        out.useDeterministicSerialization();
        try {
            message.writeTo(out);
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes;
    }

    private static IllegalArgumentException unknown(String what) {
        return new IllegalArgumentException(what + " of the cell map that this release does not know");
    }

    private static IllegalArgumentException damaged(String what, InvalidProtocolBufferException cause) {
        return new IllegalArgumentException(
                "not a " + what + " of the cell map's engine: " + cause.getMessage(), cause);
    }
}

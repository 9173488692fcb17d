package dev.plinth.raft;

import com.alipay.remoting.CustomSerializerManager;
import com.alipay.remoting.DefaultCustomSerializer;
import com.alipay.remoting.InvokeContext;
import com.alipay.remoting.exception.DeserializationException;
import com.alipay.remoting.rpc.RequestCommand;
import com.alipay.remoting.rpc.ResponseCommand;
import com.alipay.remoting.rpc.protocol.RpcRequestCommand;
import com.alipay.remoting.rpc.protocol.RpcResponseCommand;
import com.alipay.remoting.serialization.SerializerManager;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A batch on its way to the leader, and the leader's word about its fate, as messages of JRaft's RPC. */
final class Forward {
    /*
     * request: bytes of the group's name 1, the name, term 8, the batch to the end
     * answer: 1 ordered, 2 not ordered, 3 unknown; the reason to the end
     *
     * JRaft's RPC is Bolt: a message names its class, and the class its serializer. A class that nobody registered one for would go
     * through Hessian, which makes whatever object the sender names; that is switched off for the whole process.
     */

    /** Orders the batch in this term, or not at all. */
    record Request(String group, long term, ByteBuffer batch) {}

    record Answer(Fate fate) {}

    private static final byte ORDERED = 1;
    private static final byte NOT_ORDERED = 2;
    private static final byte UNKNOWN = 3;

    static {
        SerializerManager.addSerializer(SerializerManager.Hessian2, new NoSerializer());
        CustomSerializerManager.registerCustomSerializer(Request.class.getName(), new Bytes());
        CustomSerializerManager.registerCustomSerializer(Answer.class.getName(), new Bytes());
    }

    private Forward() {}

    /** Makes sure that the messages can be sent and received. */
    static void register() {
        // Loading the class is all it takes.
    }

    private static byte[] encode(Request request) {
        byte[] name = request.group().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(
                        1 + name.length + Long.BYTES + request.batch().remaining())
                .put((byte) name.length)
                .put(name)
                .putLong(request.term())
                .put(request.batch().duplicate())
                .array();
    }

    private static Request request(byte[] bytes) {
        var from = ByteBuffer.wrap(bytes);
        byte[] name = new byte[Byte.toUnsignedInt(from.get())];
        from.get(name);
        return new Request(new String(name, StandardCharsets.UTF_8), from.getLong(), from.slice());
    }

    private static byte[] encode(Answer answer) {
        return switch (answer.fate()) {
            case Fate.Ordered _ -> new byte[] {ORDERED};
            case Fate.NotOrdered(var reason) -> bytes(NOT_ORDERED, reason);
            case Fate.Unknown(var reason) -> bytes(UNKNOWN, reason);
        };
    }

    private static byte[] bytes(byte kind, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + text.length).put(kind).put(text).array();
    }

    private static Answer answer(byte[] bytes) {
        var from = ByteBuffer.wrap(bytes);
        byte kind = from.get();
        var reason = new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8);
        return new Answer(
                switch (kind) {
                    case ORDERED -> new Fate.Ordered();
                    case NOT_ORDERED -> new Fate.NotOrdered(reason);
                    case UNKNOWN -> new Fate.Unknown(reason);
                    default -> throw new IllegalArgumentException("answer kind " + kind + "; expected 1 to 3");
                });
    }

    private static final class Bytes extends DefaultCustomSerializer {
        @Override
        public <T extends RequestCommand> boolean serializeContent(T command, InvokeContext context) {
            if (command instanceof RpcRequestCommand rpc && rpc.getRequestObject() instanceof Request request) {
                rpc.setContent(encode(request));
                return true;
            }
            return false;
        }

        @Override
        public <T extends ResponseCommand> boolean serializeContent(T command) {
            if (command instanceof RpcResponseCommand rpc && rpc.getResponseObject() instanceof Answer answer) {
                rpc.setContent(encode(answer));
                return true;
            }
            return false;
        }

        @Override
        public <T extends RequestCommand> boolean deserializeContent(T command) throws DeserializationException {
            try {
                ((RpcRequestCommand) command).setRequestObject(request(command.getContent()));
                return true;
            } catch (BufferUnderflowException | IllegalArgumentException e) {
                throw new DeserializationException("not a forwarded batch: " + e.getMessage(), e);
            }
        }

        @Override
        public <T extends ResponseCommand> boolean deserializeContent(T command, InvokeContext context)
                throws DeserializationException {
            try {
                ((RpcResponseCommand) command).setResponseObject(answer(command.getContent()));
                return true;
            } catch (BufferUnderflowException | IllegalArgumentException e) {
                throw new DeserializationException("not an answer to a forwarded batch: " + e.getMessage(), e);
            }
        }
    }
}

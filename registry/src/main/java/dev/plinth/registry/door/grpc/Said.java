package dev.plinth.registry.door.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.plinth.wire.registry.v1.ClientMessage;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;

/** A client's message as it came; it is read when its turn has come. */
record Said(ByteString bytes) {
    /*
     * When all clients come back at once, most of what they say has to wait, and bytes take less than the objects that are made of them.
     */
    private static final int LARGE_BYTES = 1_024;

    /** Takes the place of the one that reads messages as soon as they come. */
    static final MethodDescriptor.Marshaller<Said> MARSHALLER = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(Said said) {
            return said.bytes.newInput();
        }

        @Override
        public Said parse(InputStream stream) {
            try {
                // Nearly always all that is there, and then in one piece, which is read faster.
                byte[] here = new byte[stream.available()];
                int length = stream.readNBytes(here, 0, here.length);
                var bytes = UnsafeByteOperations.unsafeWrap(here, 0, length);
                return new Said(bytes.concat(ByteString.readFrom(stream)));
            } catch (IOException e) {
                throw Status.INTERNAL
                        .withDescription("a message broke off")
                        .withCause(e)
                        .asRuntimeException();
            }
        }
    };

    /** It is to wait for its turn. */
    boolean isLarge() {
        return bytes.size() > LARGE_BYTES;
    }

    ClientMessage read() throws InvalidProtocolBufferException {
        return ClientMessage.parseFrom(bytes);
    }
}

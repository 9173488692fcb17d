package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractDeserializer;
import com.caucho.hessian.io.AbstractHessianInput;
import com.caucho.hessian.io.AbstractHessianOutput;
import com.caucho.hessian.io.Hessian2Output;
import dev.plinth.rpc.hessian.GuardedFactory.Foreign;
import dev.plinth.rpc.hessian.ThrowableSerializer.Causes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Reads and writes the bodies of one service. Safe for use by many threads. */
public final class SofaBodies {
    /*
     * On the wire the two envelopes have the names of SOFARPC's own classes, and their fields in the order in which its
     * reflection finds them. The classes here are ours: their names are mapped, and nothing of SOFARPC is needed. The arguments
     * come behind the request's envelope in the same stream, so that back references reach across.
     */
    public static final String REQUEST_TYPE = "com.alipay.sofa.rpc.core.request.SofaRequest";
    public static final String RESPONSE_TYPE = "com.alipay.sofa.rpc.core.response.SofaResponse";

    /** Bolt's number for Hessian. */
    public static final byte CODEC = 1;

    /*
     * The library complains at its start that it cannot reach into StringBuilder, which nobody asked it to. The loggers are kept
     * here because java.util.logging would forget them, and what they were told.
     */
    private static final List<Logger> SILENCED = List.of(
            Logger.getLogger("com.caucho.hessian.io.AbstractSerializer"),
            Logger.getLogger("com.caucho.hessian.io.AbstractStringBuilderDeserializer"));

    static {
        SILENCED.forEach(it -> it.setLevel(Level.SEVERE));
    }

    private static final String[] REQUEST_FIELDS = {
        "targetAppName", "methodName", "targetServiceUniqueName", "requestProps", "methodArgSigs"
    };
    private static final String[] RESPONSE_FIELDS = {"isError", "errorMsg", "appResponse", "responseProps"};

    private final GuardedFactory requests;
    private final GuardedFactory responses;
    private final GuardedFactory responsesToSofa;

    public SofaBodies(AllowedTypes types) {
        this.requests = new GuardedFactory(types, Foreign.REFUSE, Causes.WITH);
        this.responses = new GuardedFactory(types, Foreign.EXCEPTIONS_BY_NAME, Causes.WITH);
        this.responsesToSofa = new GuardedFactory(types, Foreign.EXCEPTIONS_BY_NAME, Causes.CUT);
    }

    /**
     * Writes a request.
     *
     * @throws BodyException {@code UNWRITABLE} if an argument cannot travel
     */
    public void writeRequest(SofaRequest request, @Nullable Object[] arguments, ByteBuf out) {
        write("the request to " + request.method(), out, requests, body -> {
            body.writeObject(request);
            for (Object argument : arguments) {
                body.writeObject(argument);
            }
        });
    }

    /**
     * Writes a response.
     *
     * @param toSofa the caller is SOFARPC, and not ours: an exception goes without its causes, as from its own servers
     * @throws BodyException {@code UNWRITABLE} if the value cannot travel
     */
    public void writeResponse(SofaResponse response, boolean toSofa, ByteBuf out) {
        write("the response", out, toSofa ? responsesToSofa : responses, body -> body.writeObject(response));
    }

    private interface Content {
        void write(Hessian2Output body) throws IOException;
    }

    private static void write(String what, ByteBuf out, GuardedFactory factory, Content content) {
        Hessian2Output body = new Hessian2Output(new ByteBufOutputStream(out));
        body.setSerializerFactory(factory);
        try {
            content.write(body);
            body.flush();
        } catch (IOException | RuntimeException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new BodyException(BodyException.Kind.UNWRITABLE, what + " cannot be written: " + why, e);
        } catch (StackOverflowError e) {
            throw new BodyException(
                    BodyException.Kind.UNWRITABLE, what + " cannot be written: it is nested too deep", e);
        }
    }

    /** A request's envelope, read; its arguments are still to be. */
    public static final class ReadRequest {
        private final SofaRequest request;
        private final GuardedInput in;

        private ReadRequest(SofaRequest request, GuardedInput in) {
            this.request = request;
            this.in = in;
        }

        public SofaRequest request() {
            return request;
        }

        /**
         * Reads the arguments.
         *
         * @param parameterTypes of the method that was found
         * @throws BodyException if they cannot be taken
         */
        public @Nullable Object[] arguments(Class<?>[] parameterTypes) {
            @Nullable Object[] arguments = new @Nullable Object[parameterTypes.length];
            for (int i = 0; i < arguments.length; i++) {
                arguments[i] = argument(i, parameterTypes[i]);
            }
            return arguments;
        }

        private @Nullable Object argument(int index, Class<?> type) {
            String what = "argument " + (index + 1) + " of " + request.method();
            try {
                Object value = in.readObject(type);
                if (value != null && !type.isPrimitive() && !type.isInstance(value)) {
                    throw Refusal.malformed("it is a " + value.getClass().getName() + ": expected a " + type.getName());
                }
                return value;
            } catch (IOException | RuntimeException | StackOverflowError e) {
                throw Refusal.told(what, e);
            }
        }
    }

    /**
     * Reads a request's envelope.
     *
     * @param in is read in place; it must stay until the arguments have been read
     * @throws BodyException if it cannot be taken
     */
    public ReadRequest readRequest(ByteBuf in) {
        GuardedInput input = new GuardedInput(in, requests);
        return new ReadRequest(read("the request", input, SofaRequest.class), input);
    }

    /**
     * Reads a response. An exception of an unknown type becomes a {@link ForeignException}.
     *
     * @throws BodyException if it cannot be taken
     */
    public SofaResponse readResponse(ByteBuf in) {
        return read("the response", new GuardedInput(in, responses), SofaResponse.class);
    }

    private static <T> T read(String what, GuardedInput in, Class<T> type) {
        try {
            Object read = in.readObject();
            if (!type.isInstance(read)) {
                throw Refusal.malformed("it begins with "
                        + (read == null ? "null" : "a " + read.getClass().getName()) + ": expected a "
                        + type.getSimpleName());
            }
            return type.cast(read);
        } catch (IOException | RuntimeException | StackOverflowError e) {
            throw Refusal.told(what, e);
        }
    }

    static final class RequestSerializer extends ObjectSerializer {
        @Override
        public void writeObject(Object value, AbstractHessianOutput out) throws IOException {
            SofaRequest request = (SofaRequest) value;
            // The reader counts the envelope as its first object.
            out.addRef(request);
            write(out, REQUEST_TYPE, REQUEST_FIELDS, () -> {
                out.writeString(request.application().isEmpty() ? null : request.application());
                out.writeString(request.method());
                out.writeString(request.service());
                out.writeObject(new HashMap<>(request.properties()));
                out.writeObject(request.signature().toArray(String[]::new));
            });
        }
    }

    static final class ResponseSerializer extends ObjectSerializer {
        @Override
        public void writeObject(Object value, AbstractHessianOutput out) throws IOException {
            SofaResponse response = (SofaResponse) value;
            out.addRef(response);
            write(out, RESPONSE_TYPE, RESPONSE_FIELDS, () -> {
                out.writeBoolean(response.error().isPresent());
                out.writeString(response.error().orElse(null));
                out.writeObject(response.value());
                out.writeObject(response.properties().isEmpty() ? null : new HashMap<>(response.properties()));
            });
        }
    }

    static final class RequestDeserializer extends AbstractDeserializer {
        @Override
        public Class<?> getType() {
            return SofaRequest.class;
        }

        @Override
        public Object readObject(AbstractHessianInput in, String[] fields) throws IOException {
            int ref = in.addRef(null);
            String application = "";
            String method = "";
            String service = "";
            Map<String, String> properties = Map.of();
            List<String> signature = List.of();
            for (String field : fields) {
                switch (field) {
                    case "targetAppName" -> application = text(in.readString());
                    case "methodName" -> method = text(in.readString());
                    case "targetServiceUniqueName" -> service = text(in.readString());
                    case "requestProps" -> properties = Properties.flat(in.readObject());
                    case "methodArgSigs" -> signature = texts(in.readObject(String[].class));
                    default -> in.readObject();
                }
            }
            if (method.isEmpty() || service.isEmpty()) {
                throw Refusal.malformed("it names " + (service.isEmpty() ? "no service" : "no method"));
            }
            SofaRequest request = new SofaRequest(service, method, signature, application, properties);
            in.setRef(ref, request);
            return request;
        }

        private static List<String> texts(@Nullable Object value) throws Refusal {
            if (value == null) {
                return List.of();
            }
            if (value instanceof String[] texts && Arrays.stream(texts).allMatch(it -> it != null)) {
                return List.of(texts);
            }
            throw Refusal.malformed("its methodArgSigs are no strings");
        }
    }

    static final class ResponseDeserializer extends AbstractDeserializer {
        @Override
        public Class<?> getType() {
            return SofaResponse.class;
        }

        @Override
        public Object readObject(AbstractHessianInput in, String[] fields) throws IOException {
            int ref = in.addRef(null);
            boolean isError = false;
            String error = "";
            Object value = null;
            Map<String, String> properties = Map.of();
            for (String field : fields) {
                switch (field) {
                    case "isError" -> isError = in.readBoolean();
                    case "errorMsg" -> error = text(in.readString());
                    case "appResponse" -> value = in.readObject();
                    case "responseProps" -> properties = Properties.flat(in.readObject());
                    default -> in.readObject();
                }
            }
            SofaResponse response =
                    new SofaResponse(isError ? Optional.of(error) : Optional.empty(), value, properties);
            in.setRef(ref, response);
            return response;
        }
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }
}

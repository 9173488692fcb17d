package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractDeserializer;
import com.caucho.hessian.io.AbstractHessianInput;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.UUID;

/** The counterpart of {@link ValueSerializers}; also reads what a JDK 8 wrote by reflection. */
final class ValueDeserializers {
    private ValueDeserializers() {}

    static final class OfUuid extends AbstractDeserializer {
        @Override
        public Class<?> getType() {
            return UUID.class;
        }

        @Override
        public Object readObject(AbstractHessianInput in, String[] fields) throws IOException {
            int ref = in.addRef(null);
            long most = 0;
            long least = 0;
            for (String field : fields) {
                switch (field) {
                    case "mostSigBits" -> most = in.readLong();
                    case "leastSigBits" -> least = in.readLong();
                    default -> in.readObject();
                }
            }
            UUID uuid = new UUID(most, least);
            in.setRef(ref, uuid);
            return uuid;
        }
    }

    static final class OfBigInteger extends AbstractDeserializer {
        @Override
        public Class<?> getType() {
            return BigInteger.class;
        }

        @Override
        public Object readObject(AbstractHessianInput in, String[] fields) throws IOException {
            int ref = in.addRef(null);
            int signum = 0;
            int[] words = {};
            for (String field : fields) {
                switch (field) {
                    case "signum" -> signum = in.readInt();
                    case "mag" -> words = words(in.readObject(int[].class));
                    default -> in.readObject();
                }
            }
            BigInteger number = make(signum, words);
            in.setRef(ref, number);
            return number;
        }

        private static int[] words(Object value) throws Refusal {
            if (value instanceof int[] words) {
                return words;
            }
            throw Refusal.malformed("a java.math.BigInteger without a magnitude");
        }

        private static BigInteger make(int signum, int[] words) throws Refusal {
            ByteBuffer bytes = ByteBuffer.allocate(words.length * Integer.BYTES);
            bytes.asIntBuffer().put(words);
            try {
                return new BigInteger(signum, bytes.array());
            } catch (NumberFormatException e) {
                throw Refusal.malformed("a java.math.BigInteger with the sign " + signum + ": " + e.getMessage());
            }
        }
    }
}

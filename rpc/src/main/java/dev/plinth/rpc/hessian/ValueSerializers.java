package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractHessianOutput;
import java.io.IOException;
import java.math.BigInteger;
import java.util.UUID;

/** JDK values whose fields the library would reach for, which a JDK of today does not let it: the same fields, written by us. */
final class ValueSerializers {
    private ValueSerializers() {}

    static final class OfUuid extends ObjectSerializer {
        private static final String[] FIELDS = {"mostSigBits", "leastSigBits"};

        @Override
        public void writeObject(Object value, AbstractHessianOutput out) throws IOException {
            if (out.addRef(value)) {
                return;
            }
            UUID uuid = (UUID) value;
            write(out, UUID.class.getName(), FIELDS, () -> {
                out.writeLong(uuid.getMostSignificantBits());
                out.writeLong(uuid.getLeastSignificantBits());
            });
        }
    }

    static final class OfBigInteger extends ObjectSerializer {
        private static final String[] FIELDS = {"signum", "mag"};

        @Override
        public void writeObject(Object value, AbstractHessianOutput out) throws IOException {
            if (out.addRef(value)) {
                return;
            }
            BigInteger number = (BigInteger) value;
            write(out, BigInteger.class.getName(), FIELDS, () -> {
                out.writeInt(number.signum());
                out.writeObject(magnitude(number));
            });
        }

        /** The absolute value in words, the greatest first, without leading zeros: BigInteger's own form. */
        private static int[] magnitude(BigInteger number) {
            BigInteger rest = number.abs();
            int[] words = new int[(rest.bitLength() + 31) / 32];
            for (int i = words.length - 1; i >= 0; i--) {
                words[i] = rest.intValue();
                rest = rest.shiftRight(32);
            }
            return words;
        }
    }
}

package dev.plinth.raft;

import com.alipay.remoting.exception.CodecException;
import com.alipay.remoting.exception.DeserializationException;
import com.alipay.remoting.exception.SerializationException;
import com.alipay.remoting.serialization.Serializer;

/** In place of Bolt's Hessian: nothing that comes over the wire is made into an object of the sender's choice. */
final class NoSerializer implements Serializer {

    @Override
    public byte[] serialize(Object object) throws CodecException {
        throw new SerializationException(
                "no serializer is registered for " + object.getClass().getName());
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Bolt's interface
    public <T> T deserialize(byte[] data, String className) throws CodecException {
        throw new DeserializationException("no serializer is registered for " + className);
    }
}

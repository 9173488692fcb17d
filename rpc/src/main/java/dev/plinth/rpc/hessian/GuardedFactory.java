package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.CollectionDeserializer;
import com.caucho.hessian.io.Deserializer;
import com.caucho.hessian.io.HessianProtocolException;
import com.caucho.hessian.io.MapDeserializer;
import com.caucho.hessian.io.Serializer;
import com.caucho.hessian.io.SerializerFactory;
import java.lang.reflect.Modifier;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Which class of the Hessian library reads and writes which type. Names from the wire are looked up in {@link AllowedTypes}
 * alone; records, and collections that only their own library can make, are added to what Hessian knows.
 */
@SuppressWarnings("rawtypes") // the library's signatures
final class GuardedFactory extends SerializerFactory {
    /** What to do with a type that is not allowed. */
    enum Foreign {
        /** Refuse it. */
        REFUSE,
        /** Refuse it, but for an exception: read that as a {@link ForeignException}. */
        EXCEPTIONS_BY_NAME,
        /** Read every object, of whatever type, as a {@link ForeignObject}. */
        OBJECTS_BY_NAME
    }

    private final AllowedTypes types;
    private final Foreign foreign;
    private final ThrowableSerializer.Causes causes;
    private final ConcurrentMap<String, Deserializer> byName = new ConcurrentHashMap<>();
    private final ConcurrentMap<Class<?>, Deserializer> byClass = new ConcurrentHashMap<>();
    private final ConcurrentMap<Class<?>, Serializer> serializers = new ConcurrentHashMap<>();

    GuardedFactory(AllowedTypes types, Foreign foreign, ThrowableSerializer.Causes causes) {
        this.types = types;
        this.foreign = foreign;
        this.causes = causes;
        // Our own objects need no marker to be sent; a list of bad names is no use where there is one of good ones.
        setAllowNonSerializable(true);
        setClassNameResolver(null);
        byName.put(SofaBodies.REQUEST_TYPE, new SofaBodies.RequestDeserializer());
        byName.put(SofaBodies.RESPONSE_TYPE, new SofaBodies.ResponseDeserializer());
    }

    /** The reader of a named type; null, as the library wants it, for an unnamed one. */
    @Override
    public @Nullable Deserializer getDeserializer(@Nullable String type) throws HessianProtocolException {
        if (type == null || type.isEmpty()) {
            return null;
        }
        Deserializer known = byName.get(type);
        if (known == null) {
            known = (Deserializer) _staticTypeMap.get(type);
        }
        if (known != null) {
            return known;
        }
        Deserializer found;
        if (type.startsWith("[")) {
            Deserializer element = getDeserializer(type.substring(1));
            if (element == null) {
                throw refused(type);
            }
            found = getDeserializer(element.getType().arrayType());
        } else {
            found = getDeserializer(types.find(type).orElseThrow(() -> refused(type)));
        }
        // Bounded: only names of classes that exist and are allowed come here, and arrays of those to a type name's
        // length.
        byName.putIfAbsent(type, found);
        return found;
    }

    private HessianProtocolException refused(String type) {
        return new HessianProtocolException(new Refusal(
                BodyException.Kind.REFUSED_TYPE,
                "the type " + type
                        + " is not allowed here; allowed are the types of the service's signatures, and what is"
                        + " added to them"));
    }

    /** The reader of an object of a defined type. */
    Deserializer instanceDeserializer(String type, String[] fields, @Nullable Class<?> expected)
            throws HessianProtocolException {
        if (foreign == Foreign.OBJECTS_BY_NAME) {
            return new ForeignBodies.Reader(type);
        }
        if (foreign == Foreign.EXCEPTIONS_BY_NAME
                && isException(fields)
                && !byName.containsKey(type)
                && types.find(type).isEmpty()) {
            return new ForeignExceptionDeserializer(type);
        }
        return getObjectDeserializer(type, expected);
    }

    private static boolean isException(String[] fields) {
        List<String> names = Arrays.asList(fields);
        return names.contains("detailMessage") && names.contains("stackTrace");
    }

    @Override
    public Deserializer getDeserializer(Class type) throws HessianProtocolException {
        Deserializer known = byClass.get(type);
        if (known == null) {
            known = makeDeserializer(type);
            byClass.putIfAbsent(type, known);
        }
        return known;
    }

    @SuppressWarnings("unchecked") // isAssignableFrom was asked
    private Deserializer makeDeserializer(Class<?> type) throws HessianProtocolException {
        if (type.isRecord()) {
            return new RecordDeserializer((Class<? extends Record>) type);
        }
        if (Map.class.isAssignableFrom(type)) {
            return new MapDeserializer(canBeMade(type) ? type : mapLike((Class<? extends Map>) type));
        }
        if (Collection.class.isAssignableFrom(type) || type == Iterable.class) {
            return new CollectionDeserializer(canBeMade(type) ? type : collectionLike(type));
        }
        if (Throwable.class.isAssignableFrom(type)) {
            return new ThrowableDeserializer(type);
        }
        if (type == UUID.class) {
            return new ValueDeserializers.OfUuid();
        }
        if (type == BigInteger.class) {
            return new ValueDeserializers.OfBigInteger();
        }
        return super.getDeserializer(type);
    }

    private static boolean canBeMade(Class<?> type) {
        if (Modifier.isAbstract(type.getModifiers()) || !Modifier.isPublic(type.getModifiers())) {
            return false;
        }
        return Arrays.stream(type.getConstructors()).anyMatch(it -> it.getParameterCount() == 0);
    }

    private static Class<? extends Map> mapLike(Class<? extends Map> type) {
        return SortedMap.class.isAssignableFrom(type) ? TreeMap.class : LinkedHashMap.class;
    }

    private static Class<? extends Collection> collectionLike(Class<?> type) {
        if (SortedSet.class.isAssignableFrom(type)) {
            return TreeSet.class;
        }
        return Set.class.isAssignableFrom(type) ? LinkedHashSet.class : java.util.ArrayList.class;
    }

    @Override
    public Serializer getSerializer(Class type) throws HessianProtocolException {
        Serializer known = serializers.get(type);
        if (known == null) {
            known = makeSerializer(type);
            serializers.putIfAbsent(type, known);
        }
        return known;
    }

    @SuppressWarnings("unchecked") // isRecord was asked
    private Serializer makeSerializer(Class<?> type) throws HessianProtocolException {
        if (type == SofaRequest.class) {
            return new SofaBodies.RequestSerializer();
        }
        if (type == SofaResponse.class) {
            return new SofaBodies.ResponseSerializer();
        }
        if (type == ForeignObject.class) {
            return new ForeignBodies.Writer();
        }
        if (type.isRecord()) {
            return new RecordSerializer((Class<? extends Record>) type);
        }
        if (Map.class.isAssignableFrom(type) && !canBeMade(type)) {
            return new CollectionSerializers.OfMap(mapLike((Class<? extends Map>) type.asSubclass(Map.class)));
        }
        if (Collection.class.isAssignableFrom(type) && !canBeMade(type)) {
            return new CollectionSerializers.OfCollection(collectionLike(type));
        }
        if (Enum.class.isAssignableFrom(type)) {
            return new EnumSerializer();
        }
        if (Throwable.class.isAssignableFrom(type)) {
            return new ThrowableSerializer(type, causes);
        }
        if (type == UUID.class) {
            return new ValueSerializers.OfUuid();
        }
        if (type == BigInteger.class) {
            return new ValueSerializers.OfBigInteger();
        }
        return super.getSerializer(type);
    }
}

package dev.plinth.rpc.hessian;

import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the application's classes that a type leads to. */
final class TypeWalk {
    private final Map<String, Class<?>> reached;
    private final Set<Type> seen = new HashSet<>();

    TypeWalk(Map<String, Class<?>> reached) {
        this.reached = reached;
    }

    void signatures(Class<?> service) {
        for (Method method : service.getMethods()) {
            for (Type parameter : method.getGenericParameterTypes()) {
                type(parameter);
            }
            type(method.getGenericReturnType());
            for (Type exception : method.getGenericExceptionTypes()) {
                type(exception);
            }
        }
    }

    void type(@Nullable Type type) {
        if (type == null || !seen.add(type)) {
            return;
        }
        switch (type) {
            case Class<?> c -> of(c);
            case ParameterizedType p -> {
                type(p.getRawType());
                all(p.getActualTypeArguments());
            }
            case GenericArrayType a -> type(a.getGenericComponentType());
            case WildcardType w -> {
                all(w.getUpperBounds());
                all(w.getLowerBounds());
            }
            case TypeVariable<?> v -> all(v.getBounds());
            default -> throw new IllegalArgumentException("a type of an unknown kind: " + type);
        }
    }

    /** Whether Hessian writes the field. */
    static boolean travels(Field field) {
        return !Modifier.isStatic(field.getModifiers()) && !Modifier.isTransient(field.getModifiers());
    }

    private void all(Type[] types) {
        for (Type each : types) {
            type(each);
        }
    }

    private void of(Class<?> c) {
        if (c.isArray()) {
            type(c.getComponentType());
            return;
        }
        if (c.isPrimitive() || c.getName().startsWith("java.")) {
            return;
        }
        reached.put(c.getName(), c);
        type(c.getGenericSuperclass());
        if (c.isSealed()) {
            all(c.getPermittedSubclasses());
        }
        for (Field field : c.getDeclaredFields()) {
            if (travels(field)) {
                type(field.getGenericType());
            }
        }
    }
}

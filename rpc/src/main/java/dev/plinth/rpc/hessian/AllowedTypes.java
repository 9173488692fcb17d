package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.LocaleHandle;
import com.caucho.hessian.io.java8.DurationHandle;
import com.caucho.hessian.io.java8.InstantHandle;
import com.caucho.hessian.io.java8.LocalDateHandle;
import com.caucho.hessian.io.java8.LocalDateTimeHandle;
import com.caucho.hessian.io.java8.LocalTimeHandle;
import com.caucho.hessian.io.java8.MonthDayHandle;
import com.caucho.hessian.io.java8.OffsetDateTimeHandle;
import com.caucho.hessian.io.java8.OffsetTimeHandle;
import com.caucho.hessian.io.java8.PeriodHandle;
import com.caucho.hessian.io.java8.YearHandle;
import com.caucho.hessian.io.java8.YearMonthHandle;
import com.caucho.hessian.io.java8.ZoneIdHandle;
import com.caucho.hessian.io.java8.ZoneOffsetHandle;
import com.caucho.hessian.io.java8.ZonedDateTimeHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Month;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Currency;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which classes a body from the network may name. Always the JDK's values, collections and exceptions; of a service, what can be
 * reached from the signatures of its methods; and what the application adds.
 */
public final class AllowedTypes {
    /*
     * Hessian names classes, and the library makes whatever is named: with the right classes on the class path that is
     * execution of the sender's code. A list of the known bad, which is what others ship, is always one class behind. What a
     * service takes and returns is written in its interface, so the list of the good can be read from there.
     *
     * From a signature leads on: a generic type's arguments, a class's superclasses and fields, a sealed type's subclasses, an
     * exception. Nothing leads from an open type to its subclasses, nor from Object to anything: those have to be added.
     */
    private static final Map<String, Class<?>> VALUES = byName(List.of(
            Object.class,
            String.class,
            Boolean.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            Character.class,
            Number.class,
            BigDecimal.class,
            BigInteger.class,
            UUID.class,
            Currency.class,
            Date.class,
            java.sql.Date.class,
            java.sql.Time.class,
            java.sql.Timestamp.class,
            AtomicInteger.class,
            AtomicLong.class,
            AtomicBoolean.class,
            StackTraceElement.class,
            DayOfWeek.class,
            Month.class,
            ChronoUnit.class,
            TimeUnit.class,
            LocaleHandle.class,
            DurationHandle.class,
            InstantHandle.class,
            LocalDateHandle.class,
            LocalDateTimeHandle.class,
            LocalTimeHandle.class,
            MonthDayHandle.class,
            OffsetDateTimeHandle.class,
            OffsetTimeHandle.class,
            PeriodHandle.class,
            YearHandle.class,
            YearMonthHandle.class,
            ZoneIdHandle.class,
            ZoneOffsetHandle.class,
            ZonedDateTimeHandle.class));

    private static final Set<String> COLLECTION_PACKAGES = Set.of("java.util", "java.util.concurrent");

    private final Map<String, Class<?>> named;
    private final List<String> packages;
    private final ClassLoader loader;

    private AllowedTypes(Map<String, Class<?>> named, List<String> packages, ClassLoader loader) {
        this.named = named;
        this.packages = packages;
        this.loader = loader;
    }

    /** What this service's methods take, return and throw. */
    public static AllowedTypes of(Class<?> service) {
        Map<String, Class<?>> reached = new HashMap<>();
        new TypeWalk(reached).signatures(service);
        ClassLoader loader = service.getClassLoader();
        return new AllowedTypes(
                Map.copyOf(reached), List.of(), loader == null ? ClassLoader.getSystemClassLoader() : loader);
    }

    /** These types too, and what their fields lead to. */
    public AllowedTypes plus(Collection<Class<?>> types) {
        Map<String, Class<?>> reached = new HashMap<>(named);
        TypeWalk walk = new TypeWalk(reached);
        types.forEach(walk::type);
        return new AllowedTypes(Map.copyOf(reached), packages, loader);
    }

    /**
     * Every class in these packages and below too. Weaker than naming types: any class there, now or later, may be made with any
     * field values.
     *
     * @param names as {@code com.example.model}
     */
    public AllowedTypes plusPackages(Collection<String> names) {
        List<String> all = new ArrayList<>(packages);
        for (String name : names) {
            if (name.isBlank() || name.endsWith(".") || name.endsWith("*")) {
                throw new IllegalArgumentException("package '" + name + "': expected a name like com.example.model");
            }
            all.add(name + ".");
        }
        return new AllowedTypes(named, List.copyOf(all), loader);
    }

    /** The class that a body means by this name, if it may be made. No class is initialized by asking. */
    Optional<Class<?>> find(String name) {
        Class<?> known = VALUES.get(name);
        if (known == null) {
            known = named.get(name);
        }
        if (known != null) {
            return Optional.of(known);
        }
        if (name.startsWith("java.")) {
            return load(name, ClassLoader.getPlatformClassLoader()).filter(AllowedTypes::isHarmless);
        }
        if (packages.stream().anyMatch(name::startsWith)) {
            return load(name, loader);
        }
        return Optional.empty();
    }

    /** Exceptions of the JDK and its collections hold and do nothing by themselves. */
    private static boolean isHarmless(Class<?> type) {
        if (Throwable.class.isAssignableFrom(type)) {
            return true;
        }
        boolean isCollection = Collection.class.isAssignableFrom(type) || Map.class.isAssignableFrom(type);
        return isCollection && COLLECTION_PACKAGES.contains(type.getPackageName());
    }

    private static Optional<Class<?>> load(String name, ClassLoader loader) {
        try {
            return Optional.of(Class.forName(name, false, loader));
        } catch (ClassNotFoundException | LinkageError e) {
            return Optional.empty();
        }
    }

    private static Map<String, Class<?>> byName(List<Class<?>> types) {
        Map<String, Class<?>> map = new HashMap<>();
        types.forEach(type -> map.put(type.getName(), type));
        return Map.copyOf(map);
    }

    @Override
    public String toString() {
        return "the JDK's values, " + new TreeSet<>(named.keySet())
                + (packages.isEmpty() ? "" : " and packages " + packages);
    }
}

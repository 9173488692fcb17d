package dev.plinth.rpc;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A service with a bit of everything. */
public interface Accounts {

    enum Kind {
        CHECKING,
        SAVINGS {
            @Override
            public String toString() {
                return "a constant with a body";
            }
        }
    }

    record Money(BigDecimal amount, String currency) {
        public Money {
            if (currency.length() != 3) {
                throw new IllegalArgumentException("currency: '" + currency + "' has not 3 letters");
            }
        }
    }

    record Account(
            String id,
            Kind kind,
            Money balance,
            List<Money> history,
            @Nullable Account parent) {}

    @SuppressWarnings("ArrayRecordComponent") // arrays are what is tested
    record Values(
            int anInt,
            long aLong,
            short aShort,
            byte aByte,
            char aChar,
            float aFloat,
            double aDouble,
            boolean aBoolean,
            BigInteger big,
            UUID uuid,
            Instant instant,
            LocalDate date,
            int[] ints,
            byte[] bytes,
            String[] texts,
            Map<String, Money> map,
            Set<Kind> set) {}

    /** A plain class, as most services have them. */
    class Bean {
        private String name = "";
        private int count;
        private @Nullable Bean next;

        public String name() {
            return name;
        }

        public void name(String value) {
            name = value;
        }

        public int count() {
            return count;
        }

        public void count(int value) {
            count = value;
        }

        public @Nullable Bean next() {
            return next;
        }

        public void next(@Nullable Bean value) {
            next = value;
        }
    }

    /** Declared. */
    class NoSuchAccount extends Exception {
        private final String id;

        public NoSuchAccount(String id, String message) {
            super(message);
            this.id = id;
        }

        public String id() {
            return id;
        }
    }

    long balance(String id) throws NoSuchAccount;

    int add(int a, int b);

    Account open(Account account);

    Values echo(Values values);

    Bean echo(Bean bean);

    @Nullable
    String echo(@Nullable String text);

    byte[] echo(byte[] bytes);

    Object echoAny(Object any);

    Map<String, List<Money>> group(List<Money> all);

    CompletableFuture<String> later(String text);

    void fail(String how) throws IOException;

    @OneWay
    void notice(String text);

    @Idempotent
    String remember(String text);

    String forUser(@UserId long user);

    String context();
}

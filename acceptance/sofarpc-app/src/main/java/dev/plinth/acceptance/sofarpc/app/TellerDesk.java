package dev.plinth.acceptance.sofarpc.app;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The service; the same whoever serves it. */
public class TellerDesk implements Teller {
    private static final long DAY_MS = 86_400_000;

    private final List<String> noted = new CopyOnWriteArrayList<>();
    private final Function<String, String> properties;

    /** @param properties how this side tells what came along with a call */
    public TellerDesk(Function<String, String> properties) {
        this.properties = properties;
    }

    @Override
    public @Nullable String greet(@Nullable String name) {
        return name == null ? null : "hello " + name;
    }

    @Override
    public long add(int a, long b) {
        return a + b;
    }

    @Override
    public Values echo(Values values) {
        return values;
    }

    @Override
    public Payment pay(Payment payment) throws Rejected {
        if (payment.getAmount().signum() <= 0) {
            throw new Rejected("AMOUNT", "amount " + payment.getAmount() + " of " + payment.getId());
        }
        payment.getRemarks().add("paid");
        return payment;
    }

    @Override
    public Page<Payment> page(Page<Payment> page) {
        Page<Payment> next = new Page<>();
        next.setNumber(page.getNumber() + 1);
        next.getItems().addAll(page.getItems());
        next.setFirst(page.getItems().get(0));
        return next;
    }

    @Override
    public Map<String, List<Payment>> byCurrency(List<Payment> payments) {
        Map<String, List<Payment>> groups = new HashMap<>();
        for (Payment each : payments) {
            groups.computeIfAbsent(each.getCurrency(), it -> new ArrayList<>()).add(each);
        }
        return groups;
    }

    @Override
    public Set<Channel> channels(Set<Channel> channels) {
        return channels;
    }

    @Override
    public byte[] reverse(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }

    @Override
    public String[] sorted(String[] texts) {
        String[] copy = texts.clone();
        Arrays.sort(copy);
        return copy;
    }

    @Override
    public String kind(int value) {
        return "int " + value;
    }

    @Override
    public String kind(String value) {
        return "String " + value;
    }

    @Override
    public void fail(String how) throws Rejected {
        switch (how) {
            case "checked" -> throw new Rejected("WHY", "as declared");
            case "unchecked" -> throw new IllegalStateException("of the JDK", new RuntimeException("its cause"));
            case "undeclared" -> throw new Broken("of no signature", new IllegalArgumentException("inside"));
            default -> throw new IllegalArgumentException(how);
        }
    }

    @Override
    public void note(String text) {
        noted.add(text);
    }

    @Override
    public List<String> notes() {
        return new ArrayList<>(noted);
    }

    @Override
    public String property(String name) {
        return properties.apply(name);
    }

    @Override
    public String sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return "slept " + millis;
    }

    @Override
    public BigDecimal sum(List<BigDecimal> amounts) {
        return amounts.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    @Override
    @SuppressWarnings("JavaUtilDate") // services of real applications have it
    public Date tomorrow(Date today) {
        return new Date(today.getTime() + DAY_MS);
    }
}

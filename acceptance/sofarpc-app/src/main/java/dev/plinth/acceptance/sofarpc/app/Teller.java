package dev.plinth.acceptance.sofarpc.app;

import java.math.BigDecimal;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A service with what services of real applications have: plain objects, collections, generics, nulls, exceptions. */
public interface Teller {

    @Nullable
    String greet(@Nullable String name);

    long add(int a, long b);

    Values echo(Values values);

    Payment pay(Payment payment) throws Rejected;

    Page<Payment> page(Page<Payment> page);

    Map<String, List<Payment>> byCurrency(List<Payment> payments);

    Set<Channel> channels(Set<Channel> channels);

    byte[] reverse(byte[] bytes);

    String[] sorted(String[] texts);

    /** Overloaded: told apart by the types of its parameters. */
    String kind(int value);

    String kind(String value);

    void fail(String how) throws Rejected;

    /** Called one-way. */
    void note(String text);

    /** What was noted. */
    List<String> notes();

    /** What came along with the call under this name. */
    String property(String name);

    /** Takes its time. */
    String sleep(int millis);

    BigDecimal sum(List<BigDecimal> amounts);

    Date tomorrow(Date today);
}

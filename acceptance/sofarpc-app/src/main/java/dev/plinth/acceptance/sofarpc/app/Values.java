package dev.plinth.acceptance.sofarpc.app;

import java.io.Serializable;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One of each of the JDK's values. */
public class Values implements Serializable {
    private static final long serialVersionUID = 1;

    public boolean aBoolean = true;
    public byte aByte = -7;
    public short aShort = -300;
    public char aChar = 'ß';
    public int anInt = Integer.MIN_VALUE;
    public long aLong = Long.MAX_VALUE;
    public float aFloat = 1.5f;
    public double aDouble = Math.PI;
    public @Nullable Integer boxed = 77;
    public @Nullable Integer none;
    public int[] ints = {1, -2, 3};
    public long[] longs = {1L << 40};
    public double[] doubles = {0.5, -0.25};
    public String[] texts = {"a", "ü", "世"};
    public Object[] objects = {"text", 1, 2L, true};
    public Locale locale = Locale.GERMANY;
    public Instant instant = Instant.parse("2026-11-24T12:00:00.123456789Z");
    public LocalDate date = LocalDate.of(2026, 11, 24);
    public LocalDateTime dateTime = LocalDateTime.of(2026, 11, 24, 13, 14, 15);
    public ZonedDateTime zoned = ZonedDateTime.parse("2026-11-24T13:14:15+01:00[Europe/Berlin]");
    public Duration duration = Duration.ofMillis(1234);
    public @Nullable BigInteger big;

    @Override
    public String toString() {
        return aBoolean + " " + aByte + " " + aShort + " " + aChar + " " + anInt + " " + aLong + " " + aFloat + " "
                + aDouble
                + " " + boxed + " " + none + " " + Arrays.toString(ints) + Arrays.toString(longs)
                + Arrays.toString(doubles) + Arrays.toString(texts) + Arrays.toString(objects) + " " + locale + " "
                + instant
                + " " + date + " " + dateTime + " " + zoned + " " + duration + " " + big;
    }
}

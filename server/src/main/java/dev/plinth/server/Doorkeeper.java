package dev.plinth.server;

import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says who may come in at a door, and tells people of those who may not: of the first at once, of more not for each. */
final class Doorkeeper implements Predicate<InetAddress> {
    private static final Logger log = LoggerFactory.getLogger(Doorkeeper.class);
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final String section;
    private final UnprovenClients clients;
    private final AtomicLong turnedAway = new AtomicLong();
    private final AtomicLong said = new AtomicLong(System.nanoTime() - QUIET_NANOS);

    /** @param section of the configuration, for people */
    Doorkeeper(String section, UnprovenClients clients) {
        this.section = section;
        this.clients = clients;
    }

    @Override
    public boolean test(InetAddress from) {
        if (clients.admits(from)) {
            return true;
        }
        long all = turnedAway.incrementAndGet();
        long last = said.get();
        long now = System.nanoTime();
        if (now - last >= QUIET_NANOS && said.compareAndSet(last, now)) {
            log.warn(
                    "{} is turned away, for it is in none of {}.networks; {} so far since the start",
                    from.getHostAddress(),
                    section,
                    all);
        }
        return false;
    }
}

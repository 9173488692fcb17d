package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which root key of the trust domain is in force, and which will be.
 *
 * @param number of the one in force; counts from 1
 * @param check sealed under it, so that its file is known; empty for the first
 * @param next takes over when all servers have it
 * @param last the number of the newest that there ever was
 */
public record DomainRoots(long number, ByteString check, Optional<Next> next, long last) {
    static final DomainRoots FIRST = new DomainRoots(1, ByteString.EMPTY, Optional.empty(), 1);

    /**
     * A root key that shall take the place of the one in force.
     *
     * @param servers that have to have it
     * @param holders that have it, or had it when they said so
     * @param effect what seals the authorities' keys under it; 0 if servers are waited for
     */
    public record Next(
            long number, ByteString check, SortedSet<String> servers, SortedSet<String> holders, long effect) {
        public Next {
            servers = Collections.unmodifiableSortedSet(new TreeSet<>(servers));
            holders = Collections.unmodifiableSortedSet(new TreeSet<>(holders));
        }

        Next heldBy(String server) {
            var more = new TreeSet<>(holders);
            more.add(server);
            return new Next(number, check, servers, more, effect);
        }

        Next needing(SortedSet<String> others) {
            return new Next(number, check, others, holders, effect);
        }

        Next waitingFor(long otherEffect) {
            return new Next(number, check, servers, holders, otherEffect);
        }
    }

    DomainRoots with(Next other) {
        return new DomainRoots(number, check, Optional.of(other), Math.max(last, other.number()));
    }

    DomainRoots abandoned() {
        return new DomainRoots(number, check, Optional.empty(), last);
    }

    DomainRoots finished() {
        var done = next.orElseThrow();
        return new DomainRoots(done.number(), done.check(), Optional.empty(), last);
    }

    /** What the check of a root key is sealed as. */
    static String label(long number) {
        return "root key " + number + " of a trust domain";
    }
}

package dev.plinth.trust.secrets;

import java.util.List;
import java.util.Optional;

/**
 * Whether this server can open secrets.
 *
 * @param initialized whether there is a root key
 * @param isSealed whether this server does not have it
 * @param root the number of the root key in force; 0 if there is none
 * @param keeper who has it when it does not: {@link RootKeeper#name}
 * @param cipher what seals
 * @param threshold how many shares are needed, of {@code shares}; both 0 if it is not shared
 * @param given how many were given to this server since it was sealed
 * @param refusals why other servers, asked for the root key, did not give it when they were asked last, a line each
 * @param rotation the change of root keys that is under way
 */
public record SealStatus(
        boolean initialized,
        boolean isSealed,
        long root,
        String keeper,
        String cipher,
        int threshold,
        int shares,
        int given,
        List<String> refusals,
        Optional<NextRoot> rotation) {
    public SealStatus {
        refusals = List.copyOf(refusals);
    }

    /**
     * The root key that shall take the place of the one in force.
     *
     * @param given how many of its shares were given to this server
     * @param servers that have to have it before it is in force
     * @param holders that have it
     * @param left how many data keys are not sealed under it yet
     */
    public record NextRoot(
            long number,
            String keeper,
            int threshold,
            int shares,
            int given,
            List<String> servers,
            List<String> holders,
            long left) {
        public NextRoot {
            servers = List.copyOf(servers);
            holders = List.copyOf(holders);
        }
    }
}

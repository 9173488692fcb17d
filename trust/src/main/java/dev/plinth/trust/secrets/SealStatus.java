package dev.plinth.trust.secrets;

/**
 * Whether this server can open secrets.
 *
 * @param initialized whether there is a root key
 * @param isSealed whether this server does not have it
 * @param keeper who has it when it does not: {@link RootKeeper#name}
 * @param cipher what seals
 * @param threshold how many shares are needed, of {@code shares}; both 0 if it is not shared
 * @param given how many were given to this server since it was sealed
 */
public record SealStatus(
        boolean initialized, boolean isSealed, String keeper, String cipher, int threshold, int shares, int given) {}

package dev.plinth.raft;

/** What became of a batch that was sent to the leader, as far as it is known. */
sealed interface Fate {

    /** It has its place in the order. */
    record Ordered() implements Fate {}

    /** It has none, and will never have the one that was asked for: it may be sent again. */
    record NotOrdered(String reason) implements Fate {}

    /** It may have one. The first entry of a later term tells. */
    record Unknown(String reason) implements Fate {}
}

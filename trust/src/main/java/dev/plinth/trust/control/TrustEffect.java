package dev.plinth.trust.control;

/** What trust has done outside: an engine has no randomness and no keys. */
sealed interface TrustEffect permits MakeAuthority, Reseal {}

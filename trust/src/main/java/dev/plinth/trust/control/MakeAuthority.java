package dev.plinth.trust.control;

import java.time.Duration;

/** The keys of an authority have to be made. */
record MakeAuthority(String domain, Duration life) implements TrustEffect {}

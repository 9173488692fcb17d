package dev.plinth.trust.control;

import dev.plinth.trust.KeyAlgorithm;
import java.time.Duration;

/** The keys of an authority have to be made. */
record MakeAuthority(String domain, KeyAlgorithm algorithm, Duration life) implements TrustEffect {}

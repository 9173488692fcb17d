package dev.plinth.trust.control;

import java.time.Duration;

/** What has to be done outside: keys have to be made, for an engine has no randomness. */
record MakeAuthority(String domain, Duration life) {}

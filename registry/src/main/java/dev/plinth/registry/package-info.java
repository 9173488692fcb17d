/**
 * Who serves what, and where, now: services, their live endpoints, and the sessions that vouch for them.
 *
 * <p>Start with {@link dev.plinth.registry.Registry}, what the server opens, and {@link dev.plinth.registry.RegistryCommand}, what
 * a door can ask; the rules are {@code RegistryEngine}'s. It is a soft engine: what it knows lives as long as the process, and the
 * clients bring it back when they connect again.
 */
@NullMarked
package dev.plinth.registry;

import org.jspecify.annotations.NullMarked;

/** Endpoints that no client vouches for. Start with {@link dev.plinth.registry.persistent.PersistentEndpoints}. */
@NullMarked
package dev.plinth.registry.persistent;

import org.jspecify.annotations.NullMarked;

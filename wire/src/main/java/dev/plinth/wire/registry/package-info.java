/** What both ends of the registry's own protocol reckon alike. */
@NullMarked
package dev.plinth.wire.registry;

import org.jspecify.annotations.NullMarked;

/** What several doors of the registry share. */
@NullMarked
package dev.plinth.registry.door;

import org.jspecify.annotations.NullMarked;

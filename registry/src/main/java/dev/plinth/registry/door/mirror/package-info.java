/** Whole services for doors whose protocols know no changes, only lists; and who listens to which text. Start with {@code ServiceMirrors}. */
@NullMarked
package dev.plinth.registry.door.mirror;

import org.jspecify.annotations.NullMarked;

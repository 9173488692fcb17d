/** Applications on original clients, each in a process of its own, driven by a test line by line. Start with {@code OriginalClient}. */
@NullMarked
package dev.plinth.acceptance.original;

import org.jspecify.annotations.NullMarked;

/** The registry for those who have no client: A, AAAA and SRV. Start with {@link dev.plinth.registry.door.dns.DnsDoor}. */
@NullMarked
package dev.plinth.registry.door.dns;

import org.jspecify.annotations.NullMarked;

/** Trust domains that know one another: {@code FederationServer} publishes this one's bundle, {@code FederationFollower} fetches others'. */
@NullMarked
package dev.plinth.server.federation;

import org.jspecify.annotations.NullMarked;

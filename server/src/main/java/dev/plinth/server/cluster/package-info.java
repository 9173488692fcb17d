/** What a cluster's server knows of the others. Start with {@link dev.plinth.server.cluster.ClusterDoor}. */
@NullMarked
package dev.plinth.server.cluster;

import org.jspecify.annotations.NullMarked;

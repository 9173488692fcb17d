/**
 * What Seata's clients ask over HTTP: which servers there are, and which of them leads ({@code registry.type = raft}).
 *
 * <p>Start with {@link dev.plinth.server.seata.SeataServers} (who knows it) and {@link dev.plinth.server.seata.ClusterSeataServers} (how
 * a cluster comes to know it), then {@link dev.plinth.server.seata.MetadataDoor} (how it is told).
 */
@NullMarked
package dev.plinth.server.seata;

import org.jspecify.annotations.NullMarked;

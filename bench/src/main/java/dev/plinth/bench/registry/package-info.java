/**
 * The registry beside Nacos and SOFARegistry, and alone at the scale that is promised.
 *
 * <p>Start with {@link dev.plinth.bench.registry.RegistryBenchmark} (what is measured beside the peers) and {@link
 * dev.plinth.bench.registry.RegistryScale} (a million endpoints), then {@code RegistryServers} (how the servers are started).
 */
@NullMarked
package dev.plinth.bench.registry;

import org.jspecify.annotations.NullMarked;

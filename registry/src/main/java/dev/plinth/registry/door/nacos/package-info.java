/**
 * The registry for Nacos's clients, as they speak since 2.0: gRPC with JSON inside.
 *
 * <p>Start with {@link dev.plinth.registry.door.nacos.NacosDoor}; a client is a {@code NacosConnection}. How a Nacos service and its
 * instances look as ours, and ours as Nacos's, say {@code NacosService} and {@code Instances}.
 */
@NullMarked
package dev.plinth.registry.door.nacos;

import org.jspecify.annotations.NullMarked;

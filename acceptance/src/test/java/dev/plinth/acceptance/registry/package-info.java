/** Original clients of other registries with our servers: each in its own process, with its own class path. */
package dev.plinth.acceptance.registry;

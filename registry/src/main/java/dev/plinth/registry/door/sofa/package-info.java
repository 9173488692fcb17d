/**
 * The registry for SOFARegistry's clients. Start with {@link dev.plinth.registry.door.sofa.SofaRegistryDoor}; {@code
 * SofaConnection} is one client, {@code SofaMessages} its protocol, {@code SofaTexts} how its texts are endpoints.
 */
@NullMarked
package dev.plinth.registry.door.sofa;

import org.jspecify.annotations.NullMarked;

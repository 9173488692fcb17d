/** What people say of endpoints, stored; begin with {@link dev.plinth.registry.rules.StoredRules}. */
@NullMarked
package dev.plinth.registry.rules;

import org.jspecify.annotations.NullMarked;

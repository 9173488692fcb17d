/**
 * The bank as it is delivered, with processes killed under it.
 *
 * <p>Start with {@link dev.plinth.acceptance.bank.BankUnderFaultsTest}; {@link dev.plinth.acceptance.bank.BankHouse} is what it
 * runs in.
 */
@NullMarked
package dev.plinth.acceptance.bank;

import org.jspecify.annotations.NullMarked;

/**
 * Evidence of trusted execution, and what it is worth: verifiers in pure Java, and policies over what they find.
 *
 * <p>Start with {@link dev.plinth.trust.Evidence}, what an attester hands in, and {@link dev.plinth.trust.Appraiser}, which makes an
 * {@link dev.plinth.trust.AttestationResult} of it with what vendors say about their hardware
 * ({@link dev.plinth.trust.Endorsement}, in a {@link dev.plinth.trust.CollateralStore} that is filled offline). Each vendor has one
 * file for the layout of its evidence and one for the rules ({@code IntelQuote} and {@code IntelVerifier}, and so on).
 * {@link dev.plinth.trust.PolicyBook} decides what a result is good for. The words are those of RATS (RFC 9334).
 *
 * <p>Nothing here asks for the time, opens a socket or reads a file: the time of appraisal is a parameter, collateral is given.
 */
@NullMarked
package dev.plinth.trust;

import org.jspecify.annotations.NullMarked;

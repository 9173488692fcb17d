/**
 * What trust remembers and gives out: policies, who gets which identity, and the authority that signs identities.
 *
 * <p>Start with {@link dev.plinth.trust.control.Trust}. {@code TrustEngine} decides, {@code Issuer} signs, {@code RootKey} keeps private
 * keys secret on disk. The doors: {@code door.grpc} for operation, {@code door.spiffe} for workloads (the SPIFFE Workload API).
 */
@NullMarked
package dev.plinth.trust.control;

import org.jspecify.annotations.NullMarked;

/**
 * Supply chain: whether an artifact may be run, by who signed it, what is in it and how it was built.
 *
 * <p>Start with {@link dev.plinth.trust.supply.Submission}, what is handed in, and {@link dev.plinth.trust.supply.AdmissionRules}, what
 * is asked of it; {@link dev.plinth.trust.supply.Examination} says what came of it, finding by finding. {@code TrustedRoot},
 * {@code SigstoreBundle}, {@code DsseEnvelope}, {@code CycloneDx} read one format each; {@code BundleCheck}, {@code LogCheck},
 * {@code CertificateCheck}, {@code SbomCheck}, {@code ProvenanceCheck} have one set of rules each. Other features ask
 * {@link dev.plinth.trust.supply.Admission}.
 *
 * <p>Nothing here asks for the time or opens a socket, and nothing is fetched: roots are files of the operator's.
 */
@NullMarked
package dev.plinth.trust.supply;

import org.jspecify.annotations.NullMarked;

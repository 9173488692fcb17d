package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import java.util.Optional;

/**
 * An artifact, with what speaks for it.
 *
 * @param bundle a Sigstore bundle over the artifact, or over a statement about it
 * @param signature a detached signature by a key, in Base64 (as cosign writes it) or as it is, over the artifact or the payload
 * @param payload cosign's for an image
 * @param sbom its components, in CycloneDX, or in a statement that is signed; empty: the list that is within the artifact
 * @param provenance how it was built: a statement in a Sigstore bundle or a DSSE envelope; empty: the statement in the bundle
 */
public record Submission(
        Artifact artifact,
        Optional<Bytes> bundle,
        Optional<Bytes> signature,
        Optional<Bytes> payload,
        Optional<Bytes> sbom,
        Optional<Bytes> provenance) {}

/**
 * The protocol of KubeTEE's AECS 2.0 ({@code kubetee.Aecs}; aecs_service.proto of SOFAEnclave/enclave-configuration-service, with the
 * reports and envelopes of asterinas/jinzhao-attest), as far as a server can serve it truly that runs in no enclave. {@code docs/trust.md}
 * has a table of what differs.
 *
 * <p>Start with {@link dev.plinth.trust.secrets.door.aecs.AecsDoor}. {@code AecsReport} reads evidence, {@code EnvelopeKey} and
 * {@code Sealing} make envelopes that only the attested TEE opens, {@code AecsIdentities} are the keys that the server signs with,
 * {@code AecsAdmin} has the administrator's calls.
 */
@NullMarked
package dev.plinth.trust.secrets.door.aecs;

import org.jspecify.annotations.NullMarked;

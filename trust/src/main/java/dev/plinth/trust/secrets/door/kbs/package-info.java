/**
 * The protocol of Trustee's Key Broker Service, 0.4.0 (kbs/docs/kbs_attestation_protocol.md of confidential-containers/trustee), for its
 * clients as they are.
 *
 * <p>Start with {@link dev.plinth.trust.secrets.door.kbs.KbsDoor}, which is the protocol without HTTP; {@code KbsHttp} puts it on a
 * server. {@code TeeKey} encrypts replies so that only the attested TEE can read them.
 */
@NullMarked
package dev.plinth.trust.secrets.door.kbs;

import org.jspecify.annotations.NullMarked;

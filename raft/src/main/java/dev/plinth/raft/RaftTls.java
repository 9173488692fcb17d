package dev.plinth.raft;

import java.nio.file.Path;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** What a member proves itself with, and whom it believes. Both sides of a connection show a certificate. */
public sealed interface RaftTls {

    /**
     * PEM files.
     *
     * @param certificate this member's certificate, and those between it and the authority
     * @param key its private key, in PKCS 8 and without a password
     * @param authority the certificates of who may make members: whoever has a certificate of theirs is taken for a member of the
     *     cluster, so it should be an authority for this cluster alone
     */
    record Files(Path certificate, Path key, Path authority) implements RaftTls {}

    /**
     * Something that this process makes and renews itself; asked at each handshake.
     *
     * @param keys on elliptic curves
     * @param members decides who is one, by the certificate that it shows; which address that has means nothing
     */
    record Identity(X509ExtendedKeyManager keys, X509ExtendedTrustManager members) implements RaftTls {}
}

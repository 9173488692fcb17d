package dev.plinth.raft;

import java.nio.file.Path;

/**
 * What a member proves itself with, and whom it believes: PEM files. Both sides of a connection show a certificate.
 *
 * @param certificate this member's certificate, and those between it and the authority
 * @param key its private key, in PKCS 8 and without a password
 * @param authority the certificates of who may make members: whoever has a certificate of theirs is taken for a member of the
 *     cluster, so it should be an authority for this cluster alone
 */
public record RaftTls(Path certificate, Path key, Path authority) {}

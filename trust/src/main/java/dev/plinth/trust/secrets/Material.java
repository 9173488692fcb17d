package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * A secret as it is stored.
 *
 * @param wraps the data key, sealed under the root key; while root keys change, under two of them
 * @param sealed the secret, sealed under the data key: bytes; a symmetric key; or a private key as PKCS 8
 * @param publicKey SubjectPublicKeyInfo; empty if there is none
 * @param certificates of the public key, DER: its own first, then its issuer's; none if nobody asked for one
 */
record Material(List<Wrap> wraps, ByteString sealed, ByteString publicKey, List<ByteString> certificates) {
    /**
     * The data key, sealed.
     *
     * @param root the number of the root key that opens it
     */
    record Wrap(long root, ByteString dataKey) {}

    Material {
        wraps = List.copyOf(wraps);
        certificates = List.copyOf(certificates);
        if (wraps.isEmpty()) {
            throw new IllegalArgumentException("material: expected a sealed data key, found none");
        }
    }

    Material(List<Wrap> wraps, ByteString sealed, ByteString publicKey) {
        this(wraps, sealed, publicKey, List.of());
    }

    Material with(List<ByteString> others) {
        return new Material(wraps, sealed, publicKey, others);
    }

    boolean isUnder(long root) {
        return under(root).isPresent();
    }

    /** The data key, sealed under this root key. */
    Optional<ByteString> under(long root) {
        return wraps.stream()
                .filter(wrap -> wrap.root() == root)
                .map(Wrap::dataKey)
                .findFirst();
    }

    Material with(Wrap wrap) {
        var more = new ArrayList<>(wraps);
        more.add(wrap);
        return new Material(more, sealed, publicKey, certificates);
    }

    /** As it is for who has these root keys alone; there has to be one. */
    Material only(LongPredicate roots) {
        return new Material(
                wraps.stream().filter(wrap -> roots.test(wrap.root())).toList(), sealed, publicKey, certificates);
    }

    int bytes() {
        return wraps.stream().mapToInt(wrap -> wrap.dataKey().size()).sum()
                + sealed.size()
                + publicKey.size()
                + certificates.stream().mapToInt(ByteString::size).sum();
    }
}

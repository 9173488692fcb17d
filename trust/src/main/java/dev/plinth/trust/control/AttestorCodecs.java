package dev.plinth.trust.control;

import dev.plinth.trust.Vendor;
import dev.plinth.trust.control.Attestors.JoinToken;
import dev.plinth.trust.control.Attestors.Root;
import dev.plinth.trust.stored.v1.StoredAttestorCommand;
import dev.plinth.trust.stored.v1.StoredCluster;
import dev.plinth.trust.stored.v1.StoredEnrolled;
import dev.plinth.trust.stored.v1.StoredJoin;
import dev.plinth.trust.stored.v1.StoredPart;
import dev.plinth.trust.stored.v1.StoredRejoin;
import dev.plinth.trust.stored.v1.StoredRoot;
import dev.plinth.trust.stored.v1.StoredToken;
import dev.plinth.trust.stored.v1.StoredVendor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** How {@link Attestors}, and what is asked of them, look on disk. */
final class AttestorCodecs {
    private AttestorCodecs() {}

    static StoredAttestorCommand toStored(TrustCommand.OfAttestors command) {
        var stored = StoredAttestorCommand.newBuilder();
        switch (command) {
            case TrustCommand.PutToken(String name, String hash, Duration life) ->
                stored.setPutToken(
                        StoredToken.newBuilder().setName(name).setHash(hash).setLifeMillis(life.toMillis()));
            case TrustCommand.RemoveToken(String name) -> stored.setRemoveToken(name);
            case TrustCommand.Join(String hash, String key) ->
                stored.setJoin(StoredJoin.newBuilder().setHash(hash).setKey(key));
            case TrustCommand.Rejoin(String from, String to) ->
                stored.setRejoin(StoredRejoin.newBuilder().setFrom(from).setTo(to));
            case TrustCommand.PutRoot(Root root, String owner) -> stored.setPutRoot(root(root, owner));
            case TrustCommand.RemoveRoot(Root root) -> stored.setRemoveRoot(root(root, ""));
            case TrustCommand.Enrol(String endorsement, String attestation) ->
                stored.setEnrol(enrolled(endorsement, attestation));
            case TrustCommand.Expel(String endorsement) -> stored.setExpel(endorsement);
            case TrustCommand.PutCluster(KubernetesCluster cluster) -> stored.setPutCluster(cluster(cluster));
            case TrustCommand.RemoveCluster(String name) -> stored.setRemoveCluster(name);
        }
        return stored.build();
    }

    static TrustCommand fromStored(StoredAttestorCommand stored) {
        return switch (stored.getCommandCase()) {
            case PUT_TOKEN -> {
                var put = stored.getPutToken();
                yield new TrustCommand.PutToken(put.getName(), put.getHash(), Duration.ofMillis(put.getLifeMillis()));
            }
            case REMOVE_TOKEN -> new TrustCommand.RemoveToken(stored.getRemoveToken());
            case JOIN ->
                new TrustCommand.Join(
                        stored.getJoin().getHash(), stored.getJoin().getKey());
            case REJOIN ->
                new TrustCommand.Rejoin(
                        stored.getRejoin().getFrom(), stored.getRejoin().getTo());
            case PUT_ROOT ->
                new TrustCommand.PutRoot(
                        root(stored.getPutRoot()), stored.getPutRoot().getOwner());
            case REMOVE_ROOT -> new TrustCommand.RemoveRoot(root(stored.getRemoveRoot()));
            case ENROL ->
                new TrustCommand.Enrol(
                        stored.getEnrol().getEndorsement(), stored.getEnrol().getAttestation());
            case EXPEL -> new TrustCommand.Expel(stored.getExpel());
            case PUT_CLUSTER -> new TrustCommand.PutCluster(cluster(stored.getPutCluster()));
            case REMOVE_CLUSTER -> new TrustCommand.RemoveCluster(stored.getRemoveCluster());
            case COMMAND_NOT_SET ->
                throw new IllegalArgumentException("a command about attestors that this release does not know");
        };
    }

    static List<StoredPart.Builder> parts(Attestors attestors) {
        List<StoredPart.Builder> parts = new ArrayList<>();
        attestors
                .tokens()
                .values()
                .forEach(token -> parts.add(StoredPart.newBuilder()
                        .setToken(StoredToken.newBuilder()
                                .setName(token.name())
                                .setHash(token.hash())
                                .setUntilMillis(token.until().toEpochMilli())
                                .setHolder(token.holder())
                                .setFormer(token.former()))));
        attestors
                .roots()
                .forEach((root, owner) -> parts.add(StoredPart.newBuilder().setRoot(root(root, owner))));
        attestors
                .keys()
                .forEach((endorsement, attestation) ->
                        parts.add(StoredPart.newBuilder().setEnrolled(enrolled(endorsement, attestation))));
        attestors
                .clusters()
                .values()
                .forEach(cluster -> parts.add(StoredPart.newBuilder().setCluster(cluster(cluster))));
        return parts;
    }

    /** Takes the parts of a snapshot that are about attestors. */
    static final class Reading {
        private final TreeMap<String, JoinToken> tokens = new TreeMap<>();
        private final TreeMap<Root, String> roots = new TreeMap<>();
        private final TreeMap<String, String> keys = new TreeMap<>();
        private final TreeMap<String, KubernetesCluster> clusters = new TreeMap<>();

        void take(StoredPart part) {
            if (part.hasToken()) {
                var token = part.getToken();
                tokens.put(
                        token.getName(),
                        new JoinToken(
                                token.getName(),
                                token.getHash(),
                                Instant.ofEpochMilli(token.getUntilMillis()),
                                token.getHolder(),
                                token.getFormer()));
            } else if (part.hasRoot()) {
                roots.put(root(part.getRoot()), part.getRoot().getOwner());
            } else if (part.hasEnrolled()) {
                keys.put(part.getEnrolled().getEndorsement(), part.getEnrolled().getAttestation());
            } else {
                clusters.put(part.getCluster().getName(), cluster(part.getCluster()));
            }
        }

        Attestors read() {
            return new Attestors(tokens, roots, keys, clusters);
        }
    }

    private static StoredRoot.Builder root(Root root, String owner) {
        return StoredRoot.newBuilder()
                .setVendor(
                        switch (root.vendor()) {
                            case INTEL -> StoredVendor.STORED_VENDOR_INTEL;
                            case AMD -> StoredVendor.STORED_VENDOR_AMD;
                            case AWS -> StoredVendor.STORED_VENDOR_AWS;
                            case NVIDIA -> StoredVendor.STORED_VENDOR_NVIDIA;
                            case HYGON -> StoredVendor.STORED_VENDOR_HYGON;
                            case TPM -> StoredVendor.STORED_VENDOR_TPM;
                            case ARM -> StoredVendor.STORED_VENDOR_ARM;
                            case SIMULATION -> StoredVendor.STORED_VENDOR_SIMULATION;
                        })
                .setFingerprint(root.fingerprint())
                .setOwner(owner);
    }

    private static Root root(StoredRoot stored) {
        return new Root(
                switch (stored.getVendor()) {
                    case STORED_VENDOR_INTEL -> Vendor.INTEL;
                    case STORED_VENDOR_AMD -> Vendor.AMD;
                    case STORED_VENDOR_AWS -> Vendor.AWS;
                    case STORED_VENDOR_NVIDIA -> Vendor.NVIDIA;
                    case STORED_VENDOR_HYGON -> Vendor.HYGON;
                    case STORED_VENDOR_TPM -> Vendor.TPM;
                    case STORED_VENDOR_ARM -> Vendor.ARM;
                    case STORED_VENDOR_SIMULATION -> Vendor.SIMULATION;
                    case STORED_VENDOR_UNSPECIFIED, UNRECOGNIZED ->
                        throw new IllegalArgumentException("a vendor that this release does not know");
                },
                stored.getFingerprint());
    }

    private static StoredEnrolled.Builder enrolled(String endorsement, String attestation) {
        return StoredEnrolled.newBuilder().setEndorsement(endorsement).setAttestation(attestation);
    }

    private static StoredCluster.Builder cluster(KubernetesCluster cluster) {
        return StoredCluster.newBuilder()
                .setName(cluster.name())
                .setIssuer(cluster.issuer())
                .setAudience(cluster.audience())
                .setJwks(cluster.jwks());
    }

    private static KubernetesCluster cluster(StoredCluster stored) {
        return new KubernetesCluster(stored.getName(), stored.getIssuer(), stored.getAudience(), stored.getJwks());
    }
}

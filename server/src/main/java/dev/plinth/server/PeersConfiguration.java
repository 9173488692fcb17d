package dev.plinth.server;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.secrets.ReleasePolicy;
import dev.plinth.trust.secrets.RootPeers;
import dev.plinth.trust.secrets.SecretsProblem;
import dev.plinth.trust.supply.PublicKeys;
import io.grpc.Channel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * How the servers of a cluster give one another the root key of secrets.
 *
 * @param policy what evidence of another server has to fit
 * @param keys files with the keys of the servers' TPMs, PEM: whoever shows another one is refused
 * @param tpm this server proves itself with
 */
public record PeersConfiguration(ReleasePolicy policy, List<Path> keys, RootConfiguration.InTpm tpm) {
    public PeersConfiguration {
        keys = List.copyOf(keys);
    }

    RootPeers peers(Supplier<? extends List<? extends Channel>> channels) throws IOException {
        List<Endorsement> vouched = new ArrayList<>();
        for (var file : keys) {
            try {
                var key = PublicKeys.parsePem(Bytes.of(file.toString(), Files.readAllBytes(file)));
                vouched.add(Endorsement.VouchedKey.of(Vendor.TPM, key, name(file)));
            } catch (IOException | Malformed e) {
                throw new IOException("secrets.peers.keys: " + file + ": " + e.getMessage(), e);
            }
        }
        return new RootPeers(
                policy, TrustAnchors.ofVendors(), vouched, RootPeers.tpm(tpm.device(), tpm.registers()), channels);
    }

    /** As findings and the audit log call the key. */
    private static String name(Path file) {
        return String.valueOf(file.getFileName()).replaceFirst("\\.pem$", "");
    }

    static PeersConfiguration read(YamlReader.Section section) {
        var condition = section.required(
                "condition", "in CEL, such as \"evidence == 'tpm' && claims['tpm.sha256.7'] == '…'\"", text -> text);
        var waivers = Set.copyOf(section.values("waive", text -> text));
        var keys = section.values("keys", Path::of);
        var tpm =
                section.section("tpm").map(RootConfiguration.InTpm::read).orElseGet(RootConfiguration.InTpm::ofKernel);
        section.done();
        if (keys.isEmpty()) {
            throw section.wrong("keys: expected files with the attestation keys of the servers' TPMs, PEM;"
                    + " plinth secrets tpm-key prints them");
        }
        try {
            return new PeersConfiguration(RootPeers.policy(condition, waivers), keys, tpm);
        } catch (SecretsProblem e) {
            throw section.wrong("condition: " + e.getMessage());
        }
    }
}

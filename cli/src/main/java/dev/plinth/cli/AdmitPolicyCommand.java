package dev.plinth.cli;

import dev.plinth.wire.trust.v1.AdmissionPolicy;
import dev.plinth.wire.trust.v1.AdmissionRules;
import dev.plinth.wire.trust.v1.GetAdmissionPolicyRequest;
import dev.plinth.wire.trust.v1.ListAdmissionPoliciesRequest;
import dev.plinth.wire.trust.v1.ProvenanceRules;
import dev.plinth.wire.trust.v1.PutAdmissionPolicyRequest;
import dev.plinth.wire.trust.v1.SbomRules;
import dev.plinth.wire.trust.v1.Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plinth admit policy}: under which rules artifacts are admitted. */
@Command(
        name = "policy",
        description = {
            "Writes the next version of an admission policy, whole; without rules: shows it. Without a name: lists all.",
            "An artifact is admitted if everything that is asked holds. What no policy guards is denied."
        },
        mixinStandardHelpOptions = true)
final class AdmitPolicyCommand extends AdmitOptions {
    @Parameters(index = "0", arity = "0..1", paramLabel = "NAME")
    private Optional<String> name = Optional.empty();

    @Option(names = "--key", paramLabel = "FILE", description = "A public key in PEM that may sign. May be repeated.")
    private List<Path> keys = new ArrayList<>();

    @Option(
            names = "--identity",
            paramLabel = "IDENTITY=ISSUER",
            description =
                    "Who may sign with a certificate, and who vouches for the identity: ann@example.org=https://accounts.google.com. A * at the identity's end stands for any ending. May be repeated.")
    private List<String> identities = new ArrayList<>();

    @Option(
            names = "--trusted-root",
            paramLabel = "FILE",
            description = "Sigstore's trusted_root.json: whose certificates and logs count. It is never fetched.")
    private Optional<Path> trustedRoot = Optional.empty();

    @Option(names = "--log", description = "A transparency log of the trusted root has to hold the signature.")
    private boolean log;

    @Option(names = "--sbom", description = "A list of components (CycloneDX 1.4 to 1.6) has to be there.")
    private boolean sbom;

    @Option(
            names = "--sbom-requires",
            paramLabel = "FIELD",
            split = ",",
            description = "What each component has to have: purl, version, hash, license.")
    private List<SbomRules.Field> requires = new ArrayList<>();

    @Option(
            names = "--sbom-contents",
            description = "Each jar within the artifact has to be in the list, by its SHA-256.")
    private boolean contents;

    @Option(names = "--sbom-vouched", description = "The list has to be within the artifact, or signed.")
    private boolean vouched;

    @Option(
            names = "--deny-license",
            paramLabel = "ID",
            description = "An SPDX identifier, or a name. May be repeated.")
    private List<String> licenses = new ArrayList<>();

    @Option(
            names = "--known-bad",
            paramLabel = "FILE",
            description = "Package URLs, one a line: with a version for one, without for all. # begins a remark.")
    private Optional<Path> knownBad = Optional.empty();

    @Option(names = "--provenance", description = "A signed statement about how it was built has to be there.")
    private boolean provenance;

    @Option(
            names = "--builder",
            paramLabel = "ID",
            description = "Who may have built it. A * at the end stands for any ending. May be repeated.")
    private List<String> builders = new ArrayList<>();

    @Option(names = "--source", paramLabel = "URI", description = "From which repository. Likewise.")
    private List<String> sources = new ArrayList<>();

    @Option(names = "--closed", description = "Nothing is admitted.")
    private boolean closed;

    @Override
    public Integer call() throws InterruptedException, IOException {
        if (name.isEmpty()) {
            return list();
        }
        var rules = rules();
        if (rules.equals(AdmissionRules.getDefaultInstance()) && !closed) {
            return show(name.get());
        }
        if (closed != (rules.getKeysCount() + rules.getSignersCount() == 0)) {
            throw new CommandLine.ParameterException(
                    spec().commandLine(),
                    "expected --key or --identity, for somebody has to sign; or --closed without them");
        }
        var changed = ask(admissions -> admissions.putAdmissionPolicy(PutAdmissionPolicyRequest.newBuilder()
                .setName(name.get())
                .setOwner(by())
                .setRules(rules)
                .build()));
        out().println(name.get() + "@" + changed.getVersion());
        return 0;
    }

    private AdmissionRules rules() throws IOException {
        var rules = AdmissionRules.newBuilder().setLog(log);
        for (var key : keys) {
            rules.addKeys(Files.readString(key));
        }
        for (var identity : identities) {
            // An identity may be a URI with a =, the address of an issuer has none before its path.
            int at = identity.lastIndexOf('=');
            if (at < 1) {
                throw new CommandLine.ParameterException(
                        spec().commandLine(), "--identity: expected IDENTITY=ISSUER, found " + identity);
            }
            rules.addSigners(
                    Signer.newBuilder().setIdentity(identity.substring(0, at)).setIssuer(identity.substring(at + 1)));
        }
        if (trustedRoot.isPresent()) {
            rules.setTrustedRoot(Files.readString(trustedRoot.get()));
        }
        var components = SbomRules.newBuilder()
                .addAllRequires(requires)
                .setContents(contents)
                .setVouched(vouched)
                .addAllDeniedLicenses(licenses);
        if (knownBad.isPresent()) {
            Files.readAllLines(knownBad.get()).stream()
                    .map(line -> line.replaceFirst("(^|\\s)#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .forEach(components::addKnownBad);
        }
        if (sbom || !components.build().equals(SbomRules.getDefaultInstance())) {
            rules.setSbom(components);
        }
        if (provenance || !builders.isEmpty() || !sources.isEmpty()) {
            rules.setProvenance(
                    ProvenanceRules.newBuilder().addAllBuilders(builders).addAllSources(sources));
        }
        return rules.build();
    }

    private int list() throws InterruptedException, IOException {
        var table = new Table("POLICY", "VERSION", "AT", "BY");
        ask(admissions -> admissions.listAdmissionPolicies(ListAdmissionPoliciesRequest.getDefaultInstance()))
                .getPoliciesList()
                .forEach(one -> table.row(
                        one.getName(),
                        Integer.toString(one.getVersion()),
                        Instant.ofEpochMilli(one.getAtMillis()).toString(),
                        one.getOwner()));
        table.print(out());
        return 0;
    }

    private int show(String policy) throws InterruptedException, IOException {
        var versions = ask(admissions -> admissions.getAdmissionPolicy(
                        GetAdmissionPolicyRequest.newBuilder().setName(policy).build()))
                .getPoliciesList();
        var table = new Table("VERSION", "AT", "BY");
        versions.forEach(one -> table.row(
                Integer.toString(one.getVersion()),
                Instant.ofEpochMilli(one.getAtMillis()).toString(),
                one.getOwner()));
        table.print(out());
        print(versions.getLast());
        return 0;
    }

    private void print(AdmissionPolicy policy) {
        var out = out();
        var rules = policy.getRules();
        out.println(policy.getName() + "@" + policy.getVersion() + " admits what is");
        rules.getKeysList()
                .forEach(one -> out.println(
                        "  signed by the key\n" + one.strip().indent(4).stripTrailing()));
        rules.getSignersList()
                .forEach(one -> out.println("  signed by " + one.getIdentity() + ", as " + one.getIssuer() + " says"));
        if (rules.getKeysCount() + rules.getSignersCount() == 0) {
            out.println("  nothing: it is closed");
        }
        if (rules.getLog()) {
            out.println("  in a transparency log");
        }
        if (rules.hasSbom()) {
            var list = rules.getSbom();
            out.println("  listed: each component with " + list.getRequiresList()
                    + (list.getContents() ? ", each jar within by its hash" : "")
                    + (list.getVouched() ? ", the list within the artifact or signed" : "")
                    + "; without the licences " + list.getDeniedLicensesList() + " and " + list.getKnownBadCount()
                    + " known-bad components");
        }
        if (rules.hasProvenance()) {
            out.println("  built by " + rules.getProvenance().getBuildersList() + " from "
                    + rules.getProvenance().getSourcesList());
        }
        out.flush();
    }
}

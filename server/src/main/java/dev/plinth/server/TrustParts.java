package dev.plinth.server;

import dev.plinth.kernel.Clock;
import dev.plinth.server.backup.Partitions;
import dev.plinth.server.cluster.Membership;
import dev.plinth.server.cluster.PeerChannels;
import dev.plinth.server.federation.FederationFollower;
import dev.plinth.server.federation.FederationServer;
import dev.plinth.server.trust.TrustView;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.control.AdminToken;
import dev.plinth.trust.control.CollateralFolder;
import dev.plinth.trust.control.DomainRootFile;
import dev.plinth.trust.control.FileRootKey;
import dev.plinth.trust.control.ServerIdentity;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.control.TrustOutcome;
import dev.plinth.trust.control.door.attest.AttestationDoor;
import dev.plinth.trust.control.door.grpc.AdmissionsDoor;
import dev.plinth.trust.control.door.grpc.TokenGuard;
import dev.plinth.trust.control.door.grpc.TrustDoor;
import dev.plinth.trust.control.door.spiffe.WorkloadApiDoor;
import dev.plinth.trust.secrets.AuditWriter;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.trust.secrets.door.aecs.AecsDoor;
import dev.plinth.trust.secrets.door.grpc.RootKeysDoor;
import dev.plinth.trust.secrets.door.grpc.SecretsDoor;
import dev.plinth.trust.secrets.door.kbs.KbsDoor;
import dev.plinth.trust.secrets.door.kbs.KbsHttp;
import io.grpc.BindableService;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a server has of trust: identities, keys and secrets, their audit log, and the doors before them. */
final class TrustParts {
    /*
     * The partitions are there on every server, for what a group's members are is settled when it begins; which doors stand before them
     * is what the configuration says.
     */
    private static final Logger log = LoggerFactory.getLogger(TrustParts.class);

    private final ServerConfiguration configuration;
    private final Parts parts;
    private final Optional<Membership> membership;
    private final Optional<PeerChannels> peers;
    private final Clock clock;
    private final Executor workers;
    private final SecureRandom random = new SecureRandom();
    private final Trust trust;
    private final Secrets secrets;
    private final AuditWriter audit;
    private final List<BindableService> doors = new ArrayList<>();
    private Optional<WorkloadApiDoor> workloads = Optional.empty();
    private Optional<Listen> federation = Optional.empty();
    private Optional<KbsHttp> kbs = Optional.empty();

    private TrustParts(
            ServerConfiguration configuration,
            Parts parts,
            Journals journals,
            Optional<Membership> membership,
            Optional<PeerChannels> peers,
            Clock clock,
            Executor workers)
            throws IOException {
        this.configuration = configuration;
        this.parts = parts;
        this.membership = membership;
        this.peers = peers;
        this.clock = clock;
        this.workers = workers;
        this.trust = parts.add(
                "trust",
                Trust.open(
                        journals.journal(Partitions.TRUST, Trust.commandCodec()),
                        collateral(),
                        clock,
                        workers,
                        random));
        this.secrets = parts.add(
                "secrets",
                Secrets.open(
                        journals.journal(Partitions.SECRETS, Secrets.commandCodec()),
                        secretsOptions(),
                        clock,
                        workers,
                        random));
        this.audit = parts.add(
                "audit log", AuditWriter.open(secrets, configuration.data().resolve("audit"), clock));
    }

    /**
     * Opens them.
     *
     * @param peers the ways to the other servers, in a cluster
     * @param proof told of each root key of the domain that comes
     * @throws IOException if the data is damaged, a key is missing or a port is taken; it says which
     */
    static TrustParts open(
            ServerConfiguration configuration,
            Parts parts,
            Journals journals,
            Optional<Membership> membership,
            Optional<PeerChannels> peers,
            ServerProof proof,
            Settling settling,
            Clock clock,
            Executor workers)
            throws IOException {
        var opened = new TrustParts(configuration, parts, journals, membership, peers, clock, workers);
        if (configuration.trust().isPresent()) {
            opened.openDomain(configuration.trust().get(), proof.identity(), settling);
        }
        if (configuration.secrets().isPresent()) {
            opened.openSecrets();
        }
        return opened;
    }

    private void openDomain(TrustConfiguration of, Optional<ServerIdentity> identity, Settling settling)
            throws IOException {
        var data = configuration.data();
        unlock(of, identity);
        settle(new TrustCommand.SetDomain(of.domain(), of.algorithm()), settling);
        workloads =
                Optional.of(parts.add("Workload API", WorkloadApiDoor.open(trust, of.socket(data), clock, workers)));
        if (of.federation().isPresent()) {
            var listen = of.federation().get();
            var door = parts.add("federation", FederationServer.open(trust, clock, listen.address()));
            federation = Optional.of(new Listen(listen.host(), door.port()));
        }
        parts.add("other trust domains", new FederationFollower(trust, clock, workers));
        var token = token();
        doors.add(TokenGuard.before(new TrustDoor(trust, workers, random), token));
        doors.add(
                TokenGuard.before(AdmissionsDoor.open(trust, data.resolve("trust/admissions"), clock, workers), token));
        doors.add(new AttestationDoor(trust, clock, workers, random));
    }

    private void openSecrets() throws IOException {
        var token = token();
        doors.add(SecretsDoor.of(secrets, token::is, clock, workers));
        doors.add(AecsDoor.of(secrets, token::is, Release.VERSION, clock, workers, random));
        kbs = Optional.of(new KbsHttp(new KbsDoor(secrets, token::is, Release.VERSION, clock, random, workers)));
    }

    private AdminToken token() throws IOException {
        return AdminToken.open(TrustConfiguration.token(configuration.data()), random);
    }

    private Secrets.Options secretsOptions() throws IOException {
        var options = SecretsConfiguration.options(configuration.secrets(), configuration.data());
        if (membership.isEmpty()) {
            return options;
        }
        var of = membership.get();
        var among = options.among(of.roster().self(), () -> names(of));
        var others = configuration.secrets().flatMap(SecretsConfiguration::peers);
        return others.isPresent() ? among.givingOneAnother(others.get().peers(peers.orElseThrow()::channels)) : among;
    }

    private static Set<String> names(Membership of) {
        return of.roster().servers().stream()
                .map(ClusterConfiguration.Server::name)
                .collect(Collectors.toSet());
    }

    private List<Endorsement> collateral() throws IOException {
        var folder = configuration.trust().flatMap(TrustConfiguration::collateral);
        try {
            return folder.isPresent() ? CollateralFolder.read(folder.get()) : List.of();
        } catch (IOException e) {
            throw new IOException("trust.collateral: " + e.getMessage(), e);
        }
    }

    /**
     * Gives trust the root key. A server that is alone and has signed nothing yet makes one; all others must have that with which
     * their authorities' keys are sealed.
     */
    private void unlock(TrustConfiguration of, Optional<ServerIdentity> identity) throws IOException {
        var file = of.rootKey(configuration.data());
        boolean alone = configuration.cluster().isEmpty();
        if (alone && trust.identities().join().lastNumber() == 0 && Files.notExists(file)) {
            FileRootKey.make(file, random);
        }
        parts.add(
                "root key of the trust domain",
                trust.unlock(
                        of.demandRootKey(configuration),
                        membership
                                .map(to ->
                                        new DomainRootFile.Servers(to.roster().self(), () -> names(to)))
                                .orElseGet(DomainRootFile.Servers::alone),
                        workers,
                        random,
                        keys -> identity.ifPresent(own -> own.roots(keys))));
        try {
            if (alone) {
                trust.issuer().demandKeys(trust.identities().join());
            }
        } catch (IllegalStateException e) {
            throw new IOException("trust.rootKey: " + file + ": " + e.getMessage(), e);
        }
    }

    /** Sets the trust domain if there is none. Another one than the stored one keeps a server that is alone from starting. */
    private void settle(TrustCommand.SetDomain wanted, Settling settling) throws IOException {
        if (configuration.cluster().isEmpty()) {
            if (trust.submit(wanted).join() instanceof TrustOutcome.Denied denied) {
                throw new IOException("trust.domain: " + denied.message());
            }
            return;
        }
        settling.settle(() -> trust.submit(wanted), outcome -> {
            if (outcome instanceof TrustOutcome.Denied denied) {
                log.error("trust.domain: {}", denied.message());
            }
        });
    }

    /** To be asked over gRPC. */
    List<BindableService> doors() {
        return doors;
    }

    /** What other servers ask, and nobody else. */
    Optional<BindableService> peerDoor() {
        return secrets.giving().map(giving -> new RootKeysDoor(giving, workers));
    }

    /** The KBS protocol; empty: there are no secrets to be had. */
    Optional<KbsHttp> kbs() {
        return kbs;
    }

    /** Notes what people change in other features; empty if this server keeps no such notes. */
    Optional<AuditedCalls> audited() {
        return doors.isEmpty() ? Optional.empty() : Optional.of(new AuditedCalls(secrets));
    }

    /** Why it cannot sign; empty if it can, or need not. */
    Optional<String> trouble() {
        return trust.trouble();
    }

    /** What the console shows of it. */
    TrustView view() {
        return new TrustView(
                configuration.trust().isPresent(),
                configuration.secrets().isPresent(),
                trust,
                secrets,
                audit,
                clock,
                workers);
    }

    /** Where workloads find their identities; empty if this server gives none. */
    Optional<String> workloads() {
        return workloads.map(WorkloadApiDoor::endpoint);
    }

    /** Where other trust domains fetch this one's bundle; empty if they cannot. */
    Optional<Listen> federation() {
        return federation;
    }
}

package dev.plinth.server;

import dev.plinth.trust.secrets.Secrets;
import dev.plinth.wire.backup.v1.TakeRequest;
import dev.plinth.wire.cells.v1.PutCellMapRequest;
import dev.plinth.wire.cluster.v1.AddMemberRequest;
import dev.plinth.wire.cluster.v1.RemoveServerRequest;
import dev.plinth.wire.cluster.v1.TransferLeadRequest;
import dev.plinth.wire.transactions.v1.DecideRowsRequest;
import dev.plinth.wire.transactions.v1.ForceRequest;
import dev.plinth.wire.transactions.v1.SettleRequest;
import dev.plinth.wire.trust.v1.AdmitRequest;
import dev.plinth.wire.trust.v1.BindRequest;
import dev.plinth.wire.trust.v1.CompleteEnrolmentRequest;
import dev.plinth.wire.trust.v1.CompleteEnrolmentResponse;
import dev.plinth.wire.trust.v1.EndRootRotationRequest;
import dev.plinth.wire.trust.v1.HardwareRoot;
import dev.plinth.wire.trust.v1.KubernetesCluster;
import dev.plinth.wire.trust.v1.NamedAttestor;
import dev.plinth.wire.trust.v1.PutAdmissionPolicyRequest;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutFederatedRequest;
import dev.plinth.wire.trust.v1.PutJoinTokenRequest;
import dev.plinth.wire.trust.v1.PutPolicyRequest;
import dev.plinth.wire.trust.v1.PutReferenceRequest;
import dev.plinth.wire.trust.v1.RemoveEntryRequest;
import dev.plinth.wire.trust.v1.RemoveFederatedRequest;
import dev.plinth.wire.trust.v1.RollBackRequest;
import dev.plinth.wire.trust.v1.RotateRequest;
import dev.plinth.wire.trust.v1.RotateRootRequest;
import dev.plinth.wire.trust.v1.SetLivesRequest;
import dev.plinth.wire.trust.v1.Verdict;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has what people change over gRPC in other features noted in the audit log, before they are told that it is done. */
final class AuditedCalls implements ServerInterceptor {
    /*
     * Keys and secrets note what they do as part of doing it. For the other features, whose engines have journals of their own, the note is
     * a second command: what is done is noted then, and the answer waits for that. So whoever was answered stands in the log; of what was
     * done in the moment in which a server was killed there may be no note, and nobody was told that it was done.
     *
     * What was refused is not noted, and neither is what machines do all the time: registrations, transactions, renewals of identities.
     * Configurations, and the registry's rules among them, have a history with authors of their own.
     */
    private static final Logger log = LoggerFactory.getLogger(AuditedCalls.class);

    /** Longer than that nobody waits for a note, such as on a server that has left its cluster. */
    private static final int NOTE_SECONDS_MAX = 5;

    private final Secrets audit;

    AuditedCalls(Secrets audit) {
        this.audit = audit;
    }

    /** What was asked for, without anything that is secret. */
    private record Deed(String subject, String detail, String actor) {}

    /** Empty for what changes nothing. */
    private static Optional<Deed> deed(Object request) {
        return Optional.ofNullable(
                switch (request) {
                    case PutCellMapRequest of -> new Deed("cell map", "in place of epoch " + of.getExpectedEpoch(), "");
                    case TakeRequest _ -> new Deed("backup", "", "");
                    case AddMemberRequest of -> new Deed("server " + of.getServer(), "into group " + of.getGroup(), "");
                    case RemoveServerRequest of -> new Deed("server " + of.getServer(), "", "");
                    case TransferLeadRequest of ->
                        new Deed("group " + of.getGroup(), "to server " + of.getServer(), "");
                    case SettleRequest of -> new Deed(of.getXid(), of.getReason(), of.getOperator());
                    case ForceRequest of ->
                        new Deed(of.getXid(), of.getDirection() + ": " + of.getReason(), of.getOperator());
                    case DecideRowsRequest of ->
                        new Deed(of.getXid(), of.getDecision().name(), of.getOperator());
                    case SetLivesRequest of ->
                        new Deed(
                                "trust domain",
                                "authority " + of.getAuthorityLifeSeconds() + " s, identity " + of.getSvidLifeSeconds()
                                        + " s, publishing " + of.getPublishingSeconds() + " s",
                                "");
                    case RotateRequest _ -> new Deed("trust domain", "", "");
                    case RotateRootRequest _ -> new Deed("root key of the trust domain", "", "");
                    case EndRootRotationRequest of ->
                        new Deed("root key of the trust domain", of.getFinish() ? "finish" : "abandon", "");
                    case PutFederatedRequest of -> new Deed("trust domain " + of.getDomain(), of.getUrl(), "");
                    case RemoveFederatedRequest of -> new Deed("trust domain " + of.getDomain(), "", "");
                    case PutEntryRequest of ->
                        new Deed(
                                "entry " + of.getEntry().getName(),
                                of.getEntry().getSpiffeId() + " for "
                                        + String.join(" ", of.getEntry().getSelectorsList()),
                                of.getEntry().getOwner());
                    case RemoveEntryRequest of -> new Deed("entry " + of.getName(), "", "");
                    case PutJoinTokenRequest of ->
                        new Deed("join-token:" + of.getName(), "for " + of.getLifeSeconds() + " s", "");
                    case NamedAttestor of -> new Deed(of.getName(), "", "");
                    case HardwareRoot of -> new Deed(of.getVendor() + " " + of.getFingerprint(), "", of.getOwner());
                    case KubernetesCluster of -> new Deed("k8s:" + of.getName(), of.getIssuer(), "");
                    case CompleteEnrolmentRequest _ -> new Deed("TPM", "", "");
                    case PutPolicyRequest of ->
                        new Deed("policy " + of.getTenant() + "/" + of.getName(), of.getCondition(), of.getOwner());
                    case PutReferenceRequest of ->
                        new Deed(
                                "reference " + of.getTenant() + "/" + of.getName(),
                                String.join(" ", of.getValuesList()),
                                of.getOwner());
                    case RollBackRequest of ->
                        new Deed(of.getTenant() + "/" + of.getName(), "to version " + of.getVersion(), of.getOwner());
                    case PutAdmissionPolicyRequest of ->
                        new Deed(
                                "admission policy " + of.getName(),
                                of.getRules().getKeysCount() + " keys, "
                                        + of.getRules().getSignersCount() + " signers"
                                        + (of.getRules().getLog() ? ", log" : "")
                                        + (of.getRules().hasSbom() ? ", SBOM" : "")
                                        + (of.getRules().hasProvenance() ? ", provenance" : ""),
                                of.getOwner());
                    case AdmitRequest of
                    when of.hasSubmission() ->
                        new Deed(
                                of.getSubmission().getName(),
                                of.getSubmission().getPolicy(),
                                of.getSubmission().getActor());
                    case BindRequest of ->
                        new Deed(
                                "resource " + of.getTenant() + "/" + of.getResource(),
                                String.join(" ", of.getPoliciesList()),
                                of.getOwner());
                    default -> null;
                });
    }

    /** What is known of it by the answer only. */
    private static Deed outcome(Deed asked, List<?> answers) {
        return switch (answers.isEmpty() ? asked : answers.getFirst()) {
            case CompleteEnrolmentResponse of -> new Deed(of.getSelector(), asked.detail(), asked.actor());
            case Verdict of ->
                new Deed(
                        "sha256:" + of.getSha256() + " " + of.getArtifact(),
                        (of.getAdmitted() ? "admitted under " : "refused under ")
                                + of.getPolicy() + "@" + of.getPolicyVersion()
                                + (of.getAdmitted()
                                        ? ", signed by " + String.join(", ", of.getSignersList())
                                        : of.getNotesCount() == 0
                                                ? ""
                                                : ": " + of.getNotes(0).getCheck() + ", found "
                                                        + of.getNotes(0).getFound()),
                        asked.actor());
            default -> asked;
        };
    }

    /** {@code put-entry} for {@code PutEntry}. */
    private static String action(ServerCall<?, ?> call) {
        return String.valueOf(call.getMethodDescriptor().getBareMethodName())
                .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
                .toLowerCase(Locale.ROOT);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (String.valueOf(call.getMethodDescriptor().getServiceName()).startsWith("plinth.secrets.")) {
            return next.startCall(call, headers);
        }
        var noted = new Noted<>(call);
        return new SimpleForwardingServerCallListener<>(next.startCall(noted, headers)) {
            @Override
            public void onMessage(Q message) {
                // Of a call with many requests the first says what it is about.
                if (noted.deed.isEmpty()) {
                    noted.deed = deed(message);
                }
                super.onMessage(message);
            }
        };
    }

    /** A call whose answer waits for its note. */
    private final class Noted<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final List<A> held = new ArrayList<>();

        /** Set before the call is carried out, which is before it is answered. */
        private volatile Optional<Deed> deed = Optional.empty();

        Noted(ServerCall<Q, A> call) {
            super(call);
        }

        @Override
        public void sendMessage(A message) {
            if (deed.isEmpty() || !getMethodDescriptor().getType().serverSendsOneMessage()) {
                super.sendMessage(message);
            } else {
                held.add(message);
            }
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (deed.isEmpty() || !status.isOk()) {
                super.close(status, trailers);
                return;
            }
            var done = outcome(deed.get(), held);
            var _ = audit.note(
                            action(delegate()),
                            done.subject(),
                            done.detail(),
                            done.actor().isEmpty() ? "-" : done.actor())
                    .orTimeout(NOTE_SECONDS_MAX, TimeUnit.SECONDS)
                    .whenComplete((_, failure) -> {
                        if (failure != null) {
                            log.error(
                                    "done, and not in the audit log: {} {}: {}",
                                    action(delegate()),
                                    done.subject(),
                                    failure.getMessage());
                        }
                        held.forEach(super::sendMessage);
                        super.close(status, trailers);
                    });
        }
    }
}

package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.wire.backup.v1.BackupsGrpc;
import dev.plinth.wire.backup.v1.TakeRequest;
import dev.plinth.wire.secrets.v1.AuditEntry;
import dev.plinth.wire.secrets.v1.ReadAuditRequest;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.ListEntriesRequest;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutJoinTokenRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditedCallsTest {
    private static final Listen ANY = new Listen("127.0.0.1", 0);

    @TempDir
    private Path data;

    private PlinthServer server;

    @BeforeEach
    void start() throws IOException {
        server = PlinthServer.start(ServerConfiguration.alone(
                        data,
                        ANY,
                        ANY,
                        Optional.of(CellMap.evenly(
                                ShardFunction.lastDigits(100), List.of(Cell.sharded("east", Zone.of("z1", "r"))))))
                .with(TrustConfiguration.of("example.org"))
                .with(SecretsConfiguration.inFile()));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private <S> S client(Class<S> type) throws IOException {
        return GrpcClients.builder("gproto+http://" + server.http())
                .addHeader("authorization", "Bearer " + Files.readString(TrustConfiguration.token(data)))
                .build(type);
    }

    private List<AuditEntry> audit() throws IOException {
        return client(SecretsGrpc.SecretsBlockingStub.class)
                .readAudit(ReadAuditRequest.getDefaultInstance())
                .getEntriesList();
    }

    private static PutEntryRequest entry() {
        return PutEntryRequest.newBuilder()
                .setEntry(Entry.newBuilder()
                        .setName("payments")
                        .setSpiffeId("spiffe://example.org/payments")
                        .setOwner("ann")
                        .addSelectors("unix:uid:7"))
                .build();
    }

    @Test
    void whoever_was_told_that_something_is_done_stands_in_the_log() throws Exception {
        var _ = client(TrustGrpc.TrustBlockingStub.class).putEntry(entry());
        assertThat(audit()).anySatisfy(note -> {
            assertThat(note.getAction()).isEqualTo("put-entry");
            assertThat(note.getSubject()).isEqualTo("entry payments");
            assertThat(note.getDetail()).isEqualTo("spiffe://example.org/payments for unix:uid:7");
            assertThat(note.getActor()).isEqualTo("ann");
        });

        client(BackupsGrpc.BackupsBlockingStub.class)
                .take(TakeRequest.getDefaultInstance())
                .forEachRemaining(piece -> assertThat(piece.getBytes()).isNotEmpty());
        assertThat(audit()).anyMatch(note -> note.getSubject().equals("backup"));
    }

    @Test
    void the_log_has_no_token_and_nothing_that_was_refused_or_only_read() throws Exception {
        var token = client(TrustGrpc.TrustBlockingStub.class)
                .putJoinToken(PutJoinTokenRequest.newBuilder()
                        .setName("host-7")
                        .setLifeSeconds(60)
                        .build())
                .getToken();
        var _ = client(TrustGrpc.TrustBlockingStub.class).listEntries(ListEntriesRequest.getDefaultInstance());
        assertThatThrownBy(
                        () -> GrpcClients.newClient("gproto+http://" + server.http(), TrustGrpc.TrustBlockingStub.class)
                                .putEntry(entry()))
                .isInstanceOf(StatusRuntimeException.class);

        assertThat(audit())
                .anyMatch(note -> note.getAction().equals("put-join-token")
                        && note.getSubject().equals("join-token:host-7"))
                .noneMatch(note -> note.toString().contains(token))
                .noneMatch(note ->
                        note.getAction().startsWith("list") || note.getAction().equals("put-entry"));
    }
}

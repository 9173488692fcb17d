package dev.plinth.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.plinth.cells.Assignment;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.Shard;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.rpc.RpcException.Code;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls for users, between two cells: shards 0 to 4 in cell a, 5 to 9 in cell b, and shard 1 on its way. */
class CellsTest {
    private static final Cell A = Cell.sharded("a", Zone.of("z1", "r"));
    private static final Cell B = Cell.sharded("b", Zone.of("z2", "r"));
    private static final CellMap FIRST = CellMap.evenly(ShardFunction.lastDigits(10), List.of(A, B));
    private static final CellMap FROZEN = FIRST.next(Map.of(new Shard(1), Assignment.frozen(A)));
    private static final CellMap MOVED = FROZEN.next(Map.of(new Shard(1), Assignment.open(B)));

    /** Says which cell answers. */
    public interface Wallet {
        String pay(@UserId String user);

        @ReadOnly
        String balance(@UserId String user);

        String ping();

        @OneWay
        void hint(@UserId String user);
    }

    private final List<String> hints = new CopyOnWriteArrayList<>();

    private record WalletOf(String cell, List<String> hints) implements Wallet {
        @Override
        public String pay(String user) {
            return cell;
        }

        @Override
        public String balance(String user) {
            return cell;
        }

        @Override
        public String ping() {
            return cell;
        }

        @Override
        public void hint(String user) {
            hints.add(cell);
        }
    }

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Maps mapsOfA = Maps.with(FIRST);
    private final Maps mapsOfB = Maps.with(FIRST);
    private final Maps mapsOfClient = Maps.with(FIRST);
    private Endpoint a;
    private Endpoint b;

    @BeforeEach
    void start() throws IOException {
        a = serve("a", mapsOfA);
        b = serve("b", mapsOfB);
    }

    private Endpoint serve(String cell, Maps maps) throws IOException {
        BoltServer server = BoltServer.start(ServerOptions.DEFAULT.with(new CellGuard(cell, maps)));
        opened.add(server);
        server.publish(Wallet.class, "1.0", new WalletOf(cell, hints));
        return new Endpoint(server.address().getHostString(), server.address().getPort(), Map.of(Endpoint.CELL, cell));
    }

    private RpcReference<Wallet> reference(ClientOptions options, Endpoint... endpoints) {
        BoltClient client = BoltClient.create(options);
        opened.add(client);
        return client.reference(Wallet.class, Directory.of(endpoints));
    }

    private Wallet wallet() {
        return reference(options(Duration.ofSeconds(20)), a, b).proxy();
    }

    private ClientOptions options(Duration timeout) {
        return ClientOptions.DEFAULT.withCallTimeout(timeout).with(mapsOfClient);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void a_call_goes_to_the_cell_that_owns_the_user() {
        var wallet = wallet();
        for (int user = 0; user < 20; user++) {
            assertThat(wallet.pay("user-" + user)).isEqualTo(user % 10 < 5 ? "a" : "b");
        }
    }

    @Test
    void a_call_without_a_parameter_for_the_user_goes_where_the_code_around_it_says() {
        var wallet = wallet();
        assertThat(Routing.user("7").<String, RuntimeException>call(wallet::ping))
                .isEqualTo("b");
        assertThat(Routing.user("2").<String, RuntimeException>call(wallet::ping))
                .isEqualTo("a");
    }

    @Test
    void a_caller_with_an_old_map_is_turned_away_and_corrects_itself() {
        mapsOfA.put(MOVED);
        mapsOfB.put(MOVED);
        mapsOfClient.fetching(MOVED);
        assertThat(wallet().pay("1")).isEqualTo("b");
        assertThat(mapsOfClient.asked()).containsExactly(MOVED.epoch());
    }

    @Test
    void a_server_with_an_old_map_catches_up_with_its_caller() {
        mapsOfClient.put(MOVED);
        mapsOfB.fetching(MOVED);
        assertThat(wallet().pay("1")).isEqualTo("b");
        assertThat(mapsOfB.asked()).containsExactly(MOVED.epoch());
    }

    @Test
    void a_server_of_the_wrong_cell_says_whose_the_user_is() {
        var thrown = catchThrowableOfType(
                RpcException.class, () -> misled(Duration.ofMillis(200)).pay("1"));
        assertThat(thrown.code()).isEqualTo(Code.WRONG_CELL);
        assertThat(thrown.code().mayHaveRun()).isFalse();
        assertThat(thrown)
                .hasMessageContaining("WRONG_CELL(epoch=1, owner=a)")
                .hasMessageContaining("it was sent by the map of epoch 1, and no newer one came in time");
    }

    /** The directory takes b's endpoint for one of a. */
    private Wallet misled(Duration timeout) {
        return reference(options(timeout), new Endpoint(b.host(), b.port(), Map.of(Endpoint.CELL, "a")))
                .proxy();
    }

    @Test
    void corrections_end_when_maps_change_all_the_time() {
        CellMap second = FIRST.at(new Epoch(2));
        mapsOfClient.fetching(second);
        var wallet = misled(Duration.ofMillis(500));
        var thrown = catchThrowableOfType(RpcException.class, () -> wallet.pay("1"));
        assertThat(thrown.code()).isEqualTo(Code.WRONG_CELL);
    }

    @Test
    void a_write_waits_for_a_frozen_shard_to_change_hands() {
        mapsOfA.put(FROZEN);
        mapsOfB.put(FROZEN);
        mapsOfClient.put(FROZEN);
        CompletableFuture<String> paid =
                reference(options(Duration.ofSeconds(20)), a, b).async(it -> it.pay("1"));
        await().until(() -> mapsOfClient.asked().contains(MOVED.epoch()));
        assertThat(paid).isNotDone();
        mapsOfB.put(MOVED);
        mapsOfClient.put(MOVED);
        assertThat(paid.join()).isEqualTo("b");
    }

    @Test
    void a_write_to_a_shard_that_stays_frozen_ends_with_that() {
        mapsOfA.put(FROZEN);
        mapsOfClient.put(FROZEN);
        var wallet = reference(options(Duration.ofMillis(200)), a, b).proxy();
        var thrown = catchThrowableOfType(RpcException.class, () -> wallet.pay("1"));
        assertThat(thrown.code()).isEqualTo(Code.SHARD_FROZEN);
        assertThat(thrown).hasMessageContaining("SHARD_FROZEN(epoch=2)");
    }

    @Test
    void a_frozen_shard_is_read_where_it_was() {
        mapsOfA.put(FROZEN);
        mapsOfClient.put(FROZEN);
        assertThat(wallet().balance("1")).isEqualTo("a");
    }

    @Test
    void a_cell_without_an_endpoint_is_named() {
        var wallet = reference(options(Duration.ofSeconds(5)), a).proxy();
        var thrown = catchThrowableOfType(RpcException.class, () -> wallet.pay("7"));
        assertThat(thrown.code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(thrown).hasMessageContaining("is known in cell b, which owns the user 7 by the map of epoch 1");
    }

    @Test
    void an_id_without_a_shard_is_refused_before_anything_is_sent() {
        var thrown = catchThrowableOfType(RpcException.class, () -> wallet().pay("nobody"));
        assertThat(thrown.code()).isEqualTo(Code.BAD_REQUEST);
        assertThat(thrown).hasMessageContaining("the user id \"nobody\": expected a decimal digit");
    }

    @Test
    void a_client_without_a_map_waits_for_the_first_one() {
        Maps late = new Maps().fetching(FIRST);
        var wallet = reference(ClientOptions.DEFAULT.with(late), a, b).proxy();
        assertThat(wallet.pay("7")).isEqualTo("b");
    }

    @Test
    void a_service_that_is_not_split_by_cells_is_called_anywhere() throws IOException {
        BoltServer server = BoltServer.start(ServerOptions.DEFAULT);
        opened.add(server);
        server.publish(Wallet.class, "1.0", new WalletOf("everywhere", hints));
        var wallet = reference(
                        options(Duration.ofSeconds(20)),
                        Endpoint.of(
                                server.address().getHostString(),
                                server.address().getPort()))
                .proxy();
        assertThat(wallet.pay("7")).isEqualTo("everywhere");
    }

    @Test
    void a_caller_that_knows_nothing_of_cells_is_kept_out_too() {
        BoltClient client = BoltClient.create(ClientOptions.DEFAULT);
        opened.add(client);
        var wallet = client.reference(Wallet.class, Directory.of(b)).proxy();
        assertThat(wallet.pay("7")).isEqualTo("b");
        var thrown = catchThrowableOfType(RpcException.class, () -> wallet.pay("1"));
        assertThat(thrown.code()).isEqualTo(Code.WRONG_CELL);
        assertThat(thrown).hasMessageContaining("WRONG_CELL(epoch=1, owner=a)");
    }

    @Test
    void a_one_way_call_for_a_user_goes_to_the_users_cell() {
        wallet().hint("7");
        await().until(() -> hints.equals(List.of("b")));
    }

    @Test
    void an_answer_is_read_from_a_message_in_the_agreed_form() {
        assertThat(CellAnswer.in("x: WRONG_CELL(epoch=12, owner=cell-b); y"))
                .contains(new CellAnswer.WrongCell(new Epoch(12), "cell-b"));
        assertThat(CellAnswer.in("SHARD_FROZEN(epoch=3)")).contains(new CellAnswer.ShardFrozen(new Epoch(3)));
        assertThat(CellAnswer.in("WRONG_CELL(epoch=12)")).isEmpty();
        assertThat(CellAnswer.in("WRONG_CELL(epoch=-1, owner=b)")).isEmpty();
    }
}

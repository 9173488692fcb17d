package dev.plinth.shop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Objects;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.apache.seata.rm.RMClient;
import org.apache.seata.tm.TMClient;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The shop's HTTP service.
 *
 * <p>Arguments: a port of 127.0.0.1, and the JDBC address of a PostgreSQL, where it makes its tables if they are not there. {@code
 * POST /order/ID/ITEM/PIECES[/MILLIS]} takes an order, which stays undecided for so long; {@code GET /} shows what there is.
 */
public final class Shop {
    private static final String APPLICATION = "shop";
    private static final String GROUP = "shop_tx_group";

    private final DataSource database;
    private final Orders orders;

    private Shop(DataSource database, Orders orders) {
        this.database = database;
        this.orders = orders;
    }

    public static void main(String[] args) throws IOException, SQLException {
        var url = args[1];
        makeTables(schema(url, "public"));
        TMClient.init(APPLICATION, GROUP);
        RMClient.init(APPLICATION, GROUP);
        var shop = new Shop(schema(url, "public"), new Orders(schema(url, "orders"), schema(url, "stock")));
        var server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", shop::answer);
        server.start();
        System.out.println("the shop is open on http://127.0.0.1:" + args[0]);
    }

    private static DataSource schema(String url, String name) {
        var postgres = new PGSimpleDataSource();
        postgres.setUrl(url);
        postgres.setCurrentSchema(name);
        return postgres;
    }

    private static void makeTables(DataSource database) throws IOException, SQLException {
        try (var connection = database.getConnection();
                var statement = connection.createStatement();
                var script = Shop.class.getResourceAsStream("/schema.sql")) {
            var there = statement.executeQuery("SELECT to_regclass('orders.orders') IS NOT NULL");
            there.next();
            if (!there.getBoolean(1)) {
                statement.execute(new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8));
            }
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath().split("/", -1);
        try {
            if (exchange.getRequestMethod().equals("POST") && path.length >= 5 && path[1].equals("order")) {
                long thinkMillis = path.length > 5 ? Long.parseLong(path[5]) : 0;
                var xid = orders.take(Long.parseLong(path[2]), path[3], Integer.parseInt(path[4]), thinkMillis);
                say(exchange, 200, "booked in transaction " + xid);
            } else {
                say(exchange, 200, whatThereIs());
            }
        } catch (NumberFormatException e) {
            say(exchange, 400, "POST /order/ID/ITEM/PIECES[/MILLIS], with numbers for ID, PIECES and MILLIS");
        } catch (IllegalStateException | SQLException e) {
            say(exchange, 409, "not booked: " + e.getMessage());
        }
    }

    private String whatThereIs() throws SQLException {
        var text = new StringBuilder();
        try (var connection = database.getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT item, s.pieces AS left, coalesce(sum(o.pieces), 0) AS ordered"
                        + " FROM stock.stock s LEFT JOIN orders.orders o USING (item) GROUP BY item, s.pieces"
                        + " ORDER BY item")) {
            while (rows.next()) {
                text.append(rows.getString("item"))
                        .append(": ")
                        .append(rows.getInt("left"))
                        .append(" left, ")
                        .append(rows.getInt("ordered"))
                        .append(" ordered\n");
            }
        }
        return text.toString();
    }

    private static void say(HttpExchange exchange, int status, String what) throws IOException {
        var bytes = (what.strip() + "\n").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        try (var body = exchange.getResponseBody()) {
            body.write(bytes);
        }
    }
}

package dev.plinth.registry.door.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.SystemClock;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The registry through the JDK's own resolver, and through bytes where that one does not go. */
@Timeout(60)
class DnsDoorTest {
    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final ExecutorService engine = Executors.newSingleThreadExecutor();
    private final Registry registry = Registry.open(1, engine, clock);
    private DnsDoor door;

    @BeforeEach
    void open() throws IOException {
        door = DnsDoor.open(
                registry, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), _ -> true, clock, workers);
    }

    @AfterEach
    void close() {
        door.close();
        registry.close();
        engine.shutdown();
        workers.shutdown();
        clock.close();
    }

    private Hold session() {
        var opened = registry.submit(new RegistryCommand.Open("test", Duration.ofSeconds(60), Optional.empty()))
                .join();
        return ((RegistryOutcome.Opened) opened).hold();
    }

    private void register(Hold hold, String service, String protocol, String address, int weight) {
        assertThat(registry.submit(new RegistryCommand.Register(
                                hold, Endpoint.of(new EndpointName(service, protocol, address), weight, Map.of())))
                        .join())
                .isEqualTo(new RegistryOutcome.Done());
    }

    @SuppressWarnings({"JdkObsolete", "BanJNDI"}) // the table is as JNDI wants it; it asks our own door
    private List<String> ask(String name, String type) throws Exception {
        var environment = new Hashtable<String, String>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        environment.put(
                Context.PROVIDER_URL, "dns://127.0.0.1:" + door.address().getPort());
        DirContext resolver = new InitialDirContext(environment);
        try {
            var attribute = resolver.getAttributes(name, new String[] {type}).get(type);
            List<String> values = new ArrayList<>();
            if (attribute != null) {
                for (var all = attribute.getAll(); all.hasMore(); ) {
                    var value = String.valueOf(all.next());
                    // An address of IPv6 has several spellings.
                    values.add(
                            type.equals("AAAA") ? InetAddress.getByName(value).getHostAddress() : value);
                }
            }
            values.sort(null);
            return values;
        } finally {
            resolver.close();
        }
    }

    @Test
    void addresses_and_ports_of_a_service_are_answered() throws Exception {
        var hold = session();
        register(hold, "accounts", "bolt", "10.0.0.1:12200", 100);
        register(hold, "accounts", "bolt", "10.0.0.2:12201", 50);
        register(hold, "accounts", "http", "10.0.0.1:8080", 100);
        register(hold, "accounts", "bolt", "[2001:db8::1]:12200", 100);

        assertThat(ask("accounts.DEFAULT_GROUP.public.plinth", "A")).containsExactly("10.0.0.1", "10.0.0.2");
        assertThat(ask("ACCOUNTS.default_group.PUBLIC.plinth", "A")).containsExactly("10.0.0.1", "10.0.0.2");
        assertThat(ask("accounts.DEFAULT_GROUP.public.plinth", "AAAA")).containsExactly("2001:db8:0:0:0:0:0:1");
        assertThat(ask("_bolt._tcp.accounts.DEFAULT_GROUP.public.plinth", "SRV"))
                .containsExactly(
                        "0 100 12200 10-0-0-1.ip.plinth.",
                        "0 100 12200 2001-db8--1.ip.plinth.",
                        "0 50 12201 10-0-0-2.ip.plinth.");
        assertThat(ask("accounts.DEFAULT_GROUP.public.plinth", "SRV")).hasSize(4);
        assertThat(ask("10-0-0-1.ip.plinth", "A")).containsExactly("10.0.0.1");
        assertThat(ask("2001-db8--1.ip.plinth", "AAAA")).containsExactly("2001:db8:0:0:0:0:0:1");
    }

    @Test
    void groups_namespaces_and_names_with_dots_are_found() throws Exception {
        var hold = session();
        register(hold, "prod##SOFA@@com.bank.Accounts:1.0@DEFAULT", "bolt", "10.0.0.1:12200", 100);

        assertThat(ask("com.bank.Accounts:1.0@DEFAULT.SOFA.prod.plinth", "A")).containsExactly("10.0.0.1");
    }

    @Test
    void only_what_can_be_called_is_answered() throws Exception {
        var hold = session();
        register(hold, "accounts", "bolt", "10.0.0.1:1", 100);
        register(hold, "accounts", "bolt", "10.0.0.2:1", 0);
        register(hold, "accounts", Endpoint.VALUE_PROTOCOL, "text-1:1", 0);
        var lost = session();
        register(lost, "accounts", "bolt", "10.0.0.3:1", 100);
        registry.submit(new RegistryCommand.Detach(lost)).join();

        assertThat(ask("accounts.DEFAULT_GROUP.public.plinth", "A")).containsExactly("10.0.0.1");

        registry.submit(new RegistryCommand.Detach(hold)).join();
        assertThat(ask("accounts.DEFAULT_GROUP.public.plinth", "A"))
                .as("where nobody is connected, those that are kept")
                .containsExactly("10.0.0.1", "10.0.0.3");
    }

    @Test
    void a_name_that_is_not_there_and_one_without_such_records_are_told_apart() throws Exception {
        register(session(), "accounts", "bolt", "10.0.0.1:1", 100);

        assertThat(ask("accounts.DEFAULT_GROUP.public.plinth", "AAAA")).isEmpty();
        assertThat(ask("DEFAULT_GROUP.public.plinth", "A")).isEmpty();
        assertThatThrownBy(() -> ask("nobody.DEFAULT_GROUP.public.plinth", "A"))
                .isInstanceOf(NameNotFoundException.class);
        assertThatThrownBy(() -> ask("example.com", "A"))
                .isInstanceOf(NamingException.class)
                .isNotInstanceOf(NameNotFoundException.class);
    }

    @Test
    void a_service_is_answered_as_soon_as_names_are_read_anew() throws Exception {
        assertThatThrownBy(() -> ask("accounts.DEFAULT_GROUP.public.plinth", "A"))
                .isInstanceOf(NameNotFoundException.class);

        register(session(), "accounts", "bolt", "10.0.0.1:1", 100);

        await().ignoreExceptions()
                .until(() -> ask("accounts.DEFAULT_GROUP.public.plinth", "A").equals(List.of("10.0.0.1")));
    }

    @Test
    void what_does_not_fit_is_truncated_and_comes_whole_over_tcp() throws Exception {
        var hold = session();
        for (int i = 1; i <= 200; i++) {
            register(hold, "many", "bolt", "10.0.1." + i + ":1", 100);
        }

        var cut = overUdp(question("many.DEFAULT_GROUP.public.plinth"));
        assertThat(cut.length).isLessThanOrEqualTo(512);
        assertThat(cut[2] & 0x02).as("the answer says that it is truncated").isNotZero();
        assertThat(ask("many.DEFAULT_GROUP.public.plinth", "A"))
                .as("the resolver asks again over TCP")
                .hasSize(200);
    }

    @Test
    void bytes_that_are_no_question_harm_nobody() throws Exception {
        register(session(), "accounts", "bolt", "10.0.0.1:1", 100);
        var good = question("accounts.DEFAULT_GROUP.public.plinth");
        for (int length = 12; length < good.length; length++) {
            var answer = overUdp(Arrays.copyOf(good, length));
            assertThat(answer[3] & 0x0f).as("cut at %s: a format error", length).isEqualTo(1);
        }
        try (var half = new Socket(door.address().getAddress(), door.address().getPort())) {
            new DataOutputStream(half.getOutputStream()).writeShort(100);
            assertThat(ask("accounts.DEFAULT_GROUP.public.plinth", "A")).containsExactly("10.0.0.1");
        }
        try (var socket = new Socket(door.address().getAddress(), door.address().getPort())) {
            var out = new DataOutputStream(socket.getOutputStream());
            for (int i = 0; i < 2; i++) {
                out.writeShort(good.length);
                out.write(good);
            }
            var in = new DataInputStream(socket.getInputStream());
            for (int i = 0; i < 2; i++) {
                var answer = new byte[in.readUnsignedShort()];
                in.readFully(answer);
                assertThat(answer[7])
                        .as("answers to question %s of one connection", i)
                        .isEqualTo((byte) 1);
            }
        }
    }

    private byte[] overUdp(byte[] question) throws IOException {
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(10_000);
            socket.send(new DatagramPacket(question, question.length, door.address()));
            var packet = new DatagramPacket(new byte[4_096], 4_096);
            socket.receive(packet);
            return Arrays.copyOf(packet.getData(), packet.getLength());
        }
    }

    private static byte[] question(String name) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeShort(7);
        out.writeShort(0x0100);
        out.writeShort(1);
        out.writeShort(0);
        out.writeInt(0);
        for (var label : name.split("\\.")) {
            out.writeByte(label.length());
            out.write(label.getBytes(StandardCharsets.US_ASCII));
        }
        out.writeByte(0);
        out.writeShort(1);
        out.writeShort(1);
        return bytes.toByteArray();
    }
}

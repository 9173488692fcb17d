package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.cells.Cell;
import dev.plinth.server.console.ServerState;
import dev.plinth.trust.attester.TpmDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerConfigurationTest {
    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("plinth.yaml"), text);
    }

    @Test
    void an_empty_file_says_what_the_defaults_say() throws IOException {
        assertThat(ServerConfiguration.read(file(""))).isEqualTo(ServerConfiguration.defaults());
    }

    @Test
    void a_file_says_where_to_listen_where_data_lives_and_who_owns_which_users() throws IOException {
        var configuration = ServerConfiguration.read(file("""
                data: /var/lib/plinth
                http: { listen: "127.0.0.1:1" }
                seata: { listen: "[::1]:2" }
                cells:
                  shards: 4
                  map:
                    - { name: east, zone: z1, region: r, shards: "0-1,3" }
                    - { name: west, zone: z2, region: r, shards: 2 }
                    - { name: all, zone: z2, region: r, kind: global }
                """));

        assertThat(configuration.data()).isEqualTo(Path.of("/var/lib/plinth"));
        assertThat(configuration.http()).isEqualTo(new Listen("127.0.0.1", 1));
        assertThat(configuration.seata()).isEqualTo(SeataConfiguration.on(new Listen("::1", 2)));
        var map = configuration.cells().orElseThrow();
        assertThat(map.ownerOf("user-7").name()).isEqualTo("east");
        assertThat(map.ownerOf("user-6").name()).isEqualTo("west");
        assertThat(map.cell("all").orElseThrow().kind()).isEqualTo(Cell.Kind.GLOBAL);
    }

    @Test
    void a_file_says_which_cells_have_a_partition_of_the_transactions_and_where_they_begin() throws IOException {
        var partitions = ServerConfiguration.read(file("""
                transactions:
                  partitions: [east, west]
                  here: west
                  groups:
                    - { group: "east-*", partition: east }
                """)).transactions();

        assertThat(partitions.names()).containsExactly("east", "west");
        assertThat(partitions.of("default_tx_group")).isEqualTo(1);
        assertThat(partitions.of("east-shop")).isZero();
        assertThatThrownBy(() -> ServerConfiguration.read(file("""
                transactions: { partitions: [east, west], here: north }
                """)))
                .hasMessageContaining("transactions.here: expected one of east, west, not 'north'");
        assertThatThrownBy(() -> ServerConfiguration.read(file("""
                transactions: { here: north }
                """))).hasMessageContaining("transactions");
    }

    @Test
    void the_doors_to_other_registries_open_where_the_file_says_and_not_at_all_without_it() throws IOException {
        assertThat(ServerConfiguration.read(file("")).registryDoors()).isEqualTo(RegistryDoors.NONE);

        var doors = ServerConfiguration.read(file("""
                        registry: { listen: "127.0.0.1:7702" }
                        nacos: { listen: "127.0.0.1:9848", http: "127.0.0.1:8848" }
                        sofaregistry: { bolt: "127.0.0.1:1", servers: [ "10.0.0.1:9600", "10.0.0.2:9600" ] }
                        dns: { listen: "127.0.0.1:7753" }
                        """)).registryDoors();

        assertThat(doors)
                .isEqualTo(new RegistryDoors(
                        Optional.of(new RegistryDoors.Streams(new Listen("127.0.0.1", 7702), UnprovenClients.LOCAL)),
                        Optional.of(new RegistryDoors.Nacos(
                                Optional.of(new Listen("127.0.0.1", 9848)),
                                Optional.of(new Listen("127.0.0.1", 8848)),
                                UnprovenClients.LOCAL)),
                        Optional.of(new RegistryDoors.SofaRegistry(
                                new Listen("127.0.0.1", 9603),
                                new Listen("127.0.0.1", 1),
                                List.of(new Listen("10.0.0.1", 9600), new Listen("10.0.0.2", 9600)),
                                UnprovenClients.LOCAL)),
                        Optional.of(new RegistryDoors.Dns(new Listen("127.0.0.1", 7753), UnprovenClients.LOCAL))));
    }

    @Test
    void cells_without_shards_share_them_evenly() throws IOException {
        var configuration = ServerConfiguration.read(file("""
                cells:
                  map:
                    - { name: east, zone: z1, region: r }
                    - { name: west, zone: z2, region: r }
                """));

        assertThat(configuration.cells().orElseThrow().ownerOf("49").name()).isEqualTo("east");
        assertThat(configuration.cells().orElseThrow().ownerOf("50").name()).isEqualTo("west");
    }

    @Test
    void what_the_command_line_says_goes_before_the_file() {
        var configuration = ServerConfiguration.defaults()
                .with(Optional.of(Path.of("elsewhere")), Optional.of(Listen.parse("127.0.0.1:0")), Optional.empty());

        assertThat(configuration.data()).isEqualTo(Path.of("elsewhere"));
        assertThat(configuration.http().port()).isZero();
        assertThat(configuration.seata().listen().port()).isEqualTo(8091);
    }

    private static final String THREE = """
            cluster:
              self: b
              servers:
                - { name: a, raft: 127.0.0.1:7801, http: 127.0.0.1:7701 }
                - { name: b, raft: 127.0.0.1:7802, http: 127.0.0.1:7702 }
                - { name: c, raft: 127.0.0.1:7803, http: 127.0.0.1:7703 }
            """;

    @Test
    void a_server_of_a_cluster_knows_the_others_and_listens_where_they_look_for_it() throws IOException {
        var configuration = ServerConfiguration.read(file(THREE));

        var cluster = configuration.cluster().orElseThrow();
        assertThat(cluster.own().name()).isEqualTo("b");
        assertThat(cluster.others())
                .extracting(ClusterConfiguration.Server::name)
                .containsExactly("a", "c");
        assertThat(configuration.http()).isEqualTo(Listen.parse("127.0.0.1:7702"));
    }

    @Test
    void one_file_serves_all_of_a_clusters_servers_if_each_is_told_its_name() throws IOException {
        var configuration = ServerConfiguration.read(file(THREE), Optional.of("c"));

        assertThat(configuration.cluster().orElseThrow().self()).isEqualTo("c");
        assertThat(configuration.http()).isEqualTo(Listen.parse("127.0.0.1:7703"));
    }

    @Test
    void a_name_without_a_cluster_is_refused() throws IOException {
        var file = file("");
        assertThatThrownBy(() -> ServerConfiguration.read(file, Optional.of("a")))
                .hasMessage(file + ": cluster: missing; expected, for this server is given a name");
    }

    @Test
    void the_root_key_of_secrets_may_be_kept_by_a_tpm_or_by_a_token_after_a_file() throws IOException {
        var tpm = ServerConfiguration.read(file("""
                        secrets:
                          root: tpm
                          tpm: { simulated: "127.0.0.1:2321", registers: [4, 7] }
                          former: { root: file, rootKey: old.key }
                        """)).secrets().orElseThrow();
        assertThat(tpm.root())
                .isEqualTo(new RootConfiguration.InTpm(new TpmDevice.Simulated("127.0.0.1", 2321), List.of(4, 7)));
        assertThat(tpm.former()).contains(new RootConfiguration.InFile(Optional.of(Path.of("old.key"))));
        assertThat(ServerConfiguration.read(file("secrets: { root: tpm }"))
                        .secrets()
                        .orElseThrow()
                        .root())
                .isEqualTo(new RootConfiguration.InTpm(new TpmDevice.OfKernel(Path.of("/dev/tpmrm0")), List.of(7)));
        assertThat(ServerConfiguration.read(
                                file("secrets: { root: pkcs11, pkcs11: { library: lib.so, slot: 3, pin: the.pin } }"))
                        .secrets()
                        .orElseThrow()
                        .root())
                .isEqualTo(new RootConfiguration.InToken(
                        Path.of("lib.so"), OptionalLong.of(3), "plinth-root", Path.of("the.pin")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cluster: { self: a, servers: [] }       | :1: cluster: expected 1 to 9 servers, not 0",
                "cluster: { servers: [ { name: a, raft: 'h:1', http: 'h:2' } ] } | :1: cluster: expected self: the name of this server, here or as --name",
                "cluster: { self: x, servers: [ { name: a, raft: 'h:1', http: 'h:2' } ] } | :1: cluster: expected one of a as self, not 'x'",
                "cluster: { self: a, servers: [ { name: a, raft: 'h:1', http: 'h:2' }, { name: b, raft: 'h:1', http: 'h:3' } ] } | another raft for each server; h:1 is there twice",
                "cluster: { self: a, servers: [ { name: a, raft: 'h', http: 'h:2' } ] } | cluster.servers[0].raft: expected member 'h': expected host:port",
                "cluster: { self: a, servers: [ { name: a, raft: 'h:1' } ] } | cluster.servers[0].http: missing; expected host:port",
                "cluster: { self: a, servers: [ { name: a, raft: 'h:1', http: 'h:0' } ] } | a port other than 0 for http of server a",
                "http: { listen: here }                  | :1: http.listen: expected host:port",
                "http: { listen: '127.0.0.1:x' }         | :1: http.listen: expected a number after the colon, not 'x'",
                "http: { listen: '127.0.0.1:70000' }     | :1: http.listen: expected a port from 0 to 65535, not 70000",
                "registry: {}                            | :1: registry.listen: missing; expected host:port, such as 127.0.0.1:7702",
                "htpp: {}                                | :1: htpp: expected one of data, http, seata, transactions, registry, nacos, sofaregistry, dns, cells, trust, secrets, cluster",
                "http: { lisen: '127.0.0.1:1' }          | :1: http.lisen: expected one of listen",
                "http: 7700                              | :1: http: expected a mapping",
                "data: [a, b]                            | :1: data: expected a single value",
                "'[a]'                                   | the file: expected a mapping",
                "'{a: '                                  | not YAML",
                "cells: { map: [ { zone: z } ] }         | cells.map[0].name: missing; expected the cell's name",
                "secrets: { root: vault }                | secrets.root: expected file, shares, tpm or pkcs11, not 'vault'",
                "secrets: { root: pkcs11 }               | secrets: pkcs11: missing; expected library and pin",
                "secrets: { root: pkcs11, pkcs11: {} }   | secrets.pkcs11.library: missing; expected the path of the token's library",
                "secrets: { root: file, tpm: {} }        | secrets: tpm: expected only with root: tpm",
                "secrets: { root: tpm, tpm: { registers: [24] } } | secrets.tpm.registers: expected a register from 0 to 23, not '24'",
                "secrets: { root: tpm, tpm: { device: a, simulated: 'h:1' } } | secrets.tpm: device and simulated: expected one of them",
                "secrets: { root: shares, former: { root: shares } } | secrets: former: expected another keeper",
                "secrets: { cipher: des }                | secrets.cipher: expected aes-256-gcm or sm4-gcm, not 'des'",
                "secrets: { root: shares, rootKey: f }   | secrets: rootKey: expected only with root: file",
                "secrets: { root: shares, peers: {} }    | secrets.peers.condition: missing; expected in CEL, such as",
                "secrets: { root: shares, peers: { condition: 'true' } } | secrets.peers: keys: expected files with the attestation keys",
                "secrets: { root: shares, peers: { condition: 'true ==', keys: [a.pem] } } | secrets.peers: condition: ",
                "secrets: { root: file, peers: { condition: 'true', keys: [a.pem] } } | secrets: peers: expected only with root: shares or tpm",
                "trust: { socket: s }                    | trust.domain: missing; expected the name of the trust domain",
                "trust: { domain: a.org, algorithm: sm4 } | trust.algorithm: expected p256 or sm2, not 'sm4'",
                "trust: { domain: a.org, algorithm: sm2, federation: { listen: '127.0.0.1:1' } } | trust: algorithm: expected p256 with federation: TLS does not know SM2",
                "trust: { domain: Example.org }          | trust.domain: expected trust domain: expected 1 to 255 lower-case letters",
                "cells: { map: 3 }                       | cells.map: expected a list",
                "cells: { function: dice }               | cells.function: expected one of last-digits, hash, not 'dice'",
                "cells: { shards: many }                 | cells.shards: expected a number of shards, not 'many'",
                "cells: { shards: 2, map: [ { name: a, zone: z, region: r, shards: 0 } ] } | cells: shard 1 has no owner; expected each of 0 to 1 in one cell",
                "cells: { shards: 1, map: [ { name: a, zone: z, region: r, shards: 0-1 } ] } | cells: cell a has shard 1; expected 0 to 0",
                "cells: { shards: 1, map: [ { name: a, zone: z, region: r, shards: 0-999999999 } ] } | expected shards and ranges such as 0-49,60",
                "cells: { shards: 1, map: [ { name: A_, zone: z, region: r, shards: 0 } ] } | cells.map[0]: ",
            })
    void a_broken_file_is_refused_with_file_line_and_key(String text, String expected) throws IOException {
        var file = file(text);

        assertThatThrownBy(() -> ServerConfiguration.read(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(expected);
    }

    @Test
    void an_error_names_the_line_it_is_on() throws IOException {
        var file = file("data: here\n\nhttp:\n  listen: nowhere\n");

        assertThatThrownBy(() -> ServerConfiguration.read(file)).hasMessageContaining("plinth.yaml:4: http.listen");
    }

    @Test
    void a_file_that_is_not_there_is_named() {
        assertThatThrownBy(() -> ServerConfiguration.read(folder.resolve("none.yaml")))
                .hasMessageContaining("none.yaml: there is no such file");
    }

    @Test
    void an_address_off_loopback_is_refused_with_the_reason() throws IOException {
        var file = file("http: { listen: '0.0.0.0:7700' }");

        assertThatThrownBy(() -> ServerConfiguration.read(file))
                .hasMessageContaining("http.listen: expected a loopback address")
                .hasMessageContaining("mutual TLS");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "seata: { listen: '0.0.0.0:8091' } | seata.listen: expected a loopback address, found 0.0.0.0:8091 | seata.allowUnauthenticated: true",
                "seata: { metadata: '10.0.0.1:7091' } | seata.metadata: expected a loopback address | seata.allowUnauthenticated: true",
                "seata: { metadata: '127.0.0.1:0' } | seata.metadata: expected a port other than 0 | 127.0.0.1:0",
                "registry: { listen: '10.0.0.1:7702' } | registry.listen: expected a loopback address | registry.allowUnauthenticated: true",
                "nacos: { listen: '10.0.0.1:9848' } | nacos.listen: expected a loopback address | nacos.allowUnauthenticated: true",
                "nacos: { http: '10.0.0.1:8848' } | nacos.http: expected a loopback address | nacos.networks",
                "sofaregistry: { http: '10.0.0.1:9603' } | sofaregistry.http: expected a loopback address | sofaregistry.allowUnauthenticated: true",
                "sofaregistry: { bolt: '10.0.0.1:9600' } | sofaregistry.bolt: expected a loopback address | sofaregistry.allowUnauthenticated: true",
                "dns: { listen: '10.0.0.1:53', networks: [ 10.0.0.0/8 ] } | dns.listen: expected a loopback address | dns.allowUnauthenticated: true",
                "dns: { listen: '10.0.0.1:53', allowUnauthenticated: true } | dns.networks: missing | such as 10.0.0.0/8",
                "nacos: { listen: '127.0.0.1:1', allowUnauthenticated: yes } | nacos.allowUnauthenticated: expected true or false | 'yes'",
                "nacos: { listen: '127.0.0.1:1', networks: [ everywhere ] } | nacos.networks: expected an IP address, or a network | 'everywhere'",
                "seata: { listen: '0.0.0.0:8091', allowUnauthenticated: true, networks: [ 10.0.0.0/8 ] } | seata.advertise: missing | 0.0.0.0:8091 is every address",
                "seata: { advertise: '[::]:8091' } | seata.advertise: expected host:port by which it is reached | '[::]:8091'",
                "sofaregistry: { bolt: '[::]:9600', allowUnauthenticated: true, networks: [ 10.0.0.0/8 ] } | sofaregistry.servers: missing | [::]:9600 is every address",
            })
    void a_door_that_cannot_tell_its_clients_opens_to_a_network_only_if_that_was_said(
            String text, String expected, String also) throws IOException {
        var file = file(text);

        assertThatThrownBy(() -> ServerConfiguration.read(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(expected)
                .hasMessageContaining(also);
    }

    @Test
    void where_it_was_said_it_opens_to_the_networks_that_were_named() throws IOException {
        var read = ServerConfiguration.read(file("""
                seata:
                  listen: 0.0.0.0:8091
                  advertise: seata.example.com:18091
                  allowUnauthenticated: true
                  networks: [ 10.0.0.0/8, "fd00::/8", 192.168.7.7 ]
                registry: { listen: "10.0.0.1:7702", allowUnauthenticated: true, networks: [ 10.0.0.0/8 ] }
                nacos: { listen: "10.0.0.1:9848", http: "10.0.0.1:8848", allowUnauthenticated: true, networks: [ 10.0.0.0/8 ] }
                dns: { listen: "0.0.0.0:53", allowUnauthenticated: true, networks: [ 10.0.0.0/8 ] }
                """));

        var seata = read.seata();
        assertThat(seata.advertised()).isEqualTo(new Listen("seata.example.com", 18_091));
        assertThat(List.of("10.9.9.9", "fd00::1", "192.168.7.7", "127.0.0.1", "::1"))
                .allMatch(from -> seata.clients().admits(InetAddress.ofLiteral(from)));
        assertThat(List.of("11.0.0.1", "192.168.7.8", "fe80::1"))
                .noneMatch(from -> seata.clients().admits(InetAddress.ofLiteral(from)));
        assertThat(seata.clients().remark(seata.listen()))
                .isEqualTo(", UNAUTHENTICATED, open to 10.0.0.0/8, fd00:0:0:0:0:0:0:0/8, 192.168.7.7/32");
        assertThat(read.registryDoors().lines())
                .hasSize(4)
                .allMatch(line -> line.endsWith(", UNAUTHENTICATED, open to 10.0.0.0/8"));
        assertThat(read.registryDoors().addresses())
                .extracting(ServerState.Address::door)
                .allMatch(door -> door.endsWith(", UNAUTHENTICATED, open to 10.0.0.0/8"));
    }

    @Test
    void servers_that_reach_one_another_off_loopback_have_something_to_prove_themselves_with() throws IOException {
        var servers = "cluster: { self: a, servers: [ { name: a, raft: '10.0.0.1:7801', http: '10.0.0.1:7701' } ]";

        assertThatThrownBy(() -> ServerConfiguration.read(file(servers + " }")))
                .hasMessageContaining("http of a: expected a loopback address, or a trust section or cluster.tls");
        assertThat(ServerConfiguration.read(file("trust: { domain: example.org }\n" + servers + " }"))
                        .http())
                .as("the console stays on loopback")
                .isEqualTo(new Listen("127.0.0.1", 7701));
    }
}

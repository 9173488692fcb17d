package dev.plinth.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlinthTest {
    @Test
    void help_lists_every_command_and_where_to_start() {
        assertThat(Ran.of("--help").well())
                .contains(
                        "dev",
                        "server",
                        "services",
                        "cells",
                        "bench",
                        "simulate",
                        "backup",
                        "restore",
                        "test",
                        "Start with: ./plinth dev");
    }

    @Test
    void an_unknown_command_is_a_wrong_call() {
        assertThat(Ran.of("fly").failed(2)).contains("fly");
    }

    @Test
    void a_malformed_address_says_what_was_expected() {
        assertThat(Ran.of("cells", "--server", "here").failed(2))
                .contains("--server", "expected host:port, such as 127.0.0.1:7700, not 'here'");
    }

    @Test
    void a_server_that_does_not_answer_is_said_in_one_line() throws Exception {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }

        assertThat(Ran.of("services", "--server", "127.0.0.1:" + port).failed(1).lines())
                .singleElement()
                .asString()
                .contains("no server answers there");
    }

    @Test
    void a_member_of_a_cluster_has_to_say_who_it_is_and_comes_in_by_one_way() {
        assertThat(Ran.of("server", "--raft", "127.0.0.1:7801").failed(2))
                .contains("--raft: expected --name and --http beside it");
        assertThat(Ran.of("server", "--join", "127.0.0.1:7701").failed(2))
                .contains("--join: expected --name, --raft and --http, or a cluster in the configuration");
        assertThat(Ran.of("server", "--join", "127.0.0.1:7701", "--adopt").failed(2))
                .contains("mutually exclusive");
    }

    @Test
    void a_restore_from_nothing_and_a_backup_of_nothing_say_so(@TempDir Path folder) {
        var nothing = folder.resolve("nothing");
        assertThat(Ran.of(
                                "restore",
                                "--from",
                                nothing.toString(),
                                "--data",
                                folder.resolve("new").toString())
                        .failed(1))
                .contains(nothing + ": there is no such file");
        assertThat(Ran.of(
                                "backup",
                                "--data",
                                nothing.toString(),
                                "--to",
                                folder.resolve("file").toString())
                        .failed(1))
                .contains(nothing + ": is no data of a server: expected a folder journal in it");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void a_broken_configuration_is_said_in_one_line(@TempDir Path folder) throws Exception {
        var file = Files.writeString(folder.resolve("plinth.yaml"), "htpp: {}\n");

        assertThat(Ran.of("server", "--config", file.toString()).failed(1).lines())
                .singleElement()
                .asString()
                .isEqualTo(
                        "plinth server: " + file
                                + ":1: htpp: expected one of data, http, seata, transactions, registry, nacos, sofaregistry, dns, cells, trust, secrets, cluster");
    }

    @Test
    void shards_are_drawn_together() {
        assertThat(CellsCommand.ranges(List.of(0, 1, 2, 5, 7, 8))).isEqualTo("0-2,5,7-8");
        assertThat(CellsCommand.ranges(List.of())).isEmpty();
    }
}

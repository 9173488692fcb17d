package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.EnumOutter;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import dev.plinth.kernel.FaultyStorage;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SegmentLogStorageTest {
    private final SystemClock clock = new SystemClock();
    private final FaultyStorage disk = new FaultyStorage();
    private final List<String> reports = new ArrayList<>();
    private final AtomicInteger broken = new AtomicInteger();
    private SegmentStore store;
    private ConfigurationManager members;
    private SegmentLogStorage log;

    @BeforeEach
    void open() throws IOException {
        store = SegmentStore.open(disk, new SegmentOptions(64 << 10, 100), clock);
        members = new ConfigurationManager();
        log = new SegmentLogStorage(store.log("raft-group"), reports::add, broken::incrementAndGet);
        var options = new LogStorageOptions();
        options.setConfigurationManager(members);
        assertThat(log.init(options)).isTrue();
    }

    private void reopen() throws IOException {
        store.close();
        open();
    }

    @AfterEach
    void close() {
        store.close();
        clock.close();
    }

    private static LogEntry data(long index, long term, String text) {
        var entry = new LogEntry(EnumOutter.EntryType.ENTRY_TYPE_DATA);
        entry.setId(new LogId(index, term));
        entry.setData(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        entry.setChecksum(entry.checksum());
        return entry;
    }

    private static LogEntry members(long index, long term, String... names) {
        var entry = new LogEntry(EnumOutter.EntryType.ENTRY_TYPE_CONFIGURATION);
        entry.setId(new LogId(index, term));
        List<PeerId> peers = new ArrayList<>();
        for (var name : names) {
            peers.add(PeerId.parsePeer(name));
        }
        entry.setPeers(peers);
        entry.setChecksum(entry.checksum());
        return entry;
    }

    private void append(long first, int count, long term) {
        List<LogEntry> entries = new ArrayList<>();
        for (long index = first; index < first + count; index++) {
            entries.add(data(index, term, "entry " + index));
        }
        assertThat(log.appendEntries(entries)).isEqualTo(count);
    }

    private String text(long index) {
        var entry = log.getEntry(index);
        assertThat(entry.isCorrupted()).isFalse();
        return StandardCharsets.UTF_8.decode(entry.getData().duplicate()).toString();
    }

    @Test
    void an_empty_log_begins_at_one() {
        assertThat(log.getFirstLogIndex()).isEqualTo(1);
        assertThat(log.getLastLogIndex()).isZero();
        assertThat(log.getEntry(1)).isNull();
    }

    @Test
    void entries_keep_index_term_and_bytes() throws IOException {
        append(1, 10, 3);
        reopen();

        assertThat(log.getFirstLogIndex()).isEqualTo(1);
        assertThat(log.getLastLogIndex()).isEqualTo(10);
        assertThat(text(7)).isEqualTo("entry 7");
        assertThat(log.getEntry(7).getId()).isEqualTo(new LogId(7, 3));
    }

    @Test
    void members_are_found_again() throws IOException {
        append(1, 3, 1);
        log.appendEntry(members(4, 1, "a:1", "b:2"));
        append(5, 2, 1);
        var change = members(7, 2, "a:1", "b:2", "c:3");
        change.setOldPeers(List.of(PeerId.parsePeer("a:1"), PeerId.parsePeer("b:2")));
        log.appendEntry(change);
        reopen();

        assertThat(members.get(6).getConf().listPeers()).hasSize(2);
        assertThat(members.getLastConfiguration().getConf().listPeers()).hasSize(3);
        assertThat(members.getLastConfiguration().getOldConf().listPeers()).hasSize(2);
        assertThat(members.getLastConfiguration().getId()).isEqualTo(new LogId(7, 2));
    }

    @Test
    void the_tail_is_cut_off_and_written_anew() throws IOException {
        append(1, 10, 1);
        assertThat(log.truncateSuffix(6)).isTrue();
        append(7, 2, 2);
        reopen();

        assertThat(log.getLastLogIndex()).isEqualTo(8);
        assertThat(log.getEntry(6).getId().getTerm()).isEqualTo(1);
        assertThat(log.getEntry(7).getId().getTerm()).isEqualTo(2);
        assertThat(log.getEntry(9)).isNull();
    }

    @Test
    void the_beginning_is_forgotten() throws IOException {
        append(1, 10, 1);
        assertThat(log.truncatePrefix(5)).isTrue();
        reopen();

        assertThat(log.getFirstLogIndex()).isEqualTo(5);
        assertThat(log.getEntry(4)).isNull();
        assertThat(text(5)).isEqualTo("entry 5");
    }

    @Test
    void a_log_that_is_forgotten_past_its_end_goes_on_there() throws IOException {
        append(1, 10, 1);
        assertThat(log.truncatePrefix(100)).isTrue();
        assertThat(log.getFirstLogIndex()).isEqualTo(100);
        assertThat(log.getLastLogIndex()).isEqualTo(99);
        append(100, 1, 4);
        reopen();

        assertThat(log.getLastLogIndex()).isEqualTo(100);
    }

    @Test
    void a_log_that_is_reset_goes_on_where_it_was_told() throws IOException {
        append(1, 10, 1);
        assertThat(log.reset(50)).isTrue();
        append(50, 1, 4);
        reopen();

        assertThat(log.getFirstLogIndex()).isEqualTo(50);
        assertThat(log.getLastLogIndex()).isEqualTo(50);
        assertThat(log.getEntry(10)).isNull();
    }

    @Test
    void an_entry_that_was_just_written_needs_no_disk_to_be_asked_for_again() throws IOException {
        append(1, 40, 1);
        var bytes = new String(disk.bytes("0000000001.segment"), StandardCharsets.ISO_8859_1);
        disk.flipBit("0000000001.segment", bytes.indexOf("entry 40"), 1);

        assertThat(log.getEntry(40)).isNotNull();
        assertThat(broken).hasValue(0);
    }

    @Test
    void what_was_cut_off_is_not_remembered() {
        append(1, 5, 1);
        assertThat(log.truncateSuffix(3)).isTrue();
        assertThat(log.getEntry(4)).isNull();
        append(4, 1, 2);
        assertThat(log.getEntry(4).getId().getTerm()).isEqualTo(2);
    }

    @Test
    void a_gap_is_refused() {
        append(1, 2, 1);

        assertThat(log.appendEntries(List.of(data(5, 1, "five")))).isZero();
        assertThat(log.getLastLogIndex()).isEqualTo(2);
    }

    @Test
    void an_append_that_could_not_be_synced_is_not_acknowledged_and_nothing_is_written_after_it() {
        append(1, 2, 1);
        disk.failSyncs(true);

        assertThat(log.appendEntries(List.of(data(3, 1, "three")))).isZero();
        disk.failSyncs(false);
        assertThat(log.appendEntries(List.of(data(3, 1, "three")))).isZero();
        assertThat(log.truncateSuffix(1)).isFalse();
        assertThat(log.failure()).isNotNull();
        assertThat(broken).hasValue(1);
        assertThat(reports).anyMatch(report -> report.contains("could not be appended"));
    }

    @Test
    void an_entry_that_cannot_be_read_ends_the_log_and_cuts_nothing_off() throws IOException {
        append(1, 30, 1);
        var bytes = new String(disk.bytes("0000000001.segment"), StandardCharsets.ISO_8859_1);
        disk.flipBit("0000000001.segment", bytes.indexOf("entry 4"), 1);

        assertThat(log.getEntry(4)).isNull();
        assertThat(broken).hasValue(1);
        assertThat(log.truncateSuffix(3)).isFalse();
        assertThat(log.appendEntries(List.of(data(31, 1, "thirty-one")))).isZero();
        assertThat(reports).anyMatch(report -> report.contains("0000000001.segment is damaged at offset"));
    }

    @Test
    void after_a_loss_of_power_all_that_was_acknowledged_is_there_and_the_rest_is_whole() throws Exception {
        for (int seed = 0; seed < 20; seed++) {
            long last = log.getLastLogIndex();
            append(last + 1, 20, 1);
            // Under way when the power goes: acknowledged to nobody.
            var dying = log;
            var underWay = Thread.ofVirtual()
                    .start(() -> dying.appendEntries(List.of(data(last + 21, 1, "entry " + (last + 21)))));
            disk.powerLoss(new Random(seed));
            underWay.join();
            store.close();
            open();

            assertThat(log.getLastLogIndex()).isBetween(last + 20, last + 21);
            for (long index = log.getFirstLogIndex(); index <= last + 20; index++) {
                assertThat(text(index)).isEqualTo("entry " + index);
            }
            assertThat(log.truncateSuffix(last + 20)).isTrue();
            assertThat(log.truncatePrefix(last + 10)).isTrue();
        }
    }
}

package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** XIDs and lock keys, as Seata's clients write them. */
class NamesOnTheWireTest {
    @Provide
    Arbitrary<TransactionId> ids() {
        return Commands.ids();
    }

    @Property(tries = 200)
    void an_xid_comes_back_from_its_text(@ForAll("ids") TransactionId id) {
        var xid = new Xid("10.0.0.1", 8091, id);

        assertThat(Xid.parse(xid.toString())).isEqualTo(xid);
        assertThat(id.hex()).hasSize(16);
    }

    @Test
    void an_xid_may_name_an_ipv6_host() {
        assertThat(Xid.parse("fe80::1:8091:42")).isEqualTo(new Xid("fe80::1", 8091, new TransactionId(42)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "42",
                "host:42",
                ":8091:42",
                "host:port:42",
                "host:8091:",
                "host:8091:-1",
                "host:8091:0",
                "host:99999:1",
                "host:8091:9223372036854775808"
            })
    void what_is_no_xid_is_refused(String text) {
        assertThatThrownBy(() -> Xid.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void lock_keys_are_read_as_seata_writes_them() {
        assertThat(LockKey.parse("account:1,2;ledger:a_b"))
                .containsExactly(
                        new LockKey("account", "1"), new LockKey("account", "2"), new LockKey("ledger", "a_b"));
        assertThat(LockKey.parse("account:1,1;account:1")).containsExactly(new LockKey("account", "1"));
        assertThat(LockKey.parse("account:1;")).containsExactly(new LockKey("account", "1"));
        assertThat(LockKey.parse("public.t:x:y")).containsExactly(new LockKey("public.t", "x:y"));
        assertThat(LockKey.parse("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"account", "account:", ":1", "account:1;ledger", "account:1;:2"})
    void lock_keys_without_table_or_key_are_refused(String text) {
        assertThatThrownBy(() -> LockKey.parse(text)).hasMessageContaining("table:key,key;table:key");
    }
}

package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileRootKeyTest {
    private static final byte[] SECRET = "a canary that nobody may find".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    private FileRootKey key(String name) throws IOException {
        if (Files.notExists(folder.resolve(name))) {
            FileRootKey.make(folder.resolve(name), new SecureRandom());
        }
        return FileRootKey.open(folder.resolve(name), new SecureRandom());
    }

    @Test
    void what_was_sealed_is_opened_by_the_same_file_and_by_no_other() throws IOException {
        var sealed = key("one").seal("a key", SECRET);
        assertThat(sealed.toStringUtf8()).doesNotContain("canary");
        assertThat(key("one").open("a key", sealed)).isEqualTo(SECRET);
        assertThatThrownBy(() -> key("two").open("a key", sealed)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> key("one").open("another key", sealed)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void each_changed_byte_is_noticed() throws IOException {
        var root = key("one");
        var sealed = root.seal("a key", SECRET).toByteArray();
        for (int at = 0; at < sealed.length; at++) {
            var changed = sealed.clone();
            changed[at] ^= 1;
            assertThatThrownBy(() -> root.open("a key", ByteString.copyFrom(changed)))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void only_its_owner_may_read_it_or_it_is_not_used() throws IOException {
        var _ = key("one");
        var file = folder.resolve("one");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> key("one")).isInstanceOf(IOException.class).hasMessageContaining("rw-r-----");
    }

    @Test
    void a_key_is_never_made_in_the_place_of_another_and_never_on_the_quiet() throws IOException {
        var before = key("one").seal("a key", SECRET);
        assertThatThrownBy(() -> FileRootKey.make(folder.resolve("one"), new SecureRandom()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is there already");
        assertThat(key("one").open("a key", before)).isEqualTo(SECRET);
        assertThatThrownBy(() -> FileRootKey.open(folder.resolve("none"), new SecureRandom()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("there is no root key");
        assertThat(folder.resolve("none")).doesNotExist();
    }

    @Test
    void a_file_that_is_no_key_is_named() throws IOException {
        Files.write(folder.resolve("short"), new byte[31]);
        Files.setPosixFilePermissions(folder.resolve("short"), PosixFilePermissions.fromString("rw-------"));
        assertThatThrownBy(() -> key("short")).isInstanceOf(IOException.class).hasMessageContaining("found 31");
    }
}

package dev.plinth.config;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.plinth.config.stored.v1.StoredAddresses;
import dev.plinth.config.stored.v1.StoredAuthor;
import dev.plinth.config.stored.v1.StoredCommand;
import dev.plinth.config.stored.v1.StoredConfig;
import dev.plinth.config.stored.v1.StoredDenied;
import dev.plinth.config.stored.v1.StoredDone;
import dev.plinth.config.stored.v1.StoredGrey;
import dev.plinth.config.stored.v1.StoredKey;
import dev.plinth.config.stored.v1.StoredLabel;
import dev.plinth.config.stored.v1.StoredOutcome;
import dev.plinth.config.stored.v1.StoredPublish;
import dev.plinth.config.stored.v1.StoredReason;
import dev.plinth.config.stored.v1.StoredRelease;
import dev.plinth.config.stored.v1.StoredRemove;
import dev.plinth.config.stored.v1.StoredRollBack;
import dev.plinth.config.stored.v1.StoredRule;
import dev.plinth.config.stored.v1.StoredText;
import dev.plinth.config.stored.v1.StoredVersion;
import dev.plinth.config.stored.v1.StoredWithdraw;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Codecs;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** How the configuration's commands, outcomes and state look on disk: {@code stored.proto}. */
final class ConfigCodecs {
    private ConfigCodecs() {}

    /** Bytes of one text with its history and grey releases as a snapshot may have it. */
    private static final int CONFIG_BYTES_MAX = 64 << 20;

    static final Codec<ConfigCommand> COMMANDS = new Codec<>() {
        @Override
        public byte[] encode(ConfigCommand command) {
            var stored = StoredCommand.newBuilder();
            switch (command) {
                case ConfigCommand.Publish publish -> {
                    var message = StoredPublish.newBuilder()
                            .setKey(toStored(publish.key()))
                            .setText(toStored(publish.text()))
                            .setAuthor(toStored(publish.author()));
                    publish.expectedMd5().ifPresent(message::setExpectedMd5);
                    stored.setPublish(message);
                }
                case ConfigCommand.Remove remove ->
                    stored.setRemove(StoredRemove.newBuilder()
                            .setKey(toStored(remove.key()))
                            .setAuthor(toStored(remove.author())));
                case ConfigCommand.RollBack rollBack ->
                    stored.setRollBack(StoredRollBack.newBuilder()
                            .setKey(toStored(rollBack.key()))
                            .setVersion(rollBack.version())
                            .setAuthor(toStored(rollBack.author())));
                case ConfigCommand.Release release ->
                    stored.setRelease(StoredRelease.newBuilder()
                            .setKey(toStored(release.key()))
                            .setName(release.name())
                            .setRule(toStored(release.rule()))
                            .setText(toStored(release.text()))
                            .setAuthor(toStored(release.author())));
                case ConfigCommand.Withdraw withdraw ->
                    stored.setWithdraw(StoredWithdraw.newBuilder()
                            .setKey(toStored(withdraw.key()))
                            .setName(withdraw.name())
                            .setAuthor(toStored(withdraw.author())));
            }
            return bytes(stored.build());
        }

        @Override
        public ConfigCommand decode(ByteBuffer bytes) {
            try {
                var stored = StoredCommand.parseFrom(bytes);
                return switch (stored.getCommandCase()) {
                    case PUBLISH -> {
                        var publish = stored.getPublish();
                        yield new ConfigCommand.Publish(
                                fromStored(publish.getKey()),
                                fromStored(publish.getText()),
                                publish.hasExpectedMd5() ? Optional.of(publish.getExpectedMd5()) : Optional.empty(),
                                fromStored(publish.getAuthor()));
                    }
                    case REMOVE ->
                        new ConfigCommand.Remove(
                                fromStored(stored.getRemove().getKey()),
                                fromStored(stored.getRemove().getAuthor()));
                    case ROLL_BACK ->
                        new ConfigCommand.RollBack(
                                fromStored(stored.getRollBack().getKey()),
                                stored.getRollBack().getVersion(),
                                fromStored(stored.getRollBack().getAuthor()));
                    case RELEASE ->
                        new ConfigCommand.Release(
                                fromStored(stored.getRelease().getKey()),
                                stored.getRelease().getName(),
                                fromStored(stored.getRelease().getRule()),
                                fromStored(stored.getRelease().getText()),
                                fromStored(stored.getRelease().getAuthor()));
                    case WITHDRAW ->
                        new ConfigCommand.Withdraw(
                                fromStored(stored.getWithdraw().getKey()),
                                stored.getWithdraw().getName(),
                                fromStored(stored.getWithdraw().getAuthor()));
                    case COMMAND_NOT_SET -> throw unknown("a command");
                };
            } catch (InvalidProtocolBufferException e) {
                throw damaged("command", e);
            }
        }
    };

    static final Codec<ConfigOutcome> OUTCOMES = new Codec<>() {
        @Override
        public byte[] encode(ConfigOutcome outcome) {
            var stored = StoredOutcome.newBuilder();
            switch (outcome) {
                case ConfigOutcome.Done(long version) ->
                    stored.setDone(StoredDone.newBuilder().setVersion(version));
                case ConfigOutcome.Denied(ConfigOutcome.Reason reason, String message) ->
                    stored.setDenied(StoredDenied.newBuilder()
                            .setReason(
                                    switch (reason) {
                                        case NOT_FOUND -> StoredReason.STORED_REASON_NOT_FOUND;
                                        case CONFLICT -> StoredReason.STORED_REASON_CONFLICT;
                                        case OVERLOADED -> StoredReason.STORED_REASON_OVERLOADED;
                                    })
                            .setMessage(message));
            }
            return bytes(stored.build());
        }

        @Override
        public ConfigOutcome decode(ByteBuffer bytes) {
            try {
                var stored = StoredOutcome.parseFrom(bytes);
                return switch (stored.getOutcomeCase()) {
                    case DONE -> new ConfigOutcome.Done(stored.getDone().getVersion());
                    case DENIED ->
                        new ConfigOutcome.Denied(
                                switch (stored.getDenied().getReason()) {
                                    case STORED_REASON_NOT_FOUND -> ConfigOutcome.Reason.NOT_FOUND;
                                    case STORED_REASON_CONFLICT -> ConfigOutcome.Reason.CONFLICT;
                                    case STORED_REASON_OVERLOADED -> ConfigOutcome.Reason.OVERLOADED;
                                    case STORED_REASON_UNSPECIFIED, UNRECOGNIZED -> throw unknown("a reason");
                                },
                                stored.getDenied().getMessage());
                    case OUTCOME_NOT_SET -> throw unknown("an outcome");
                };
            } catch (InvalidProtocolBufferException e) {
                throw damaged("outcome", e);
            }
        }
    };

    static final Codecs<ConfigCommand, ConfigOutcome, Void> ALL = Codecs.withoutEffects(COMMANDS, OUTCOMES);

    /** How many there are, and then each with its length: no message holds them all. */
    static void writeState(List<Config> configs, OutputStream out) throws IOException {
        var data = new DataOutputStream(out);
        data.writeInt(configs.size());
        for (var config : configs) {
            var bytes = bytes(toStored(config));
            data.writeInt(bytes.length);
            data.write(bytes);
        }
        data.flush();
    }

    static List<Config> readState(InputStream state) throws IOException {
        var data = new DataInputStream(state);
        int count = data.readInt();
        List<Config> configs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = data.readInt();
            if (length < 0 || length > CONFIG_BYTES_MAX) {
                throw new IOException("text " + i + " of the snapshot has " + length + " bytes: expected at most "
                        + CONFIG_BYTES_MAX);
            }
            try {
                configs.add(fromStored(StoredConfig.parseFrom(data.readNBytes(length))));
            } catch (IllegalArgumentException e) {
                throw new IOException("text " + i + " of the snapshot is not sound: " + e.getMessage(), e);
            }
        }
        return configs;
    }

    private static StoredConfig toStored(Config config) {
        var stored = StoredConfig.newBuilder().setKey(toStored(config.key()));
        for (var version : config.versions()) {
            var message = StoredVersion.newBuilder()
                    .setNumber(version.number())
                    .setAtMillis(version.at().toEpochMilli())
                    .setAuthor(toStored(version.author()))
                    .setRolledBackTo(version.rolledBackTo().orElse(0L));
            version.text().ifPresent(text -> message.setText(toStored(text)));
            stored.addVersions(message);
        }
        for (var grey : config.greys()) {
            stored.addGreys(StoredGrey.newBuilder()
                    .setName(grey.name())
                    .setRule(toStored(grey.rule()))
                    .setText(toStored(grey.text()))
                    .setNumber(grey.number())
                    .setAtMillis(grey.at().toEpochMilli())
                    .setAuthor(toStored(grey.author())));
        }
        return stored.build();
    }

    private static Config fromStored(StoredConfig stored) {
        if (stored.getVersionsCount() == 0) {
            throw new IllegalArgumentException("a text without a version");
        }
        return new Config(
                fromStored(stored.getKey()),
                stored.getVersionsList().stream()
                        .map(version -> new ConfigVersion(
                                version.getNumber(),
                                version.hasText() ? Optional.of(fromStored(version.getText())) : Optional.empty(),
                                Instant.ofEpochMilli(version.getAtMillis()),
                                fromStored(version.getAuthor()),
                                version.getRolledBackTo() == 0
                                        ? Optional.empty()
                                        : Optional.of(version.getRolledBackTo())))
                        .toList(),
                stored.getGreysList().stream()
                        .map(grey -> new GreyRelease(
                                grey.getName(),
                                fromStored(grey.getRule()),
                                fromStored(grey.getText()),
                                grey.getNumber(),
                                Instant.ofEpochMilli(grey.getAtMillis()),
                                fromStored(grey.getAuthor())))
                        .toList());
    }

    private static StoredKey toStored(ConfigKey key) {
        return StoredKey.newBuilder()
                .setNamespace(key.namespace())
                .setGroup(key.group())
                .setDataId(key.dataId())
                .build();
    }

    private static ConfigKey fromStored(StoredKey key) {
        return new ConfigKey(key.getNamespace(), key.getGroup(), key.getDataId());
    }

    private static StoredText toStored(ConfigText text) {
        return StoredText.newBuilder()
                .setContent(text.content())
                .setType(text.type())
                .setEncryptedDataKey(text.encryptedDataKey())
                .build();
    }

    private static ConfigText fromStored(StoredText text) {
        return ConfigText.of(text.getContent(), text.getType(), text.getEncryptedDataKey());
    }

    private static StoredAuthor toStored(Author author) {
        return StoredAuthor.newBuilder()
                .setName(author.name())
                .setAddress(author.address())
                .build();
    }

    private static Author fromStored(StoredAuthor author) {
        return new Author(author.getName(), author.getAddress());
    }

    private static StoredRule toStored(GreyRule rule) {
        var stored = StoredRule.newBuilder();
        switch (rule) {
            case GreyRule.Addresses(var addresses) ->
                stored.setAddresses(StoredAddresses.newBuilder().addAllAddress(new TreeSet<>(addresses)));
            case GreyRule.Label(String name, String value) ->
                stored.setLabel(StoredLabel.newBuilder().setName(name).setValue(value));
            case GreyRule.Percentage(int percentage) -> stored.setPercentage(percentage);
        }
        return stored.build();
    }

    private static GreyRule fromStored(StoredRule rule) {
        return switch (rule.getRuleCase()) {
            case ADDRESSES ->
                new GreyRule.Addresses(new TreeSet<>(rule.getAddresses().getAddressList()));
            case LABEL ->
                new GreyRule.Label(rule.getLabel().getName(), rule.getLabel().getValue());
            case PERCENTAGE -> new GreyRule.Percentage(rule.getPercentage());
            case RULE_NOT_SET -> throw unknown("a rule");
        };
    }

    /** The bytes of a message: the same for equal messages, as the journal asks. */
    private static byte[] bytes(Message message) {
        byte[] bytes = new byte[message.getSerializedSize()];
        var out = CodedOutputStream.newInstance(bytes);
        out.useDeterministicSerialization();
        try {
            message.writeTo(out);
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes;
    }

    private static IllegalArgumentException unknown(String what) {
        return new IllegalArgumentException(what + " of the configuration that this release does not know");
    }

    private static IllegalArgumentException damaged(String what, InvalidProtocolBufferException cause) {
        return new IllegalArgumentException(
                "not a " + what + " of the configuration's engine: " + cause.getMessage(), cause);
    }
}

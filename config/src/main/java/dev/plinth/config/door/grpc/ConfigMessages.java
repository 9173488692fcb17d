package dev.plinth.config.door.grpc;

import dev.plinth.config.ConfigKey;
import dev.plinth.config.ConfigText;
import dev.plinth.config.Differences;
import dev.plinth.config.GreyRule;
import dev.plinth.wire.config.v1.Addresses;
import dev.plinth.wire.config.v1.Config;
import dev.plinth.wire.config.v1.DiffResponse;
import dev.plinth.wire.config.v1.Grey;
import dev.plinth.wire.config.v1.Label;
import dev.plinth.wire.config.v1.Line;
import dev.plinth.wire.config.v1.Listed;
import dev.plinth.wire.config.v1.Rule;
import dev.plinth.wire.config.v1.Text;
import dev.plinth.wire.config.v1.Version;
import java.util.List;
import java.util.TreeSet;

/** Turns messages into what the feature knows, and back. What is not sound is an IllegalArgumentException. */
final class ConfigMessages {
    private static final String NAMESPACE_DEFAULT = "public";
    private static final String GROUP_DEFAULT = "DEFAULT_GROUP";

    private ConfigMessages() {}

    static String namespace(String given) {
        return given.isEmpty() ? NAMESPACE_DEFAULT : given;
    }

    static ConfigKey key(dev.plinth.wire.config.v1.ConfigKey message) {
        return new ConfigKey(
                namespace(message.getNamespace()),
                message.getGroup().isEmpty() ? GROUP_DEFAULT : message.getGroup(),
                message.getDataId());
    }

    static ConfigText text(Text message) {
        return ConfigText.of(message.getContent(), message.getType(), message.getEncryptedDataKey());
    }

    static GreyRule rule(Rule message) {
        return switch (message.getRuleCase()) {
            case ADDRESSES ->
                new GreyRule.Addresses(new TreeSet<>(message.getAddresses().getAddressesList()));
            case LABEL ->
                new GreyRule.Label(
                        message.getLabel().getName(), message.getLabel().getValue());
            case PERCENTAGE -> new GreyRule.Percentage(message.getPercentage());
            case RULE_NOT_SET ->
                throw new IllegalArgumentException("rule is not set: expected addresses, a label or a percentage");
        };
    }

    static Config message(dev.plinth.config.Config config) {
        var message = Config.newBuilder().setKey(message(config.key()));
        for (var version : config.versions()) {
            var one = Version.newBuilder()
                    .setNumber(version.number())
                    .setAtMillis(version.at().toEpochMilli())
                    .setAuthor(version.author().name())
                    .setAuthorAddress(version.author().address())
                    .setRolledBackTo(version.rolledBackTo().orElse(0L));
            version.text().ifPresent(text -> one.setText(message(text)));
            message.addVersions(one);
        }
        for (var grey : config.greys()) {
            message.addGreys(Grey.newBuilder()
                    .setName(grey.name())
                    .setRule(message(grey.rule()))
                    .setText(message(grey.text()))
                    .setNumber(grey.number())
                    .setAtMillis(grey.at().toEpochMilli())
                    .setAuthor(grey.author().name())
                    .setAuthorAddress(grey.author().address()));
        }
        return message.build();
    }

    static Listed listed(dev.plinth.config.Config config) {
        var newest = config.versions().getLast();
        return Listed.newBuilder()
                .setKey(message(config.key()))
                .setVersion(newest.number())
                .setMd5(config.current().map(ConfigText::md5).orElse(""))
                .setGreys(config.greys().size())
                .setAtMillis(newest.at().toEpochMilli())
                .build();
    }

    private static dev.plinth.wire.config.v1.ConfigKey message(ConfigKey key) {
        return dev.plinth.wire.config.v1.ConfigKey.newBuilder()
                .setNamespace(key.namespace())
                .setGroup(key.group())
                .setDataId(key.dataId())
                .build();
    }

    private static Text message(ConfigText text) {
        return Text.newBuilder()
                .setContent(text.content())
                .setType(text.type())
                .setEncryptedDataKey(text.encryptedDataKey())
                .setMd5(text.md5())
                .build();
    }

    private static Rule message(GreyRule rule) {
        return switch (rule) {
            case GreyRule.Addresses(var addresses) ->
                Rule.newBuilder()
                        .setAddresses(Addresses.newBuilder().addAllAddresses(new TreeSet<>(addresses)))
                        .build();
            case GreyRule.Label(String name, String value) ->
                Rule.newBuilder()
                        .setLabel(Label.newBuilder().setName(name).setValue(value))
                        .build();
            case GreyRule.Percentage(int percentage) ->
                Rule.newBuilder().setPercentage(percentage).build();
        };
    }

    static DiffResponse differences(List<Differences.Line> lines) {
        var response = DiffResponse.newBuilder();
        for (var line : lines) {
            response.addLines(Line.newBuilder()
                    .setKind(
                            switch (line.kind()) {
                                case SAME -> Line.Kind.SAME;
                                case REMOVED -> Line.Kind.REMOVED;
                                case ADDED -> Line.Kind.ADDED;
                            })
                    .setText(line.text()));
        }
        return response.build();
    }
}

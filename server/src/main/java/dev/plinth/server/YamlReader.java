package dev.plinth.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads a YAML file key by key, and says file, line and key of whatever is not as expected. */
final class YamlReader {
    /*
     * Binding a file to classes by reflection gives errors that speak of classes. Here each value is asked for by its name, so an
     * error can say what the reader of the file needs; and a key that nobody asked for is an error too, for it is a misspelling.
     */
    private final String file;

    YamlReader(String file) {
        this.file = file;
    }

    /** The file's top, a mapping; an empty file is an empty mapping. */
    Section read(String text) {
        Optional<Node> root;
        try {
            root = new Compose(LoadSettings.builder()
                            .setLabel(file)
                            .setAllowDuplicateKeys(false)
                            .build())
                    .composeString(text);
        } catch (MarkedYamlEngineException e) {
            var line = e.getProblemMark().map(Mark::getLine).map(number -> number + 1);
            throw new ConfigurationException(
                    file + line.map(number -> ":" + number).orElse("") + ": not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new ConfigurationException(file + ": not YAML: " + e.getMessage());
        }
        return root.map(node -> section("", node)).orElseGet(() -> new Section("", Map.of(), 1));
    }

    /** For {@link Section#value}. */
    static boolean yesOrNo(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("true or false, not '" + text + "'");
        };
    }

    private Section section(String path, Node node) {
        if (!(node instanceof MappingNode mapping)) {
            throw wrong(node, path.isEmpty() ? "the file" : path, "a mapping of keys to values");
        }
        Map<String, Node> values = new LinkedHashMap<>();
        for (var tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw wrong(tuple.getKeyNode(), path, "a plain word as key");
            }
            if (values.put(key.getValue(), tuple.getValueNode()) != null) {
                throw wrong(key, join(path, key.getValue()), "each key once");
            }
        }
        return new Section(path, values, line(node));
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }

    private ConfigurationException wrong(Node node, String path, String expected) {
        return new ConfigurationException("%s:%d: %s: expected %s".formatted(file, line(node), path, expected));
    }

    /** A mapping in the file. */
    final class Section {
        private final String path;
        private final Map<String, Node> values;
        private final int line;
        private final List<String> asked = new ArrayList<>();

        private Section(String path, Map<String, Node> values, int line) {
            this.path = path;
            this.values = values;
            this.line = line;
        }

        /** The value of a key, read by {@code read}, which throws IllegalArgumentException to say what it expected. */
        <T> Optional<T> value(String key, Function<String, T> read) {
            return node(key).map(node -> {
                if (!(node instanceof ScalarNode scalar)) {
                    throw wrong(node, join(path, key), "a single value");
                }
                return parse(node, join(path, key), scalar.getValue(), read);
            });
        }

        /** As {@link #value}, for a key that must be there. */
        <T> T required(String key, String expected, Function<String, T> read) {
            return value(key, read)
                    .orElseThrow(() -> new ConfigurationException(
                            "%s:%d: %s: missing; expected %s".formatted(file, line, join(path, key), expected)));
        }

        /** A list of single values. */
        <T> List<T> values(String key, Function<String, T> read) {
            return elements(key).stream()
                    .map(node -> {
                        if (!(node instanceof ScalarNode scalar)) {
                            throw wrong(node, join(path, key), "a list of single values");
                        }
                        return parse(node, join(path, key), scalar.getValue(), read);
                    })
                    .toList();
        }

        Optional<Section> section(String key) {
            return node(key).map(node -> YamlReader.this.section(join(path, key), node));
        }

        /** A list of mappings. */
        List<Section> sections(String key) {
            List<Section> sections = new ArrayList<>();
            for (Node element : elements(key)) {
                sections.add(YamlReader.this.section(join(path, key) + "[" + sections.size() + "]", element));
            }
            return sections;
        }

        /** Refuses what nobody asked for. Called when everything was. */
        void done() {
            values.forEach((key, node) -> {
                if (!asked.contains(key)) {
                    throw wrong(node, join(path, key), "one of " + String.join(", ", asked));
                }
            });
        }

        /** An error about this section as a whole. */
        ConfigurationException wrong(String problem) {
            return new ConfigurationException(
                    "%s:%d: %s%s".formatted(file, line, path.isEmpty() ? "" : path + ": ", problem));
        }

        private Optional<Node> node(String key) {
            asked.add(key);
            return Optional.ofNullable(values.get(key));
        }

        private List<Node> elements(String key) {
            return node(key)
                    .map(node -> {
                        if (!(node instanceof SequenceNode sequence)) {
                            throw YamlReader.this.wrong(node, join(path, key), "a list");
                        }
                        return sequence.getValue();
                    })
                    .orElse(List.of());
        }

        private ConfigurationException wrong(Node node, String where, String expected) {
            return YamlReader.this.wrong(node, where, expected);
        }

        private <T> T parse(Node node, String where, String text, Function<String, T> read) {
            try {
                return read.apply(text);
            } catch (IllegalArgumentException e) {
                throw wrong(node, where, String.valueOf(e.getMessage()));
            }
        }
    }
}

package dev.plinth.sdk.at;

import java.util.List;
import java.util.Optional;

/** Some columns of a row, its primary key among them. */
record Row(List<Field> fields) {
    Row {
        fields = List.copyOf(fields);
    }

    Optional<Field> field(String name) {
        return fields.stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .findFirst();
    }

    /** Whether the other row has the same value in each column of this one. */
    boolean matches(Row other) {
        return fields.stream()
                .allMatch(field -> other.field(field.name())
                        .filter(theirs -> Field.same(field.value(), theirs.value()))
                        .isPresent());
    }
}

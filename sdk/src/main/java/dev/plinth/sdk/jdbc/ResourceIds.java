package dev.plinth.sdk.jdbc;

import java.util.regex.Pattern;

/** Under which the coordinator knows a database. For this SDK's own data sources; not for applications. */
public final class ResourceIds {

    private static final Pattern CURRENT_SCHEMA = Pattern.compile("[?&](currentSchema=[^&]*)");

    private ResourceIds() {}

    /**
     * The JDBC URL without its parameters, but for PostgreSQL's {@code currentSchema}. Exactly as Seata makes it: only under one
     * name do both clients' locks exclude one another.
     */
    public static String of(String jdbcUrl) {
        int question = jdbcUrl.indexOf('?');
        String id = question < 0 ? jdbcUrl : jdbcUrl.substring(0, question);
        if (question >= 0 && jdbcUrl.startsWith("jdbc:postgresql:")) {
            var schema = CURRENT_SCHEMA.matcher(jdbcUrl.substring(question));
            if (schema.find()) {
                id = id + "?" + schema.group(1).replace(",", "!");
            }
        }
        return id.replace(',', '|');
    }
}

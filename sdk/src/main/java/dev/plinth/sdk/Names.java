package dev.plinth.sdk;

import java.util.regex.Pattern;

/** The forms of the names that travel over the wire. */
final class Names {
    /*
     * The Seata wire builds the id of a client from the application's name with ':' between, and lists with ',': a name with
     * one of those would take a coordinator's own parsing apart.
     */
    private static final Pattern APPLICATION = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private Names() {}

    static void requireApplication(String name) {
        if (!APPLICATION.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "application: '" + name + "' is not 1 to 64 characters of letters, digits, '.', '_' and '-'");
        }
    }
}

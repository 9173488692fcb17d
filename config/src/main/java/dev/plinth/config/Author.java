package dev.plinth.config;

/**
 * Who changed something, as far as the door knows.
 *
 * @param name may be empty
 * @param address where the change came from; may be empty
 */
public record Author(String name, String address) {
    public Author {
        ConfigText.detail("author", name);
        ConfigText.detail("address", address);
    }
}

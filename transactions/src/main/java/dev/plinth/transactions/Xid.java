package dev.plinth.transactions;

/**
 * A transaction's name on the wire, as Seata's clients parse it: {@code host:port:id}.
 *
 * <p>Host and port are the coordinator's advertised address. They tell a client where to turn; which transaction is meant, the id
 * alone says.
 *
 * @param host not empty; an IPv6 address keeps its colons
 * @param port 0 to 65535
 */
public record Xid(String host, int port, TransactionId id) {
    public Xid {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("an XID is host:port:id; its host is empty");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("an XID's port is 0 to 65535, not " + port);
        }
    }

    /**
     * Reads {@code host:port:id}.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static Xid parse(String text) {
        int beforeId = text.lastIndexOf(':');
        int beforePort = text.lastIndexOf(':', beforeId - 1);
        if (beforePort < 1) {
            throw new IllegalArgumentException("an XID is host:port:id, not '" + text + "'");
        }
        try {
            return new Xid(
                    text.substring(0, beforePort),
                    Integer.parseInt(text, beforePort + 1, beforeId, 10),
                    new TransactionId(Long.parseLong(text, beforeId + 1, text.length(), 10)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "an XID is host:port:id with a decimal port and id, not '" + text + "'", e);
        }
    }

    /** Host and port, as they stand in the text. */
    public String address() {
        return host + ":" + port;
    }

    @Override
    public String toString() {
        return host + ":" + port + ":" + id.value();
    }
}

package dev.plinth.cli.migrate;

import java.net.URI;

/**
 * Where Nacos's clients are served: {@code nacos://host:port}, as they are told.
 *
 * @param grpcOffset how far above that port its gRPC is
 */
record NacosAddress(String host, int port, int grpcOffset) {
    static final int OFFSET_DEFAULT = 1_000;
    private static final int PORT_MAX = 65_535;

    /** Throws IllegalArgumentException, which says what was expected. */
    static NacosAddress parse(String text) {
        URI uri;
        try {
            uri = URI.create(text);
        } catch (IllegalArgumentException e) {
            throw expected(text);
        }
        if (!"nacos".equals(uri.getScheme())
                || uri.getHost() == null
                || uri.getPort() < 1
                || uri.getPort() > PORT_MAX) {
            throw expected(text);
        }
        return new NacosAddress(uri.getHost(), uri.getPort(), OFFSET_DEFAULT);
    }

    private static IllegalArgumentException expected(String text) {
        return new IllegalArgumentException("nacos://host:port, such as nacos://127.0.0.1:8848, not '" + text + "'");
    }

    NacosAddress with(int otherOffset) {
        return new NacosAddress(host, port, otherOffset);
    }

    int grpcPort() {
        return port + grpcOffset;
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}

package dev.plinth.acceptance.registry;

import dev.plinth.acceptance.original.OriginalClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** An application on Nacos's original client. */
final class NacosClient extends OriginalClient {

    /** Which original. */
    enum Version {
        /** 3.2.1. */
        THREE("nacos-app"),
        /** 2.5.1. */
        TWO("nacos2-app");

        private final String module;

        Version(String module) {
            this.module = module;
        }
    }

    NacosClient(Version version, Path home, String servers) throws IOException {
        super(
                version.module,
                "dev.plinth.acceptance.nacos.app.NacosApplication",
                home,
                List.of(
                        "-DJM.LOG.PATH=" + home.resolve("logs"),
                        // Its gRPC is at the port that it is given, not 1,000 above it.
                        "-Dnacos.server.grpc.port.offset=0"),
                List.of(servers));
    }
}

package dev.plinth.registry.door.nacos;

import com.google.protobuf.ByteString;
import dev.plinth.registry.Registration;
import java.util.Collection;

/** A service's list in JSON, written once for all who are told it. */
final class ServiceInfo {
    /*
     * A list of a thousand subscribers is written once and not a thousand times. Only the time is written for each, at the end:
     * clients take nothing that is not newer than what they have, and that may be another server's.
     */
    private final ByteString allButTheTime;

    private ServiceInfo(ByteString allButTheTime) {
        this.allButTheTime = allButTheTime;
    }

    static ServiceInfo of(NacosService service, String clusters, Collection<Registration> registrations) {
        var info = Instances.serviceInfo(service, clusters, registrations, 0);
        info.remove(Instances.AS_OF);
        return new ServiceInfo(NacosPayloads.unclosed(info));
    }

    ByteString asOf(long millis) {
        return allButTheTime.concat(ByteString.copyFromUtf8(",\"" + Instances.AS_OF + "\":" + millis + "}"));
    }
}

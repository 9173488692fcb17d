package dev.plinth.rpc;

/** What a service is called on the wire and in directories, as SOFARPC does: the interface, ':' and the version. */
public final class ServiceName {
    /** The version of a service that does not say. */
    public static final String VERSION_DEFAULT = "1.0";

    private ServiceName() {}

    public static String of(Class<?> service, String version) {
        if (!service.isInterface()) {
            throw new IllegalArgumentException(service.getName() + " is no interface");
        }
        if (version.isBlank() || version.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "version '" + version + "' of " + service.getName() + ": expected a text without ':'");
        }
        return service.getName() + ":" + version;
    }
}

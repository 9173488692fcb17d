package dev.plinth.server;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.net.SocketException;

/** An address of this machine by which others may reach it. */
final class OffLoopback {
    private OffLoopback() {}

    /** A test is skipped where there is none. */
    static String address() {
        try {
            var address = NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(Inet4Address.class::isInstance)
                    .filter(found -> !found.isLoopbackAddress() && !found.isLinkLocalAddress())
                    .findFirst();
            assumeTrue(address.isPresent(), "this machine has no address but loopback");
            return address.orElseThrow().getHostAddress();
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.plinth.registry;

/**
 * What people say of endpoints, whoever registers them: it goes before what their clients say, at every door.
 *
 * <p>An endpoint is meant by its service and its address, whatever its protocol. Constructors throw IllegalArgumentException, which
 * names the field and what was expected.
 */
public sealed interface Rule {

    /** The endpoint has this weight. */
    record Weight(String service, String address, int weight) implements Rule {
        public Weight {
            Form.service(service);
            Form.address(address);
            if (weight < 0 || weight > RegistryLimits.WEIGHT_MAX) {
                throw new IllegalArgumentException(
                        "weight is " + weight + ": expected 0 to " + RegistryLimits.WEIGHT_MAX);
            }
        }
    }

    /** The endpoint is not served. */
    record SwitchedOff(String service, String address) implements Rule {
        public SwitchedOff {
            Form.service(service);
            Form.address(address);
        }
    }

    /** No endpoint on these hosts is served, of any service. */
    record Blacklisted(HostRange hosts) implements Rule {}
}

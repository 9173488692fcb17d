package dev.plinth.trust.secrets.door.aecs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** AECS's policies, which list attributes, as conditions in CEL. */
final class AttributesPolicy {
    /*
     * An entry fits if all that it names is so, a policy if one of its entries does. What cannot be asked here the same is refused, so that
     * nobody believes something to be checked that is not. An attribute means what its platform makes of it: so an entry has to name one.
     */
    private static final String WHAT = "secret.spec.policy.policy";
    private static final int ENTRIES_MAX = 32;

    private static final String PLATFORM = "str_tee_platform";
    private static final String DEBUG = "bool_debug_disabled";
    private static final String PLATFORM_MEASUREMENT = "hex_platform_measurement";
    private static final String BOOT_MEASUREMENT = "hex_boot_measurement";
    private static final String TA_MEASUREMENT = "hex_ta_measurement";
    private static final String SIGNER = "hex_signer";
    private static final String PRODUCT = "hex_prod_id";
    private static final String SVN = "str_min_isvsvn";
    private static final Set<String> SGX = Set.of(PLATFORM, DEBUG, TA_MEASUREMENT, SIGNER, PRODUCT, SVN);
    private static final Set<String> TDX =
            Set.of(PLATFORM, DEBUG, PLATFORM_MEASUREMENT, BOOT_MEASUREMENT, TA_MEASUREMENT);

    /** The registers of TDX that AECS writes one behind the other. */
    private static final List<String> TDX_PLATFORM =
            List.of("mrseam", "mrsigner-seam", "mrtd", "mrconfigid", "mrowner", "mrownerconfig");

    private static final List<String> TDX_BOOT = List.of("rtmr0", "rtmr1");
    private static final List<String> TDX_APPLICATION = List.of("rtmr2", "rtmr3");

    private AttributesPolicy() {}

    /**
     * The condition; empty if the policy says nothing, so that nobody fits.
     *
     * @throws IllegalArgumentException if it asks what cannot be asked here; it says what
     */
    static String condition(JsonNode policy) {
        AecsJson.demandOnly(WHAT, policy, Set.of("main_attributes"));
        var entries = AecsJson.member(policy, "main_attributes");
        if (entries.isMissingNode()) {
            return "";
        }
        if (!entries.isArray() || entries.size() > ENTRIES_MAX) {
            throw new IllegalArgumentException(WHAT + ".main_attributes: expected at most " + ENTRIES_MAX + " entries");
        }
        return IntStream.range(0, entries.size())
                .mapToObj(i -> "(" + entry(WHAT + ".main_attributes[" + i + "]", entries.get(i)) + ")")
                .collect(Collectors.joining(" || "));
    }

    private static String entry(String what, JsonNode entry) {
        if (!entry.isObject()) {
            throw new IllegalArgumentException(what + ": expected an object");
        }
        var platform = AecsJson.text(what, entry, PLATFORM);
        var asked = switch (platform) {
            case "SGX_DCAP" -> sgx(what, entry);
            case "TDX" -> tdx(what, entry);
            default ->
                throw new IllegalArgumentException(
                        what + "." + PLATFORM + ": expected SGX_DCAP or TDX, found '" + AecsJson.shorten(platform)
                                + "'; what other evidence has to be, say with plinth secrets policy");
        };
        if (!Set.of("", "1", "true").contains(AecsJson.text(what, entry, DEBUG))) {
            throw new IllegalArgumentException(
                    what + "." + DEBUG
                            + ": expected true; a secret for programs under debug needs a waiver: say it with plinth secrets policy");
        }
        return String.join(" && ", asked);
    }

    private static List<String> sgx(String what, JsonNode entry) {
        AecsJson.demandOnly(what, entry, SGX);
        var asked = new ArrayList<String>(List.of("evidence == 'sgx'"));
        hex(what, entry, TA_MEASUREMENT, 64)
                .map(value -> is("sgx.mrenclave", value))
                .forEach(asked::add);
        hex(what, entry, SIGNER, 64).map(value -> is("sgx.mrsigner", value)).forEach(asked::add);
        number(what, entry, PRODUCT)
                .map(value -> "claims['sgx.isv-prod-id'] == " + value)
                .forEach(asked::add);
        number(what, entry, SVN)
                .map(value -> "claims['sgx.isv-svn'] >= " + value)
                .forEach(asked::add);
        return asked;
    }

    private static List<String> tdx(String what, JsonNode entry) {
        AecsJson.demandOnly(what, entry, TDX);
        var asked = new ArrayList<String>(List.of("evidence == 'tdx'"));
        asked.addAll(registers(what, entry, PLATFORM_MEASUREMENT, TDX_PLATFORM));
        asked.addAll(registers(what, entry, BOOT_MEASUREMENT, TDX_BOOT));
        asked.addAll(registers(what, entry, TA_MEASUREMENT, TDX_APPLICATION));
        return asked;
    }

    private static List<String> registers(String what, JsonNode entry, String name, List<String> registers) {
        int digits = 96;
        return hex(what, entry, name, digits * registers.size())
                .flatMap(value -> IntStream.range(0, registers.size())
                        .mapToObj(i -> is("tdx." + registers.get(i), value.substring(digits * i, digits * (i + 1)))))
                .toList();
    }

    private static String is(String claim, String value) {
        return "claims['" + claim + "'] == '" + value + "'";
    }

    /** None, or one. */
    private static Stream<String> hex(String what, JsonNode entry, String name, int digits) {
        var value = AecsJson.text(what, entry, name);
        if (!value.isEmpty() && !value.matches("[0-9A-Fa-f]{" + digits + "}")) {
            throw new IllegalArgumentException(what + "." + name + ": expected " + digits
                    + " hexadecimal digits, found '" + AecsJson.shorten(value) + "'");
        }
        return value.isEmpty() ? Stream.empty() : Stream.of(value.toLowerCase(Locale.ROOT));
    }

    /** None, or one; AECS writes it in decimal digits, also where the name says hex. */
    private static Stream<Integer> number(String what, JsonNode entry, String name) {
        var value = AecsJson.text(what, entry, name);
        if (value.isEmpty()) {
            return Stream.empty();
        }
        if (!value.matches("[0-9]{1,5}") || Integer.parseInt(value) > 0xffff) {
            throw new IllegalArgumentException(
                    what + "." + name + ": expected a number up to 65535, found '" + AecsJson.shorten(value) + "'");
        }
        return Stream.of(Integer.parseInt(value));
    }
}

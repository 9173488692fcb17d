package dev.plinth.trust;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Intel's TCB info, version 3 (SGX and TDX): for one family of platforms, which levels of its components are good.
 *
 * @param id {@code SGX} or {@code TDX}
 * @param fmspc the platform family, 12 hexadecimal digits in upper case
 * @param levels in the document's order, from the newest to the oldest: the first that a platform reaches is its level
 */
public record TcbInfo(
        String id,
        Instant issueDate,
        Instant nextUpdate,
        String fmspc,
        String pceId,
        int evaluationNumber,
        Optional<ModuleIdentity> module,
        List<ModuleIdentity> moduleIdentities,
        List<Level> levels) {
    private static final int COMPONENTS = 16;

    /** One level of the platform. {@code tdx} is empty for SGX. */
    record Level(Bytes sgx, Bytes tdx, int pceSvn, Instant date, TcbStatus status, List<String> advisories) {}

    /** Who may have signed the TDX module and with which attributes; levels by its security version. */
    record ModuleIdentity(String id, Bytes mrSigner, Bytes attributes, Bytes mask, List<SvnLevel> levels) {}

    /** A level of an enclave or module, by its one security version. */
    record SvnLevel(int isvSvn, Instant date, TcbStatus status, List<String> advisories) {
        static SvnLevel read(Json json) {
            return new SvnLevel(
                    (int) json.at("tcb").at("isvsvn").number(0xffff),
                    json.at("tcbDate").time(),
                    TcbStatus.read(json.at("tcbStatus")),
                    json.texts("advisoryIDs"));
        }
    }

    static String key(String id, String fmspc) {
        return id + " " + fmspc.toUpperCase(Locale.ROOT);
    }

    String key() {
        return key(id, fmspc);
    }

    static TcbInfo read(Bytes body) {
        var json = Json.parse(body);
        var version = json.at("version").number(Integer.MAX_VALUE);
        if (version != 3) {
            throw new Malformed(json.at("version").where(), "version 3", Long.toString(version));
        }
        var id = json.at("id").text();
        if (!id.equals("SGX") && !id.equals("TDX")) {
            throw new Malformed(json.at("id").where(), "SGX or TDX", Bytes.shorten(id));
        }
        var type = json.at("tcbType").number(Integer.MAX_VALUE);
        if (type != 0) {
            throw new Malformed(json.at("tcbType").where(), "TCB type 0", Long.toString(type));
        }
        var tdx = id.equals("TDX");
        var levels = json.at("tcbLevels").list().stream()
                .map(level -> level(level, tdx))
                .toList();
        if (levels.isEmpty()) {
            throw new Malformed(json.at("tcbLevels").where(), "at least one level", "none");
        }
        return new TcbInfo(
                id,
                json.at("issueDate").time(),
                json.at("nextUpdate").time(),
                json.at("fmspc").hex(6).hex().toUpperCase(Locale.ROOT),
                json.at("pceId").hex(2).hex().toUpperCase(Locale.ROOT),
                (int) json.at("tcbEvaluationDataNumber").number(Integer.MAX_VALUE),
                json.find("tdxModule").map(module -> module(module, "tdxModule", List.of())),
                json.find("tdxModuleIdentities").map(Json::list).orElse(List.of()).stream()
                        .map(module -> module(
                                module,
                                module.at("id").text().toUpperCase(Locale.ROOT),
                                module.at("tcbLevels").list().stream()
                                        .map(SvnLevel::read)
                                        .toList()))
                        .toList(),
                levels);
    }

    private static ModuleIdentity module(Json json, String id, List<SvnLevel> levels) {
        return new ModuleIdentity(
                id,
                json.at("mrsigner").hex(48),
                json.at("attributes").hex(8),
                json.at("attributesMask").hex(8),
                levels);
    }

    private static Level level(Json json, boolean tdx) {
        var tcb = json.at("tcb");
        return new Level(
                components(tcb.at("sgxtcbcomponents")),
                tdx ? components(tcb.at("tdxtcbcomponents")) : Bytes.of("", new byte[0]),
                (int) tcb.at("pcesvn").number(0xffff),
                json.at("tcbDate").time(),
                TcbStatus.read(json.at("tcbStatus")),
                json.texts("advisoryIDs"));
    }

    private static Bytes components(Json json) {
        var list = json.list();
        if (list.size() != COMPONENTS) {
            throw new Malformed(json.where(), COMPONENTS + " components", Integer.toString(list.size()));
        }
        var svns = new byte[COMPONENTS];
        for (var i = 0; i < COMPONENTS; i++) {
            svns[i] = (byte) list.get(i).at("svn").number(255);
        }
        return Bytes.of("tcb-info#" + json.path(), svns);
    }
}

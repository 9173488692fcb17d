package dev.plinth.trust;

import java.time.Instant;
import java.util.List;

/**
 * Intel's identity of a quoting enclave, version 2.
 *
 * @param id {@code QE} for SGX, {@code TD_QE} for TDX
 * @param levels from the newest to the oldest
 */
public record QeIdentity(
        String id,
        Instant issueDate,
        Instant nextUpdate,
        int evaluationNumber,
        Bytes miscSelect,
        Bytes miscSelectMask,
        Bytes attributes,
        Bytes attributesMask,
        Bytes mrSigner,
        int isvProdId,
        List<TcbInfo.SvnLevel> levels) {

    static QeIdentity read(Bytes body) {
        var json = Json.parse(body);
        var version = json.at("version").number(Integer.MAX_VALUE);
        if (version != 2) {
            throw new Malformed(json.at("version").where(), "version 2", Long.toString(version));
        }
        var id = json.at("id").text();
        if (!id.equals("QE") && !id.equals("TD_QE")) {
            throw new Malformed(json.at("id").where(), "QE or TD_QE", Bytes.shorten(id));
        }
        return new QeIdentity(
                id,
                json.at("issueDate").time(),
                json.at("nextUpdate").time(),
                (int) json.at("tcbEvaluationDataNumber").number(Integer.MAX_VALUE),
                json.at("miscselect").hex(4),
                json.at("miscselectMask").hex(4),
                json.at("attributes").hex(16),
                json.at("attributesMask").hex(16),
                json.at("mrsigner").hex(32),
                (int) json.at("isvprodid").number(0xffff),
                json.at("tcbLevels").list().stream().map(TcbInfo.SvnLevel::read).toList());
    }
}

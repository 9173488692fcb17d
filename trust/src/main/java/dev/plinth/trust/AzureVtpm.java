package dev.plinth.trust;

/**
 * The layout of Azure's report of a confidential VM's virtual TPM (the "HCL report" in NV index 0x01400001): a header, the hardware's
 * report, and the runtime data whose digest the hardware's report contains. As Microsoft's "Azure Confidential VM guest attestation" has it.
 *
 * @param hardwareReport 1184 bytes, of which an SNP report takes all and a TD report 1024
 * @param runtimeData JSON with the virtual TPM's keys
 */
record AzureVtpm(Bytes report, int type, Bytes hardwareReport, Bytes runtimeData) {
    static final int TYPE_SNP = 2;
    static final int TYPE_TDX = 4;

    private static final byte[] SIGNATURE = {'H', 'C', 'L', 'A'};
    private static final int HARDWARE = 32;
    private static final int RUNTIME = HARDWARE + 1184;
    private static final int REPORT_BYTES_MAX = 64 * 1024;
    private static final int HASH_SHA256 = 1;

    static AzureVtpm parse(Bytes report) {
        if (report.length() > REPORT_BYTES_MAX) {
            throw new Malformed(
                    report.where(), "a report of at most " + REPORT_BYTES_MAX + " bytes", report.length() + " bytes");
        }
        if (!report.slice(0, 4).same(SIGNATURE)) {
            throw new Malformed(report.where(0, 4), "HCLA", report.slice(0, 4).shown());
        }
        var type = report.u32(RUNTIME + 8);
        if (type != TYPE_SNP && type != TYPE_TDX) {
            throw new Malformed(report.where(RUNTIME + 8, 4), "report type 2 (SNP) or 4 (TDX)", Long.toString(type));
        }
        if (report.u32(RUNTIME + 12) != HASH_SHA256) {
            throw new Malformed(
                    report.where(RUNTIME + 12, 4), "digest type 1 (SHA-256)", Long.toString(report.u32(RUNTIME + 12)));
        }
        var data = report.slice(RUNTIME + 20, report.size32(RUNTIME + 16, REPORT_BYTES_MAX));
        return new AzureVtpm(report, (int) type, report.slice(HARDWARE, 1184), data);
    }
}

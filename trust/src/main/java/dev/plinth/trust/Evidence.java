package dev.plinth.trust;

import java.util.List;

/** What an attester hands in to prove what it is, one record for each form that is understood. The bytes are as they came. */
public sealed interface Evidence {
    /** The short name of the form, as in results and policies. */
    String kind();

    /** Intel SGX: an ECDSA quote of version 3, or 4 or 5 with an enclave's report. */
    record SgxQuote(Bytes quote) implements Evidence {
        @Override
        public String kind() {
            return "sgx";
        }
    }

    /** Intel TDX: a quote of version 4 or 5. */
    record TdxQuote(Bytes quote) implements Evidence {
        @Override
        public String kind() {
            return "tdx";
        }
    }

    /**
     * AMD SEV-SNP: a report of 1184 bytes.
     *
     * @param certificates DER, the VCEK or VLEK first; may be empty if the collateral has it
     */
    record SnpReport(Bytes report, List<Bytes> certificates) implements Evidence {
        public SnpReport {
            certificates = List.copyOf(certificates);
        }

        @Override
        public String kind() {
            return "snp";
        }
    }

    /** AWS Nitro: an attestation document, as the enclave's security module returns it. */
    record NitroDocument(Bytes document) implements Evidence {
        @Override
        public String kind() {
            return "nitro";
        }
    }
}

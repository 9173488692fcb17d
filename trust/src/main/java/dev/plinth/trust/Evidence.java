package dev.plinth.trust;

import java.util.List;
import java.util.Map;
import java.util.Optional;

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

    /**
     * Intel TDX: a quote of version 4 or 5.
     *
     * @param eventLog the measured boot's log (CCEL), which must replay to the quote's runtime registers
     */
    record TdxQuote(Bytes quote, Optional<Bytes> eventLog) implements Evidence {
        public TdxQuote(Bytes quote) {
            this(quote, Optional.empty());
        }

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

    /**
     * A TPM 2.0 quote.
     *
     * @param message TPMS_ATTEST
     * @param signature TPMT_SIGNATURE
     * @param key the attestation key as SubjectPublicKeyInfo
     * @param certificates of the attestation key, DER, leaf first; may be empty if an owner vouches for the key
     * @param banks values of registers; only quoted ones count
     * @param eventLog the firmware's log, binary
     * @param imaLog Linux's list of measured files, binary
     */
    record TpmQuote(
            Bytes message,
            Bytes signature,
            Bytes key,
            List<Bytes> certificates,
            Map<TpmAlgorithm, Map<Integer, Bytes>> banks,
            Optional<Bytes> eventLog,
            Optional<Bytes> imaLog)
            implements Evidence {
        public TpmQuote {
            certificates = List.copyOf(certificates);
            banks = Map.copyOf(banks);
        }

        @Override
        public String kind() {
            return "tpm";
        }
    }

    /**
     * An Azure confidential VM: a quote of its virtual TPM, and the report of the hardware that vouches for the TPM's key.
     *
     * @param report the HCL report, in which an SNP report lies
     * @param message TPMS_ATTEST
     * @param signature RSASSA with SHA-256, its bytes alone
     * @param certificates for SNP, DER, the VCEK first
     * @param tdQuote for TDX, the quote that was made of the report
     */
    record AzureVtpm(
            Bytes report,
            Bytes message,
            Bytes signature,
            Map<TpmAlgorithm, Map<Integer, Bytes>> banks,
            List<Bytes> certificates,
            Optional<Bytes> tdQuote)
            implements Evidence {
        public AzureVtpm {
            certificates = List.copyOf(certificates);
            banks = Map.copyOf(banks);
        }

        @Override
        public String kind() {
            return "azure-vtpm";
        }
    }

    /** Hygon CSV: an attestation report with its PEK. */
    record CsvReport(Bytes report) implements Evidence {
        @Override
        public String kind() {
            return "csv";
        }
    }

    /**
     * An NVIDIA GPU: SPDM request and response.
     *
     * @param certificates PEM, the GPU's own first
     */
    record GpuReport(Bytes report, Bytes certificates) implements Evidence {
        @Override
        public String kind() {
            return "nvidia-gpu";
        }
    }

    /** Arm CCA: a token of platform and realm. */
    record CcaToken(Bytes token) implements Evidence {
        @Override
        public String kind() {
            return "cca";
        }
    }

    /** A signed statement of no hardware, for development: COSE_Sign1 under a root of its own. */
    record Simulated(Bytes statement) implements Evidence {
        @Override
        public String kind() {
            return "simulated";
        }
    }

    /**
     * What Trustee's sample attester says of no hardware at all: not signed by anybody, for trying out a server. A result needs the
     * waiver {@code sample}.
     */
    record Sample(Bytes reportData, String svn) implements Evidence {
        @Override
        public String kind() {
            return "sample";
        }
    }

    /** Several pieces of evidence that together are one attester, each answering the same challenge: a VM and its GPUs. */
    record Composite(Map<String, Evidence> parts) implements Evidence {
        public static final int PARTS_MAX = 32;

        public Composite {
            parts = Map.copyOf(parts);
            if (parts.isEmpty() || parts.size() > PARTS_MAX) {
                throw new IllegalArgumentException("parts: expected 1 to " + PARTS_MAX + ", found " + parts.size());
            }
            parts.forEach((name, part) -> {
                if (part instanceof Composite) {
                    throw new IllegalArgumentException("part " + name + ": expected no composite within a composite");
                }
            });
        }

        @Override
        public String kind() {
            return "composite";
        }
    }
}

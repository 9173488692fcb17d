package dev.plinth.trust;

/** Who vouches for a kind of hardware. */
public enum Vendor {
    INTEL,
    AMD,
    AWS,
    NVIDIA,
    HYGON,
    /** Makers of TPMs, and those who vouch for a TPM's attestation key. */
    TPM,
    ARM,
    /** Nobody: an authority of tests and development, for evidence of no hardware. */
    SIMULATION
}

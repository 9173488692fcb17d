package dev.plinth.trust;

/** Intel's word on a level of its trusted computing base. */
public enum TcbStatus {
    UP_TO_DATE("UpToDate"),
    SW_HARDENING_NEEDED("SWHardeningNeeded"),
    CONFIGURATION_NEEDED("ConfigurationNeeded"),
    CONFIGURATION_AND_SW_HARDENING_NEEDED("ConfigurationAndSWHardeningNeeded"),
    TD_RELAUNCH_ADVISED("TDRelaunchAdvised"),
    TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED("TDRelaunchAdvisedConfigurationNeeded"),
    OUT_OF_DATE("OutOfDate"),
    OUT_OF_DATE_CONFIGURATION_NEEDED("OutOfDateConfigurationNeeded"),
    REVOKED("Revoked");

    private final String label;

    TcbStatus(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }

    static TcbStatus read(Json json) {
        var label = json.text();
        for (var status : values()) {
            // The two about relaunch are conclusions; a document cannot contain them.
            if (status.label.equals(label) && !status.label.startsWith("TDRelaunch")) {
                return status;
            }
        }
        throw new Malformed(json.where(), "a TCB status", Bytes.shorten(label));
    }

    /**
     * This platform's status, knowing that of a part which is judged apart: the quoting enclave, or the TDX module. A part that is out
     * of date makes the platform out of date, and its need for configuration stays visible; a part that is revoked revokes.
     */
    TcbStatus with(TcbStatus part) {
        return switch (part) {
            case REVOKED -> REVOKED;
            case OUT_OF_DATE ->
                switch (this) {
                    case UP_TO_DATE, SW_HARDENING_NEEDED -> OUT_OF_DATE;
                    case CONFIGURATION_NEEDED, CONFIGURATION_AND_SW_HARDENING_NEEDED ->
                        OUT_OF_DATE_CONFIGURATION_NEEDED;
                    case TD_RELAUNCH_ADVISED,
                            TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
                            OUT_OF_DATE,
                            OUT_OF_DATE_CONFIGURATION_NEEDED,
                            REVOKED -> this;
                };
            case UP_TO_DATE,
                    SW_HARDENING_NEEDED,
                    CONFIGURATION_NEEDED,
                    CONFIGURATION_AND_SW_HARDENING_NEEDED,
                    TD_RELAUNCH_ADVISED,
                    TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
                    OUT_OF_DATE_CONFIGURATION_NEEDED -> this;
        };
    }

    /** The status of a domain that was launched at this status, on a platform that has been updated under it since. */
    TcbStatus launchedBefore(TcbStatus current) {
        if (this != OUT_OF_DATE && this != OUT_OF_DATE_CONFIGURATION_NEEDED) {
            return this;
        }
        return switch (current) {
            case UP_TO_DATE, SW_HARDENING_NEEDED ->
                this == OUT_OF_DATE ? TD_RELAUNCH_ADVISED : TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
            case CONFIGURATION_NEEDED, CONFIGURATION_AND_SW_HARDENING_NEEDED ->
                TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
            case TD_RELAUNCH_ADVISED,
                    TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
                    OUT_OF_DATE,
                    OUT_OF_DATE_CONFIGURATION_NEEDED,
                    REVOKED -> this;
        };
    }
}

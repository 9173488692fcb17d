package dev.plinth.wire.bolt;

import java.util.Optional;

/** How a request went, as far as the transport can tell; an exception of the service itself travels with {@link #SUCCESS}. */
public enum BoltStatus {
    SUCCESS(0x00),
    ERROR(0x01),
    SERVER_EXCEPTION(0x02),
    UNKNOWN(0x03),
    SERVER_THREADPOOL_BUSY(0x04),
    ERROR_COMM(0x05),
    NO_PROCESSOR(0x06),
    TIMEOUT(0x07),
    CLIENT_SEND_ERROR(0x08),
    CODEC_EXCEPTION(0x09),
    // The protocol goes on in hexadecimal, as if it were decimal.
    CONNECTION_CLOSED(0x10),
    SERVER_SERIAL_EXCEPTION(0x11),
    SERVER_DESERIAL_EXCEPTION(0x12);

    private static final BoltStatus[] BY_CODE = new BoltStatus[0x13];

    static {
        for (var status : values()) {
            BY_CODE[status.code] = status;
        }
    }

    private final int code;

    BoltStatus(int code) {
        this.code = code;
    }

    short code() {
        return (short) code;
    }

    static Optional<BoltStatus> of(short code) {
        return code < 0 || code >= BY_CODE.length ? Optional.empty() : Optional.ofNullable(BY_CODE[code]);
    }
}

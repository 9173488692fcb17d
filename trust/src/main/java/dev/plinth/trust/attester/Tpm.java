package dev.plinth.trust.attester;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * A TPM 2.0 at a device of the kernel ({@code /dev/tpmrm0}) or at the Unix socket of a software TPM (TCG TPM 2.0 Library, part 3: the
 * commands that attestation and sealing need, and no others). For one thread.
 */
public final class Tpm implements AutoCloseable {
    /*
     * Every command is bytes: a tag, the length, a code, handles, authorizations, parameters. All keys here have the empty password, for
     * what protects them is that they cannot leave the TPM; only the endorsement key wants a policy, and its policy (PolicySecret with
     * the endorsement hierarchy) comes down to the empty password too.
     */
    static final int NULL = 0x0010;
    static final int SHA256 = 0x000b;
    static final int OWNER = 0x4000_0001;
    static final int ENDORSEMENT = 0x4000_000b;

    private static final int NO_SESSIONS = 0x8001;
    private static final int SESSIONS = 0x8002;
    private static final int HANDLE_NULL = 0x4000_0007;
    private static final int PASSWORD = 0x4000_0009;
    private static final int CONTINUE_SESSION = 0x01;
    private static final int POLICY = 0x01;
    private static final int NONCE_BYTES = 16;
    private static final int ANSWER_BYTES_MAX = 4_096;
    private static final int HEADER_BYTES = 10;

    /** Warnings that ask for the same command once more (part 2, 6.6.3): yielded, testing, retry. */
    private static final Set<Integer> AGAIN = Set.of(0x908, 0x90a, 0x922);

    private static final int ATTEMPTS_MAX = 50;
    private static final Duration PAUSE = Duration.ofMillis(20);

    /** PCR_Read answers so many at once. */
    static final int READ_MAX = 8;

    private static final int CC_CREATE_PRIMARY = 0x131;
    private static final int CC_CREATE = 0x153;
    private static final int CC_LOAD = 0x157;
    private static final int CC_UNSEAL = 0x15e;
    static final int CC_POLICY_PCR = 0x17f;
    private static final int CC_ACTIVATE_CREDENTIAL = 0x147;
    private static final int CC_POLICY_SECRET = 0x151;
    private static final int CC_QUOTE = 0x158;
    private static final int CC_FLUSH_CONTEXT = 0x165;
    private static final int CC_START_AUTH_SESSION = 0x176;
    private static final int CC_GET_CAPABILITY = 0x17a;
    private static final int CC_PCR_READ = 0x17e;
    private static final int CC_PCR_EXTEND = 0x182;

    private static final int CAPABILITY_HANDLES = 1;
    private static final int FIRST_SESSION = 0x0200_0000;
    private static final int FIRST_OBJECT = 0x8000_0000;
    private static final int HANDLES_MAX = 64;

    private final ByteChannel channel;
    private final SecureRandom random = new SecureRandom();

    private Tpm(ByteChannel channel) {
        this.channel = channel;
    }

    /** A TPM behind the kernel's resource manager. */
    public static Tpm device(Path device) throws IOException {
        return new Tpm(FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    /** A software TPM, such as swtpm with {@code --server type=unixio}: it keeps nothing from anybody on its host. */
    public static Tpm software(Path socket) throws IOException {
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return new Tpm(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** As the other {@code software}, with {@code --server type=tcp}. */
    public static Tpm software(InetSocketAddress address) throws IOException {
        return new Tpm(SocketChannel.open(address));
    }

    /** A command that the TPM refused; the code is its own (part 2, 6.6). */
    public static final class TpmException extends IOException {
        private final int code;

        TpmException(String command, int code) {
            super("TPM refuses " + command + ": response code 0x%03x".formatted(code));
            this.code = code;
        }

        /** The TPM's response code. */
        public int code() {
            return code;
        }
    }

    /**
     * A key in the TPM until {@link #flush}.
     *
     * @param publicArea TPMT_PUBLIC
     */
    public record Key(int handle, ByteString publicArea) {}

    /** A quote: TPMS_ATTEST and TPMT_SIGNATURE. */
    public record Quote(ByteString message, ByteString signature) {}

    /** TPM2_CreatePrimary: the same template under the same hierarchy is the same key each time. */
    public Key createPrimary(int hierarchy, byte[] template) throws IOException {
        var parameters = new Out()
                .sized(new Out().u16(0).u16(0).bytes())
                .sized(template)
                .u16(0)
                .u32(0);
        var answer = run("CreatePrimary", CC_CREATE_PRIMARY, new int[] {hierarchy}, List.of(PASSWORD), parameters);
        int handle = answer.getInt();
        answer.getInt();
        return new Key(handle, ByteString.copyFrom(sized(answer)));
    }

    /** What TPM2_Create made: TPMT_PUBLIC, and what only the TPM reads. */
    record Made(ByteString publicArea, ByteString privateArea) {}

    /** TPM2_Create of an object that holds this. */
    Made create(Key parent, byte[] sensitive, byte[] template) throws IOException {
        var parameters = new Out()
                .sized(new Out().u16(0).sized(sensitive).bytes())
                .sized(template)
                .u16(0)
                .u32(0);
        var answer = run("Create", CC_CREATE, new int[] {parent.handle()}, List.of(PASSWORD), parameters);
        answer.getInt();
        var privateArea = ByteString.copyFrom(sized(answer));
        return new Made(ByteString.copyFrom(sized(answer)), privateArea);
    }

    /** TPM2_Load; the object's handle until {@link #flush}. */
    int load(Key parent, ByteString privateArea, ByteString publicArea) throws IOException {
        return run(
                        "Load",
                        CC_LOAD,
                        new int[] {parent.handle()},
                        List.of(PASSWORD),
                        new Out().sized(privateArea.toByteArray()).sized(publicArea.toByteArray()))
                .getInt();
    }

    /** TPM2_Unseal with a session in which PolicyPCR was said of these registers of the SHA-256 bank. */
    byte[] unseal(int item, List<Integer> registers) throws IOException {
        int session = policySession();
        try {
            var _ = run(
                    "PolicyPCR",
                    CC_POLICY_PCR,
                    new int[] {session},
                    List.of(),
                    new Out().u16(0).put(selection(registers).bytes()));
            var answer = run("Unseal", CC_UNSEAL, new int[] {item}, List.of(session), new Out());
            answer.getInt();
            return sized(answer);
        } finally {
            flush(session);
        }
    }

    /** Gives a key's or a session's place back. */
    public void flush(int handle) throws IOException {
        var _ = run("FlushContext", CC_FLUSH_CONTEXT, new int[0], List.of(), new Out().u32(handle));
    }

    /**
     * Gives the places of all keys and sessions back, whoever made them: for a TPM without a resource manager, which has three places for
     * keys and keeps them for whoever was killed.
     */
    void flushAll() throws IOException {
        for (int first : new int[] {FIRST_SESSION, FIRST_OBJECT}) {
            var answer = run(
                    "GetCapability",
                    CC_GET_CAPABILITY,
                    new int[0],
                    List.of(),
                    new Out().u32(CAPABILITY_HANDLES).u32(first).u32(HANDLES_MAX));
            answer.get();
            answer.getInt();
            int count = answer.getInt();
            for (int i = 0; i < count; i++) {
                flush(answer.getInt());
            }
        }
    }

    /**
     * TPM2_ActivateCredential.
     *
     * @param blob TPM2B_ID_OBJECT
     * @param secret TPM2B_ENCRYPTED_SECRET
     */
    public byte[] activate(Key attestation, Key endorsement, byte[] blob, byte[] secret) throws IOException {
        int session = policySession();
        try {
            var _ = run(
                    "PolicySecret",
                    CC_POLICY_SECRET,
                    new int[] {ENDORSEMENT, session},
                    List.of(PASSWORD),
                    new Out().u16(0).u16(0).u16(0).u32(0));
            var answer = run(
                    "ActivateCredential",
                    CC_ACTIVATE_CREDENTIAL,
                    new int[] {attestation.handle(), endorsement.handle()},
                    List.of(PASSWORD, session),
                    new Out().put(blob).put(secret));
            answer.getInt();
            return sized(answer);
        } finally {
            flush(session);
        }
    }

    private int policySession() throws IOException {
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        return run(
                        "StartAuthSession",
                        CC_START_AUTH_SESSION,
                        new int[] {HANDLE_NULL, HANDLE_NULL},
                        List.of(),
                        new Out().sized(nonce).u16(0).u8(POLICY).u16(NULL).u16(SHA256))
                .getInt();
    }

    /** TPM2_PCR_Extend of the SHA-256 bank. */
    public void extend(int register, byte[] sha256) throws IOException {
        var _ = run(
                "PCR_Extend",
                CC_PCR_EXTEND,
                new int[] {register},
                List.of(PASSWORD),
                new Out().u32(1).u16(SHA256).put(sha256));
    }

    /** Registers of the SHA-256 bank, in the order asked for; at most 8. */
    public List<byte[]> read(List<Integer> registers) throws IOException {
        if (registers.isEmpty() || registers.size() > READ_MAX) {
            throw new IllegalArgumentException("registers: expected 1 to " + READ_MAX + ", found " + registers.size());
        }
        List<byte[]> values = new ArrayList<>();
        for (int register : registers) {
            var answer = run("PCR_Read", CC_PCR_READ, new int[0], List.of(), selection(List.of(register)));
            answer.getInt();
            int selections = answer.getInt();
            for (int i = 0; i < selections; i++) {
                answer.getShort();
                answer.position(answer.position() + 1 + (answer.get(answer.position()) & 0xff));
            }
            if (answer.getInt() != 1) {
                throw new IOException("TPM has no register " + register + " in its SHA-256 bank");
            }
            values.add(sized(answer));
        }
        return values;
    }

    /** TPM2_Quote over registers of the SHA-256 bank. */
    public Quote quote(Key attestation, byte[] challenge, List<Integer> registers) throws IOException {
        var answer = run(
                "Quote",
                CC_QUOTE,
                new int[] {attestation.handle()},
                List.of(PASSWORD),
                new Out().sized(challenge).u16(NULL).put(selection(registers).bytes()));
        int parameters = answer.getInt();
        int end = answer.position() + parameters;
        var message = sized(answer);
        var signature = new byte[end - answer.position()];
        answer.get(signature);
        return new Quote(ByteString.copyFrom(message), ByteString.copyFrom(signature));
    }

    /** TPML_PCR_SELECTION. */
    static Out selection(List<Integer> registers) {
        var bits = new byte[3];
        registers.forEach(register -> bits[register / 8] |= (byte) (1 << (register % 8)));
        return new Out().u32(1).u16(SHA256).u8(bits.length).put(bits);
    }

    /** What follows the response's header: handles, and with sessions the parameters' length. */
    private ByteBuffer run(String name, int code, int[] handles, List<Integer> sessions, Out parameters)
            throws IOException {
        var body = new Out();
        for (int handle : handles) {
            body.u32(handle);
        }
        if (!sessions.isEmpty()) {
            var authorizations = new Out();
            for (int session : sessions) {
                authorizations
                        .u32(session)
                        .u16(0)
                        .u8(session == PASSWORD ? 0 : CONTINUE_SESSION)
                        .u16(0);
            }
            body.u32(authorizations.bytes().length).put(authorizations.bytes());
        }
        body.put(parameters.bytes());
        var bytes = body.bytes();
        var command = new Out()
                .u16(sessions.isEmpty() ? NO_SESSIONS : SESSIONS)
                .u32(HEADER_BYTES + bytes.length)
                .u32(code)
                .put(bytes)
                .bytes();
        for (int attempt = 1; ; attempt++) {
            send(command);
            try {
                return receive(name);
            } catch (TpmException e) {
                if (!AGAIN.contains(e.code()) || attempt == ATTEMPTS_MAX) {
                    throw e;
                }
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private void send(byte[] command) throws IOException {
        var buffer = ByteBuffer.wrap(command);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private ByteBuffer receive(String name) throws IOException {
        var buffer = ByteBuffer.allocate(ANSWER_BYTES_MAX);
        int size = HEADER_BYTES;
        while (buffer.position() < size) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the TPM has gone in the middle of its answer to " + name);
            }
            if (buffer.position() >= HEADER_BYTES) {
                size = buffer.getInt(2);
                if (size < HEADER_BYTES || size > ANSWER_BYTES_MAX) {
                    throw new IOException("TPM's answer to " + name + ": expected " + HEADER_BYTES + " to "
                            + ANSWER_BYTES_MAX + " bytes, found " + size);
                }
            }
        }
        int code = buffer.getInt(6);
        if (code != 0) {
            throw new TpmException(name, code);
        }
        return buffer.flip().position(HEADER_BYTES);
    }

    private static byte[] sized(ByteBuffer from) {
        var bytes = new byte[from.getShort() & 0xffff];
        from.get(bytes);
        return bytes;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Big-endian, as all of a TPM's structures. */
    static final class Out {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Out u8(int value) {
            out.write(value);
            return this;
        }

        Out u16(int value) {
            return u8(value >>> 8).u8(value);
        }

        Out u32(int value) {
            return u16(value >>> 16).u16(value);
        }

        Out put(byte[] bytes) {
            out.writeBytes(bytes);
            return this;
        }

        Out sized(byte[] bytes) {
            return u16(bytes.length).put(bytes);
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }
}

package dev.plinth.rpc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** What {@link Accounts} does in tests: mostly gives back what it got. */
class AccountsProvider implements Accounts {
    final BlockingQueue<String> notices = new LinkedBlockingQueue<>();

    /** The server's side has it, a client does not: local to this class, and of no interface's signature. */
    static final class Undeclared extends RuntimeException {
        Undeclared(String message) {
            super(message);
        }
    }

    @Override
    public long balance(String id) throws NoSuchAccount {
        if (id.isEmpty()) {
            throw new NoSuchAccount(id, "there is no account without a name");
        }
        return id.length();
    }

    @Override
    public int add(int a, int b) {
        return a + b;
    }

    @Override
    public Account open(Account account) {
        return account;
    }

    @Override
    public Values echo(Values values) {
        return values;
    }

    @Override
    public Bean echo(Bean bean) {
        return bean;
    }

    @Override
    public @Nullable String echo(@Nullable String text) {
        return text;
    }

    @Override
    public byte[] echo(byte[] bytes) {
        return bytes;
    }

    @Override
    public Object echoAny(Object any) {
        return any;
    }

    @Override
    public Map<String, List<Money>> group(List<Money> all) {
        Map<String, List<Money>> groups = new HashMap<>();
        for (Money each : all) {
            groups.computeIfAbsent(each.currency(), it -> new ArrayList<>()).add(each);
        }
        return groups;
    }

    @Override
    public CompletableFuture<String> later(String text) {
        return CompletableFuture.supplyAsync(() -> "later " + text);
    }

    @Override
    public void fail(String how) throws IOException {
        switch (how) {
            case "declared" -> throw new IOException("as declared");
            case "unchecked" -> throw new UncheckedIOException("of the JDK", new IOException("its cause"));
            case "undeclared" -> throw new Undeclared("nobody knows me");
            case "error" -> throw new AssertionError("an error");
            default -> throw new IllegalArgumentException(how);
        }
    }

    @Override
    public void notice(String text) {
        notices.add(text);
    }

    @Override
    public String remember(String text) {
        return text;
    }

    @Override
    public String forUser(long user) {
        return CallContext.current().flatMap(CallContext::user).orElse("nobody");
    }

    @Override
    public String context() {
        CallContext call = CallContext.current().orElseThrow();
        call.respond("answered-by", "provider");
        return call.service() + " " + call.method() + " " + new TreeMap<>(call.properties()).headMap("plinth");
    }
}

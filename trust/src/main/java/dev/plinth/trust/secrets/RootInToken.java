package dev.plinth.trust.secrets;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Root keys in a token of PKCS #11, which they never leave: LABEL-1, LABEL-2, one after another. */
final class RootInToken implements RootPlace {
    private final RootKeeper.InToken keeper;
    private @Nullable Token token;

    RootInToken(RootKeeper.InToken keeper) {
        this.keeper = keeper;
    }

    private Token token() throws IOException {
        var there = token;
        if (there == null) {
            there = Token.open(keeper.library(), keeper.slot(), keeper.pin());
            token = there;
        }
        return there;
    }

    private String label(long number) {
        return keeper.label() + "-" + number;
    }

    private Optional<RootKey> find(long number) throws IOException {
        var from = token();
        return from.find(label(number)).map(key -> new RootKey.InToken(key, from.provider()));
    }

    @Override
    public List<Found> find(Root root) throws IOException {
        return List.of(new Found(
                find(root.number())
                        .orElseThrow(() -> new IOException(
                                token + ": expected a key with label " + label(root.number()) + ", found none")),
                false));
    }

    @Override
    public Optional<RootKey> findNext(Root next) throws IOException {
        return find(next.number());
    }

    @Override
    public boolean hasNext() {
        return false;
    }

    @Override
    public void promote() {}

    @Override
    public RootKey make(long number, boolean alone) throws IOException {
        var there = find(number);
        if (there.isPresent()) {
            return there.get();
        }
        if (!alone && number == Root.FIRST) {
            // Two servers that make one at the same time on one token would make two.
            throw new IOException(token() + ": expected an AES key of 256 bits with label " + label(number)
                    + " that all servers of the cluster see, found none");
        }
        return new RootKey.InToken(token().make(label(number)), token().provider());
    }
}

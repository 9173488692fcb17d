package dev.plinth.trust.secrets;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.trust.attester.TpmSealer;
import dev.plinth.trust.control.OwnerOnlyFile;
import dev.plinth.trust.secrets.stored.v1.StoredTpmRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A root key that this machine's TPM gives back for as long as the machine measures the same. */
final class RootInTpm implements RootPlace {
    /*
     * The key is split among operators as well, and it is they who bring it to each TPM: to that of the machine where it was made, to those
     * of other servers, and again to this one when what it measures was changed on purpose. So a TPM that breaks, or an update of the
     * firmware, costs nothing but their shares. What the TPM encrypted lies in a file: it is good for
     * nothing without this TPM, and each machine has its own.
     */
    private final RootKeeper.InTpm keeper;

    RootInTpm(RootKeeper.InTpm keeper) {
        this.keeper = keeper;
    }

    private Path file() {
        return keeper.file();
    }

    private Path next() {
        return RootFile.next(keeper.file());
    }

    @Override
    public List<Found> find(Root root) throws IOException {
        List<Found> found = new ArrayList<>();
        for (boolean isNext : new boolean[] {true, false}) {
            var file = isNext ? next() : file();
            if (Files.exists(file)) {
                var sealed = read(file);
                if (sealed.getRoot() == root.number()) {
                    found.add(new Found(unseal(sealed), isNext));
                }
            }
        }
        if (found.isEmpty()) {
            throw new IOException(file() + ": expected root key " + root.number() + " as " + keeper.device()
                    + " has sealed it, found none; plinth secrets unseal has it sealed");
        }
        return found;
    }

    @Override
    public Optional<RootKey> findNext(Root root) throws IOException {
        if (!hasNext()) {
            return Optional.empty();
        }
        var sealed = read(next());
        return sealed.getRoot() == root.number() ? Optional.of(unseal(sealed)) : Optional.empty();
    }

    @Override
    public boolean hasNext() {
        return Files.exists(next());
    }

    @Override
    public void promote() throws IOException {
        OwnerOnlyFile.replace(next(), file());
    }

    @Override
    public RootKey make(long number, boolean alone) throws IOException {
        throw new IOException(
                "a root key that a TPM keeps is made with shares, for the day when the TPM does not give it"
                        + " back: plinth secrets init");
    }

    @Override
    public void keep(Root root, RootKey.InMemory key, boolean asNext) throws IOException {
        StoredTpmRoot stored;
        try (var tpm = keeper.device().open()) {
            var sealed = TpmSealer.seal(tpm, key.bytes(), keeper.registers());
            var message = StoredTpmRoot.newBuilder()
                    .setRoot(root.number())
                    .setPublicArea(sealed.publicArea())
                    .setPrivateArea(sealed.privateArea());
            sealed.registers()
                    .forEach(register -> message.addRegisters(StoredTpmRoot.Register.newBuilder()
                            .setIndex(register.index())
                            .setValue(register.value())));
            stored = message.build();
        } catch (IOException e) {
            throw new IOException(keeper.device() + ": " + e.getMessage(), e);
        }
        var target = asNext ? next() : file();
        var unnamed = target.resolveSibling(target.getFileName() + ".sealed");
        Files.deleteIfExists(unnamed);
        OwnerOnlyFile.make(unnamed, stored.toByteArray());
        OwnerOnlyFile.replace(unnamed, target);
    }

    private static StoredTpmRoot read(Path file) throws IOException {
        try {
            return StoredTpmRoot.parseFrom(OwnerOnlyFile.read(file)
                    .orElseThrow(() -> new IOException(file + ": somebody has taken it away again")));
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(file + ": expected what a TPM sealed, found something else: " + e.getMessage(), e);
        }
    }

    private RootKey unseal(StoredTpmRoot stored) throws IOException {
        var sealed = new TpmSealer.Sealed(
                stored.getRegistersList().stream()
                        .map(register -> new TpmSealer.Register(register.getIndex(), register.getValue()))
                        .toList(),
                stored.getPublicArea(),
                stored.getPrivateArea());
        try (var tpm = keeper.device().open()) {
            return new RootKey.InMemory(TpmSealer.unseal(tpm, sealed));
        } catch (IOException e) {
            throw new IOException(
                    keeper.device() + " does not give root key " + stored.getRoot() + " back: " + e.getMessage(), e);
        }
    }
}

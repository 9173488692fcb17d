package dev.plinth.trust.control;

import dev.plinth.trust.stored.v1.StoredAuthority;
import dev.plinth.trust.stored.v1.StoredEndRoot;
import dev.plinth.trust.stored.v1.StoredHoldRoot;
import dev.plinth.trust.stored.v1.StoredNextRoot;
import dev.plinth.trust.stored.v1.StoredReseal;
import dev.plinth.trust.stored.v1.StoredRootCommand;
import dev.plinth.trust.stored.v1.StoredRoots;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** How the trust domain's root keys look on disk: {@code stored.proto}. */
final class DomainRootCodecs {
    private DomainRootCodecs() {}

    static StoredRootCommand toStored(TrustCommand.OfRoots command) {
        var stored = StoredRootCommand.newBuilder();
        switch (command) {
            case TrustCommand.BeginRoot begin ->
                stored.setBegin(StoredNextRoot.newBuilder()
                        .setNumber(begin.number())
                        .setCheck(begin.check())
                        .addAllServers(new TreeSet<>(begin.servers())));
            case TrustCommand.HoldRoot hold ->
                stored.setHold(
                        StoredHoldRoot.newBuilder().setNumber(hold.number()).setServer(hold.server()));
            case TrustCommand.Resealed result ->
                stored.setResealed(
                        StoredReseal.newBuilder().setEffect(result.effect()).addAllKeys(toStored(result.keys())));
            case TrustCommand.EndRoot end ->
                stored.setEnd(StoredEndRoot.newBuilder().setFinish(end.finish()));
        }
        return stored.build();
    }

    static TrustCommand.OfRoots fromStored(StoredRootCommand stored) {
        return switch (stored.getCommandCase()) {
            case BEGIN ->
                new TrustCommand.BeginRoot(
                        stored.getBegin().getNumber(),
                        stored.getBegin().getCheck(),
                        Set.copyOf(stored.getBegin().getServersList()));
            case HOLD ->
                new TrustCommand.HoldRoot(
                        stored.getHold().getNumber(), stored.getHold().getServer());
            case RESEALED ->
                new TrustCommand.Resealed(
                        stored.getResealed().getEffect(),
                        fromStored(stored.getResealed().getKeysList()));
            case END -> new TrustCommand.EndRoot(stored.getEnd().getFinish());
            case COMMAND_NOT_SET ->
                throw new IllegalArgumentException("a stored command of a kind that this release does not know");
        };
    }

    static StoredReseal toStored(Reseal reseal) {
        return StoredReseal.newBuilder()
                .setTo(reseal.to())
                .addAllKeys(toStored(reseal.keys()))
                .build();
    }

    static Reseal fromStored(StoredReseal stored) {
        return new Reseal(stored.getTo(), fromStored(stored.getKeysList()));
    }

    private static List<StoredAuthority> toStored(List<Authority.Keys> keys) {
        return keys.stream().map(one -> TrustCodecs.toStored(one).build()).toList();
    }

    private static List<Authority.Keys> fromStored(List<StoredAuthority> stored) {
        return stored.stream().map(TrustCodecs::keys).toList();
    }

    static StoredRoots toStored(DomainRoots roots) {
        var stored = StoredRoots.newBuilder()
                .setNumber(roots.number())
                .setCheck(roots.check())
                .setLast(roots.last());
        roots.next()
                .ifPresent(next -> stored.setNext(StoredNextRoot.newBuilder()
                        .setNumber(next.number())
                        .setCheck(next.check())
                        .addAllServers(next.servers())
                        .addAllHolders(next.holders())
                        .setEffect(next.effect())));
        return stored.build();
    }

    static DomainRoots fromStored(StoredRoots stored) {
        return new DomainRoots(
                stored.getNumber(),
                stored.getCheck(),
                stored.hasNext() ? Optional.of(next(stored.getNext())) : Optional.empty(),
                stored.getLast());
    }

    private static DomainRoots.Next next(StoredNextRoot stored) {
        return new DomainRoots.Next(
                stored.getNumber(),
                stored.getCheck(),
                new TreeSet<>(stored.getServersList()),
                new TreeSet<>(stored.getHoldersList()),
                stored.getEffect());
    }
}

package dev.plinth.trust;

import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.security.auth.x500.X500Principal;

/** What is known of vendors' collateral: filled by its owner, asked by verifiers, never fetched. Safe for many threads. */
public final class CollateralStore {
    /*
     * Nothing that is put here is trusted for being here: signatures and validity are checked with each appraisal. The only rule at
     * the door is that an older document does not take the place of a newer one, for that is how one would bring back a TCB level that has
     * been revoked since. Vouched keys are the exception: they are the owner's own word.
     */
    public static final int ENTRIES_MAX = 100_000;

    private final Map<String, Endorsement.IntelTcbInfo> tcbInfos = new ConcurrentHashMap<>();
    private final Map<String, Endorsement.IntelQeIdentity> qeIdentities = new ConcurrentHashMap<>();
    private final Map<X500Principal, X509CRL> crls = new ConcurrentHashMap<>();
    private final Map<X500Principal, List<Endorsement.Authority>> authorities = new ConcurrentHashMap<>();
    private final Map<String, Endorsement.VouchedKey> vouched = new ConcurrentHashMap<>();
    private final Map<String, Endorsement.PlatformKey> platformKeys = new ConcurrentHashMap<>();
    private final Map<String, Endorsement.HygonAuthorities> hygon = new ConcurrentHashMap<>();
    private final Map<String, Endorsement.AmdChip> amdChips = new ConcurrentHashMap<>();
    private final Map<String, Endorsement.AmdMinimumTcb> amdMinima = new ConcurrentHashMap<>();
    private final AtomicInteger size = new AtomicInteger();

    /** Takes an endorsement on; says whether it is now what appraisals use, which an older one than the present one is not. */
    public boolean put(Endorsement endorsement) {
        return switch (endorsement) {
            case Endorsement.IntelTcbInfo tcb ->
                newest(
                        tcbInfos,
                        tcb.info().key(),
                        tcb,
                        (old, now) ->
                                !now.info().issueDate().isBefore(old.info().issueDate()));
            case Endorsement.IntelQeIdentity qe ->
                newest(
                        qeIdentities,
                        qe.identity().id(),
                        qe,
                        (old, now) -> !now.identity()
                                .issueDate()
                                .isBefore(old.identity().issueDate()));
            case Endorsement.RevocationList list ->
                newest(
                        crls,
                        list.crl().getIssuerX500Principal(),
                        list.crl(),
                        (old, now) -> !now.getThisUpdate()
                                .toInstant()
                                .isBefore(old.getThisUpdate().toInstant()));
            case Endorsement.Authority authority -> putAuthority(authority);
            case Endorsement.AmdChip chip -> newest(amdChips, chipKey(chip.certificate()), chip, (old, now) -> true);
            case Endorsement.AmdMinimumTcb minimum -> newest(amdMinima, minimum.product(), minimum, (old, now) -> true);
            case Endorsement.VouchedKey key ->
                newest(vouched, key.vendor() + " " + key.fingerprint(), key, (old, now) -> true);
            case Endorsement.PlatformKey key ->
                newest(platformKeys, key.vendor() + " " + key.id(), key, (old, now) -> true);
            case Endorsement.HygonAuthorities chain -> newest(hygon, chain.chipId(), chain, (old, now) -> true);
        };
    }

    public CollateralStore putAll(Iterable<? extends Endorsement> endorsements) {
        endorsements.forEach(this::put);
        return this;
    }

    private interface Newer<V> {
        boolean replaces(V old, V now);
    }

    private <K, V> boolean newest(Map<K, V> map, K key, V value, Newer<V> newer) {
        var taken = new AtomicBoolean();
        map.compute(key, (same, old) -> {
            if (old == null) {
                count();
            }
            taken.set(old == null || newer.replaces(old, value));
            return taken.get() ? value : old;
        });
        return taken.get();
    }

    private boolean putAuthority(Endorsement.Authority authority) {
        authorities.compute(authority.certificate().getSubjectX500Principal(), (same, old) -> {
            if (old != null && old.contains(authority)) {
                return old;
            }
            count();
            var all = new ArrayList<>(old == null ? List.<Endorsement.Authority>of() : old);
            all.add(authority);
            return List.copyOf(all);
        });
        return true;
    }

    private void count() {
        if (size.incrementAndGet() > ENTRIES_MAX) {
            size.decrementAndGet();
            throw new IllegalStateException(
                    "OVERLOADED: the collateral store holds at most " + ENTRIES_MAX + " entries");
        }
    }

    Optional<Endorsement.IntelTcbInfo> tcbInfo(String tee, String fmspc) {
        return Optional.ofNullable(tcbInfos.get(TcbInfo.key(tee, fmspc)));
    }

    Optional<Endorsement.IntelQeIdentity> qeIdentity(String id) {
        return Optional.ofNullable(qeIdentities.get(id));
    }

    Optional<X509CRL> crl(X500Principal issuer) {
        return Optional.ofNullable(crls.get(issuer));
    }

    /** A certificate that may have issued {@code certificate}: named as its issuer, and its key verifies it. */
    Optional<X509Certificate> authority(Vendor vendor, X509Certificate certificate) {
        var named = authorities.getOrDefault(certificate.getIssuerX500Principal(), List.of()).stream()
                .filter(authority -> authority.vendor() == vendor)
                .map(Endorsement.Authority::certificate)
                .toList();
        if (named.size() <= 1) {
            return named.stream().findFirst();
        }
        return named.stream()
                .filter(candidate -> issued(candidate, certificate))
                .findFirst();
    }

    private static boolean issued(X509Certificate issuer, X509Certificate certificate) {
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (java.security.GeneralSecurityException e) {
            return false;
        }
    }

    /** The certificate of a chip's key, by the chip's id and the TCB as they stand in reports. */
    Optional<X509Certificate> amdChip(String chipId, String tcb) {
        return Optional.ofNullable(amdChips.get(chipId + " " + tcb)).map(Endorsement.AmdChip::certificate);
    }

    Optional<Endorsement.AmdMinimumTcb> amdMinimum(String product) {
        return Optional.ofNullable(amdMinima.get(product));
    }

    private static String chipKey(X509Certificate certificate) {
        var extensions = new AmdExtensions(certificate);
        var turin = extensions.productName().startsWith("Turin");
        var id = extensions.hardwareId().map(Bytes::hex).orElse("");
        var tcb = extensions.tcb(turin ? SnpReport.Product.TURIN : SnpReport.Product.MILAN);
        return id + "0".repeat(Math.max(0, 128 - id.length())) + " " + tcb.hex();
    }

    Optional<Endorsement.VouchedKey> vouched(Vendor vendor, PublicKey key) {
        return Optional.ofNullable(vouched.get(vendor + " " + Endorsement.VouchedKey.fingerprint(key)));
    }

    Optional<Endorsement.VouchedKey> vouched(Vendor vendor, String fingerprint) {
        return Optional.ofNullable(vouched.get(vendor + " " + fingerprint));
    }

    Optional<Endorsement.PlatformKey> platformKey(Vendor vendor, String id) {
        return Optional.ofNullable(platformKeys.get(vendor + " " + id));
    }

    Optional<Endorsement.HygonAuthorities> hygonAuthorities(String chipId) {
        return Optional.ofNullable(hygon.get(chipId));
    }
}

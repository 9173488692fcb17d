package dev.plinth.trust.control;

import dev.plinth.trust.Endorsement;
import dev.plinth.trust.IntelCollateral;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Vendor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Vendors' collateral in a folder, put there by hand or by a job: nothing is fetched. */
public final class CollateralFolder {
    /*
     * Three kinds of files, told by their names:
     *
     *   anything.json       Intel's, as quote libraries bundle it: see IntelCollateral.bundle
     *   vendor-anything.pem certificates of a vendor's authorities, as vendors publish them: amd-milan.pem, tpm-maker.pem
     *   anything.crl        a revocation list, DER
     *
     * What is signed is verified with each appraisal, so whoever writes to the folder can at most keep something away.
     */
    private static final int FILES_MAX = 10_000;
    private static final long FILE_BYTES_MAX = 8L << 20;

    private CollateralFolder() {}

    /**
     * Reads all of it.
     *
     * @throws IOException if there is no such folder, or a file is none of these; it says which
     */
    public static List<Endorsement> read(Path folder) throws IOException {
        List<Path> files;
        try (var all = Files.list(folder)) {
            files = all.sorted().limit(FILES_MAX + 1L).toList();
        }
        if (files.size() > FILES_MAX) {
            throw new IOException(folder + ": expected at most " + FILES_MAX + " files");
        }
        List<Endorsement> read = new ArrayList<>();
        for (var file : files) {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new IOException(file + ": expected at most " + FILE_BYTES_MAX + " bytes");
            }
            try {
                read.addAll(read(file, file.getFileName().toString()));
            } catch (Malformed | IllegalArgumentException e) {
                throw new IOException(file + ": " + e.getMessage(), e);
            }
        }
        return read;
    }

    private static List<? extends Endorsement> read(Path file, String name) throws IOException {
        if (name.endsWith(".json")) {
            return IntelCollateral.bundle(Files.readAllBytes(file));
        }
        if (name.endsWith(".crl")) {
            return List.of(IntelCollateral.revocationList(Files.readAllBytes(file)));
        }
        if (name.endsWith(".pem") && name.contains("-")) {
            return Endorsement.Authority.readAll(
                    vendor(name.substring(0, name.indexOf('-'))), Files.readAllBytes(file));
        }
        throw new IllegalArgumentException("expected a name that ends with .json or .crl, or vendor-....pem");
    }

    private static Vendor vendor(String name) {
        return Arrays.stream(Vendor.values())
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected a vendor before the first -, one of "
                        + String.join(
                                ", ",
                                Arrays.stream(Vendor.values())
                                        .map(one -> one.name().toLowerCase(Locale.ROOT))
                                        .toList())));
    }
}

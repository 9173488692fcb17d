package dev.plinth.trust;

import dev.plinth.trust.Chains.Revocation;
import dev.plinth.trust.TrustVector.Aspect;
import java.security.cert.X509Certificate;
import java.util.ArrayList;

/** Verifies statements of no hardware at all, for development: signed like real ones, and never to be taken for them. */
final class SimulatedVerifier {
    /*
     * Its own kind of evidence, its own vendor with no anchor by default, and a finding that needs the waiver "simulated": three doors,
     * so that a mistake with one of them does not let a simulation pass for hardware.
     */
    /** What every result of no hardware claims of itself. */
    static final String CLAIM = "simulated";

    private final Chains chains;

    SimulatedVerifier(Chains chains) {
        this.chains = chains;
    }

    void verify(Checks checks, Bytes statement, Challenge challenge) {
        var message = CoseSign1.parse(statement);
        var payload = Cbor.parse(message.payload());
        var chain = new ArrayList<X509Certificate>();
        for (var certificate : payload.at("chain").list()) {
            if (chain.size() == Certificates.CERTIFICATES_MAX) {
                throw new Malformed(
                        certificate.where(), "at most " + Certificates.CERTIFICATES_MAX + " certificates", "more");
            }
            chain.add(chains.parse(certificate.bytes()));
        }
        if (chain.isEmpty()) {
            throw new Malformed(payload.at("chain").where(), "a certificate", "none");
        }
        chains.check(checks, "simulation.chain", Vendor.SIMULATION, "chain", chain, Revocation.NONE);
        checks.verified(
                message.verifies(chain.getFirst().getPublicKey()),
                "simulation.signature",
                "a signature of the simulation's key",
                message.payload().where());
        checks.unless(
                false,
                "simulated",
                "simulation.hardware",
                "hardware",
                "a simulation of none",
                message.payload().where());
        checks.challengeExactly(
                "simulation.challenge", challenge, payload.at("challenge").bytes());
        checks.claim(CLAIM, true);
        checks.claim("debug", true);
        checks.claim("measurement", payload.at("measurement").bytes());
        checks.rate(Aspect.HARDWARE, TrustVector.UNRECOGNIZED);
        checks.rate(Aspect.RUNTIME_OPAQUE, TrustVector.CONTRAINDICATED);
    }

    /** Trustee's sample, which nobody signs: its waiver is its own, so that a policy that lets a simulation in does not let this in. */
    static void verify(Checks checks, Evidence.Sample sample, Challenge challenge) {
        checks.unless(
                false,
                "sample",
                "sample.signature",
                "a signature of hardware",
                "none: anybody can write this",
                sample.reportData().where());
        checks.challenge("sample.challenge", challenge, sample.reportData());
        checks.claim(CLAIM, true);
        checks.claim("debug", true);
        checks.claim("sample.svn", sample.svn());
        checks.rate(Aspect.HARDWARE, TrustVector.UNRECOGNIZED);
        checks.rate(Aspect.RUNTIME_OPAQUE, TrustVector.CONTRAINDICATED);
    }
}

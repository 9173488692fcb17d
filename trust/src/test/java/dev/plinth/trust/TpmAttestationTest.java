package dev.plinth.trust;

import static dev.plinth.trust.control.door.attest.AttestationWorld.ID;
import static dev.plinth.trust.control.door.attest.AttestationWorld.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.plinth.trust.attester.IdentityRequest;
import dev.plinth.trust.control.Attestors;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.control.door.attest.AttestationWorld;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import dev.plinth.wire.trust.v1.CompleteEnrolmentRequest;
import dev.plinth.wire.trust.v1.EnrolTpmRequest;
import dev.plinth.wire.trust.v1.Proof;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Evidence at the door of attestation: a TPM and a simulation, both played by this test. A TPM's own program has its turn in the drill. */
@Timeout(60)
class TpmAttestationTest {
    @TempDir
    private Path folder;

    private AttestationWorld world;

    @BeforeEach
    void open() throws IOException {
        world = new AttestationWorld(folder);
        world.done(new TrustCommand.PutReference(
                "main", "good", "ann", List.of(new TpmWorld().registers.get(4).hex())));
        world.done(new TrustCommand.PutPolicy(
                "main",
                "measured",
                "ann",
                "evidence == 'tpm' && claims['tpm.sha256.4'] in references['good']",
                Set.of()));
        world.done(new TrustCommand.Bind("main", "payments", "ann", List.of("measured")));
        world.entry("payments", "evidence:main/payments");
    }

    @AfterEach
    void close() throws IOException {
        world.close();
    }

    private static String enrol(AttestationWorld world, KeyPair attestation) throws Exception {
        world.done(new TrustCommand.PutRoot(
                new Attestors.Root(Vendor.TPM, TrustAnchors.fingerprint(TpmEnrolmentTest.MAKER.certificate())), "ann"));
        var area = TpmEnrolmentTest.area(attestation, TpmEnrolmentTest.ATTRIBUTES);
        var offer = world.door().enrolTpm(request(area));
        var secret = TpmEnrolmentTest.activate(
                Bytes.of("blob", offer.getCredentialBlob().toByteArray()),
                Bytes.of("secret", offer.getEncryptedSecret().toByteArray()),
                TpmEnrolmentTest.ENDORSEMENT,
                area);
        return world.door()
                .completeEnrolment(CompleteEnrolmentRequest.newBuilder()
                        .setEnrolment(offer.getEnrolment())
                        .setSecret(ByteString.copyFrom(secret))
                        .build())
                .getSelector();
    }

    private static EnrolTpmRequest request(byte[] area) {
        var certificate = TpmEnrolmentTest.MAKER.leaf("CN=EK", TpmEnrolmentTest.ENDORSEMENT.getPublic(), Map.of());
        return EnrolTpmRequest.newBuilder()
                .addEndorsementCertificates(
                        ByteString.copyFrom(AmdWorld.der(certificate).copy()))
                .addEndorsementCertificates(ByteString.copyFrom(
                        AmdWorld.der(TpmEnrolmentTest.MAKER.certificate()).copy()))
                .setAttestationKey(ByteString.copyFrom(area))
                .build();
    }

    private static Proof quote(TpmWorld tpm, byte[] binding) {
        tpm.extraData = binding;
        var message = tpm.message();
        var quote = AttestationEvidence.TpmQuote.newBuilder()
                .setMessage(ByteString.copyFrom(message))
                .setSignature(ByteString.copyFrom(tpm.signature(message)))
                .setKey(ByteString.copyFrom(tpm.keys.getPublic().getEncoded()));
        tpm.registers.forEach((index, value) -> quote.addRegisters(AttestationEvidence.Register.newBuilder()
                .setBank("sha256")
                .setIndex(index)
                .setValue(ByteString.copyFrom(value.copy()))));
        return Proof.newBuilder()
                .setEvidence(AttestationEvidence.newBuilder().setTpm(quote))
                .build();
    }

    private String refused(TpmWorld tpm) {
        var request = IdentityRequest.begin(world.door());
        return refusal(Status.Code.PERMISSION_DENIED, () -> request.attest(ID, List.of(quote(tpm, request.binding()))));
    }

    @Test
    void an_enrolled_tpm_with_the_right_measurements_gets_an_identity_and_one_that_was_expelled_does_not()
            throws Exception {
        var tpm = new TpmWorld();
        assertThat(refused(tpm)).contains("tpm.key.vouched", "a certificate, or an owner who vouches");

        var selector = enrol(world, tpm.keys);
        assertThat(selector).startsWith("tpm:ek:");
        var request = IdentityRequest.begin(world.door());
        assertThat(request.attest(ID, List.of(quote(tpm, request.binding()))).getSpiffeId())
                .isEqualTo(ID);

        world.entry("machine", selector, "evidence:main/payments");
        var machine = IdentityRequest.begin(world.door());
        assertThat(machine.attest(ID, List.of(quote(tpm, machine.binding()))).getEntry())
                .isEqualTo("machine@1");

        world.done(new TrustCommand.Expel(selector.substring("tpm:ek:".length())));
        assertThat(refused(tpm)).contains("tpm.key.vouched");
    }

    @Test
    void a_measurement_that_nobody_called_good_is_refused_with_the_policy_that_refuses() throws Exception {
        var tpm = new TpmWorld();
        enrol(world, tpm.keys);
        tpm.registers.put(4, Bytes.of("pcr", AmdWorld.bytes(32, 9)));
        assertThat(refused(tpm)).contains("asks for evidence:main/payments too", "measured@1: the condition is false");
    }

    @Test
    void a_quote_for_another_challenge_or_another_key_is_refused() throws Exception {
        var tpm = new TpmWorld();
        enrol(world, tpm.keys);
        var one = IdentityRequest.begin(world.door());
        var other = IdentityRequest.begin(world.door());
        assertThat(refusal(Status.Code.PERMISSION_DENIED, () -> other.attest(ID, List.of(quote(tpm, one.binding())))))
                .contains("tpm.challenge");
        var changed = new TpmWorld();
        changed.signature = bytes -> {
            bytes[bytes.length - 1] ^= 1;
            return bytes;
        };
        assertThat(refused(changed)).contains("tpm.quote.signature");
    }

    @Test
    void without_a_policy_nothing_is_granted() throws Exception {
        var tpm = new TpmWorld();
        enrol(world, tpm.keys);
        world.entry("payments", "evidence:main/unknown");
        assertThat(refused(tpm)).contains("no policy guards unknown");
        world.entry("payments", "evidence:nobody/payments");
        assertThat(refused(tpm)).contains("there is no tenant nobody");
        world.done(new TrustCommand.Bind("main", "closed", "ann", List.of()));
        world.entry("payments", "evidence:main/closed");
        assertThat(refused(tpm)).contains("closed is closed to everybody");
    }

    @Test
    void an_enrolment_wants_a_maker_that_is_known_and_the_right_secret_at_the_first_answer() throws Exception {
        var area = TpmEnrolmentTest.area(TestAuthority.rsa(), TpmEnrolmentTest.ATTRIBUTES);
        assertThat(refusal(Status.Code.PERMISSION_DENIED, () -> world.door().enrolTpm(request(area))))
                .contains("this TPM is not enrolled", "tpm.endorsement.root");
        assertThat(refusal(
                        Status.Code.PERMISSION_DENIED,
                        () -> world.door().enrolTpm(EnrolTpmRequest.getDefaultInstance())))
                .contains("1 to 10 certificates");
        enrol(world, TestAuthority.rsa());
        var offer = world.door().enrolTpm(request(area));
        var wrong = CompleteEnrolmentRequest.newBuilder()
                .setEnrolment(offer.getEnrolment())
                .setSecret(ByteString.copyFrom(new byte[32]))
                .build();
        assertThat(refusal(Status.Code.PERMISSION_DENIED, () -> world.door().completeEnrolment(wrong)))
                .contains("expected the secret that TPM2_ActivateCredential gives out");
        assertThat(refusal(Status.Code.PERMISSION_DENIED, () -> world.door().completeEnrolment(wrong)))
                .contains("expected one that this server began");
    }

    @Test
    void a_simulation_is_given_nothing_unless_its_root_is_known_and_a_policy_names_it() {
        world.done(new TrustCommand.PutPolicy("main", "measured", "ann", "evidence == 'simulated'", Set.of()));
        assertThat(simulated()).contains("simulation.chain.root");
        world.done(new TrustCommand.PutRoot(
                new Attestors.Root(
                        Vendor.SIMULATION, TrustAnchors.fingerprint(ImitatedOthersTest.SIMULATION.certificate())),
                "ann"));
        assertThat(simulated()).contains("measured@2", "simulation.hardware");
        world.done(
                new TrustCommand.PutPolicy("main", "measured", "ann", "evidence == 'simulated'", Set.of("simulated")));
        var request = IdentityRequest.begin(world.door());
        assertThat(request.attest(ID, List.of(simulation(request.binding()))).getSpiffeId())
                .isEqualTo(ID);
    }

    private String simulated() {
        var request = IdentityRequest.begin(world.door());
        return refusal(Status.Code.PERMISSION_DENIED, () -> request.attest(ID, List.of(simulation(request.binding()))));
    }

    private static Proof simulation(byte[] binding) {
        var statement = ((Evidence.Simulated) ImitatedOthersTest.simulated(binding)).statement();
        return Proof.newBuilder()
                .setEvidence(AttestationEvidence.newBuilder().setSimulated(ByteString.copyFrom(statement.copy())))
                .build();
    }
}

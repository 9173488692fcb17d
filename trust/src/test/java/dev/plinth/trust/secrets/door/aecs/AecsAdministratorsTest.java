package dev.plinth.trust.secrets.door.aecs;

import static dev.plinth.trust.secrets.door.aecs.AecsWorld.DISK;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.DOMAIN;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.ENCLAVE;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.SERVICE;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.SIGNED;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.STRANGER;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.TOKEN;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.plinth.trust.secrets.ResourceName;
import dev.plinth.trust.secrets.SecretAlgorithm;
import dev.plinth.wire.aecs.CreateTaSecretRequest;
import dev.plinth.wire.aecs.DestroyTaSecretRequest;
import dev.plinth.wire.aecs.GetEnclaveSecretPublicRequest;
import dev.plinth.wire.aecs.GetRemoteSecretRequest;
import dev.plinth.wire.aecs.GetTaSecretRequest;
import dev.plinth.wire.aecs.SyncWithRemoteAecsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What administrators do over AECS's protocol. */
@Timeout(120)
class AecsAdministratorsTest {
    private static final String ATTRIBUTES = "{\"str_tee_platform\":\"SGX_DCAP\",\"hex_signer\":\"" + "22".repeat(32)
            + "\",\"hex_ta_measurement\":\"" + "11".repeat(32)
            + "\",\"hex_prod_id\":\"0\",\"str_min_isvsvn\":\"0\",\"bool_debug_disabled\":\"true\"}";

    @TempDir
    private Path folder;

    private AecsWorld world;

    @BeforeEach
    void open() throws IOException {
        world = AecsWorld.open(folder);
    }

    @AfterEach
    void close() throws IOException {
        world.close();
    }

    private String admin(AecsClient client, String function, String request) throws Exception {
        return AecsClient.text(client.admin(TOKEN).serviceAdminRemoteCall(client.call(function, SERVICE, request)));
    }

    private static String creation(String name, String type, String more) {
        return "{\"secret\":{\"spec\":{\"secretName\":\"" + name + "\",\"serviceName\":\"" + SERVICE + "\",\"type\":\""
                + type + "\"" + more + "}}}";
    }

    private static String policy(String attributes) {
        return ",\"policy\":{\"policy\":{\"main_attributes\":[" + attributes + "]}}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"SECRET_TYPE_RSA_KEY_PAIR", "SECRET_TYPE_SM2_KEY_PAIR", "SECRET_TYPE_AES256_KEY"})
    void the_administrator_creates_a_secret_with_aecs_policy_and_the_enclave_that_fits_gets_it_in_aecs_form(String type)
            throws Exception {
        var client = world.client(false);
        assertThat(admin(client, "CreateSecret", creation("made", type, policy(ATTRIBUTES))))
                .isEqualTo("{}");
        var given = client.secret(ENCLAVE, SERVICE, "made");
        switch (type) {
            case "SECRET_TYPE_AES256_KEY" -> assertThat(given).matches("[0-9A-F]{64}");
            case "SECRET_TYPE_RSA_KEY_PAIR" -> {
                var pair = AecsClient.JSON.readTree(given);
                assertThat(pair.path("publicKey").asText()).startsWith("-----BEGIN RSA PUBLIC KEY-----\n");
                var pem = PemText.read("key", pair.path("privateKey").asText(), 10_000);
                assertThat(pem.label()).isEqualTo("RSA PRIVATE KEY");
                var info = new PrivateKeyInfo(
                        new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                        RSAPrivateKey.getInstance(pem.content()));
                assertThat(KeyFactory.getInstance("RSA")
                                .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()))
                                .getAlgorithm())
                        .isEqualTo("RSA");
            }
            default -> {
                var pair = AecsClient.JSON.readTree(given);
                assertThat(pair.path("privateKey").asText()).startsWith("-----BEGIN PRIVATE KEY-----\n");
                assertThat(pair.path("publicKey").asText()).startsWith("-----BEGIN PUBLIC KEY-----\n");
            }
        }
        refused(
                Status.Code.PERMISSION_DENIED,
                "the condition is false",
                () -> client.secret(STRANGER, SERVICE, "made"));
        refused(
                Status.Code.ALREADY_EXISTS,
                "is there",
                () -> admin(client, "CreateSecret", creation("made", type, policy(ATTRIBUTES))));
    }

    @Test
    void what_is_imported_configured_and_certified_comes_back_as_aecs_has_it() throws Exception {
        var client = world.client(false);
        var imported = creation("imported", "SECRET_TYPE_IMPORT_DATA", policy(ATTRIBUTES));
        admin(
                client,
                "CreateSecret",
                imported.substring(0, imported.length() - 2) + ",\"data\":\"what is imported\"}}");
        assertThat(client.secret(ENCLAVE, SERVICE, "imported")).isEqualTo("what is imported");

        admin(
                client,
                "CreateSecret",
                creation(
                        "configured",
                        "SECRET_TYPE_CONFIGURATIONS",
                        policy(ATTRIBUTES) + ",\"params\":[{\"key\":\"url\",\"value\":\"jdbc:…\"}]"));
        assertThat(client.secret(ENCLAVE, SERVICE, "configured"))
                .isEqualTo("{\"items\":[{\"key\":\"url\",\"value\":\"jdbc:…\"}]}");

        admin(
                client,
                "CreateSecret",
                creation(
                        "certified",
                        "SECRET_TYPE_CERTIFICATE",
                        policy(ATTRIBUTES) + ",\"params\":[{\"key\":\"days\",\"value\":\"30\"}]"));
        var credentials = AecsClient.JSON.readTree(client.secret(ENCLAVE, SERVICE, "certified"));
        assertThat(credentials.path("privateKey").asText()).startsWith("-----BEGIN PRIVATE KEY-----\n");
        assertThat(credentials.path("certChain").asText()).startsWith("-----BEGIN CERTIFICATE-----\n");
        assertThat(credentials.path("rootCert").asText())
                .isEqualTo(credentials.path("certChain").asText());

        var pair = AecsClient.JSON
                .createObjectNode()
                .put(
                        "private_key",
                        AecsClient.pem("PRIVATE KEY", client.rsa.getPrivate().getEncoded()))
                .put("public_key", "");
        var taken = creation("taken", "SECRET_TYPE_RSA_KEY_PAIR", policy(ATTRIBUTES));
        admin(
                client,
                "CreateSecret",
                taken.substring(0, taken.length() - 2) + ",\"data\":\""
                        + Base64.getEncoder().encodeToString(AecsClient.JSON.writeValueAsBytes(pair)) + "\"}}");
        assertThat(AecsClient.JSON
                        .readTree(client.secret(ENCLAVE, SERVICE, "taken"))
                        .path("publicKey")
                        .asText())
                .isEqualTo(client.pem);
    }

    @Test
    void secrets_and_services_are_listed_and_what_was_destroyed_is_had_no_more() throws Exception {
        var client = world.client(false);
        world.guard(DISK, SIGNED);
        admin(client, "CreateSecret", creation("key", "SECRET_TYPE_AES256_KEY", ""));
        world.secrets()
                .generate(ResourceName.parse("other/secret/key"), SecretAlgorithm.EC_P256, true, "ann")
                .join();
        assertThat(admin(client, "ListSecret", "{}")).contains("\"disk\"", "\"key\"", "SECRET_TYPE_IMPORT_DATA");
        assertThat(admin(client, "ListSecret", "{\"secretName\":\"k\"}"))
                .contains("\"key\"")
                .doesNotContain("disk");
        assertThat(AecsClient.text(
                        client.admin(TOKEN).aecsAdminRemoteCall(client.call("ListEnclaveService", "", "{}"))))
                .isEqualTo("{\"services\":{\"names\":[\"other\",\"payments\"]}}");

        assertThat(admin(client, "DestroySecret", "{\"secretName\":\"disk\"}")).isEqualTo("{}");
        assertThat(admin(client, "ListSecret", "{}")).doesNotContain("disk");
        assertThatThrownBy(() -> client.secret(ENCLAVE, SERVICE, DISK)).isInstanceOf(StatusRuntimeException.class);
        refused(
                Status.Code.NOT_FOUND,
                "there is no secret",
                () -> admin(client, "DestroySecret", "{\"secretName\":\"disk\"}"));
        var again = creation(DISK, "SECRET_TYPE_IMPORT_DATA", policy(ATTRIBUTES));
        admin(client, "CreateSecret", again.substring(0, again.length() - 2) + ",\"data\":\"another\"}}");
        assertThat(client.secret(ENCLAVE, SERVICE, DISK)).isEqualTo("another");
    }

    @Test
    void nobody_administers_without_the_administrators_token_and_no_key_stands_in_for_it() throws Exception {
        var client = world.client(false);
        var call = client.call("ListSecret", SERVICE, "{}");
        refused(
                Status.Code.UNAUTHENTICATED,
                "the administrator's token",
                () -> client.stub.serviceAdminRemoteCall(call));
        refused(
                Status.Code.UNAUTHENTICATED,
                "the administrator's token",
                () -> client.admin("another").serviceAdminRemoteCall(call));
        refused(
                Status.Code.UNAUTHENTICATED,
                "the administrator's token",
                () -> client.stub.aecsAdminRemoteCall(client.call("ListEnclaveService", "", "{}")));
    }

    @Test
    void an_administrators_call_that_is_not_of_the_form_changes_nothing() throws Exception {
        var client = world.client(false);
        var admin = client.admin(TOKEN);
        var call = client.call("ListSecret", SERVICE, "{}");
        refused(
                Status.Code.INVALID_ARGUMENT,
                "changed since",
                () -> admin.serviceAdminRemoteCall(call.toBuilder()
                        .setReqEnc(call.getReqEnc().toBuilder()
                                .setAesCipher(call.getReqEnc().getAesCipher().toBuilder()
                                        .setAad(ByteString.copyFromUtf8("another"))))
                        .build()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "plain_hash",
                () -> admin.serviceAdminRemoteCall(call.toBuilder()
                        .setReqEnc(call.getReqEnc().toBuilder().setPlainHash(ByteString.EMPTY))
                        .build()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "to the key that GetAecsStatus",
                () -> admin.serviceAdminRemoteCall(call.toBuilder()
                        .setReqEnc(call.getReqEnc().toBuilder().setEncryptedKey(ByteString.copyFrom(new byte[256])))
                        .build()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "password",
                () -> admin.serviceAdminRemoteCall(client.call("ListSecret", SERVICE, "{}", "a password")));
        for (var wrong : List.of(
                creation("x", "SECRET_TYPE_NONE", ""),
                creation("x", "SECRET_TYPE_RSA_KEY_PAIR", ",\"params\":[{\"key\":\"bit_length\",\"value\":\"512\"}]"),
                creation("x", "SECRET_TYPE_AES256_KEY", ",\"params\":[{\"key\":\"days\",\"value\":\"1\"}]"),
                creation("x", "SECRET_TYPE_IMPORT_DATA", ""),
                creation("x/y", "SECRET_TYPE_AES256_KEY", ""),
                creation("x", "SECRET_TYPE_AES256_KEY", ",\"share\":\"public\""),
                creation("x", "SECRET_TYPE_AES256_KEY", ",\"unknown\":\"1\""),
                creation("x", "SECRET_TYPE_AES256_KEY", policy("{\"hex_signer\":\"22\"}")),
                creation(
                        "x",
                        "SECRET_TYPE_AES256_KEY",
                        policy("{\"str_tee_platform\":\"SGX_DCAP\",\"hex_signer\":\"22\"}")),
                creation(
                        "x",
                        "SECRET_TYPE_AES256_KEY",
                        policy("{\"str_tee_platform\":\"SGX_DCAP\",\"hex_nonce\":\"22\"}")),
                creation(
                        "x",
                        "SECRET_TYPE_AES256_KEY",
                        policy("{\"str_tee_platform\":\"TDX\",\"bool_debug_disabled\":\"0\"}")),
                creation("x", "SECRET_TYPE_AES256_KEY", ",\"policy\":{\"policy\":{\"nested_policies\":{}}}"))) {
            refused(Status.Code.INVALID_ARGUMENT, "expected", () -> {
                try {
                    admin(client, "CreateSecret", wrong);
                } catch (StatusRuntimeException e) {
                    throw e.getStatus().getDescription().contains("there is no 'SECRET_TYPE_NONE'")
                            ? Status.INVALID_ARGUMENT
                                    .withDescription("expected")
                                    .asRuntimeException()
                            : e;
                }
            });
        }
        assertThat(admin(client, "ListSecret", "{\"secretName\":\"x\"}")).isEqualTo("{\"secrets\":[]}");
    }

    @Test
    void a_policy_of_aecs_is_updated_and_asks_tdx_registers_as_aecs_writes_them() throws Exception {
        var client = world.client(false);
        admin(client, "CreateSecret", creation("moved", "SECRET_TYPE_AES256_KEY", policy(ATTRIBUTES)));
        var zeros = "00".repeat(48);
        var domain = "{\"str_tee_platform\":\"TDX\",\"hex_platform_measurement\":\"" + zeros + zeros + "33".repeat(48)
                + zeros + zeros + zeros + "\"}";
        var creation = creation("moved", "SECRET_TYPE_AES256_KEY", policy(domain));
        admin(client, "CreateSecret", creation.substring(0, creation.length() - 1) + ",\"isUpdate\":true}");
        refused(
                Status.Code.PERMISSION_DENIED,
                "the condition is false",
                () -> client.secret(ENCLAVE, SERVICE, "moved"));
        assertThat(client.secret(DOMAIN, SERVICE, "moved")).hasSize(64);
    }

    @Test
    void what_is_not_served_says_what_does_the_same() throws Exception {
        var client = world.client(false);
        var stub = client.stub;
        refused(
                Status.Code.UNIMPLEMENTED,
                "secrets.peers",
                () -> stub.getRemoteSecret(GetRemoteSecretRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "secrets.peers",
                () -> stub.syncWithRemoteAecs(SyncWithRemoteAecsRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "plinth secrets show",
                () -> stub.getEnclaveSecretPublic(GetEnclaveSecretPublicRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "CreateSecret",
                () -> stub.createTaSecret(CreateTaSecretRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "DestroySecret",
                () -> stub.destroyTaSecret(DestroyTaSecretRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "GetEnclaveSecret",
                () -> stub.getTaSecret(GetTaSecretRequest.getDefaultInstance()));
        for (var function : List.of(
                "RegisterEnclaveService", "UnregisterEnclaveService", "AecsProvision", "AecsBackupIdentity", "Other")) {
            refused(
                    Status.Code.UNIMPLEMENTED,
                    "",
                    () -> client.admin(TOKEN).aecsAdminRemoteCall(client.call(function, "", "{}")));
        }
    }
}

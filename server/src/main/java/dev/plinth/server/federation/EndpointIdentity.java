package dev.plinth.server.federation;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.control.Bundles;
import dev.plinth.trust.control.SpiffeId;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Believes a server that shows one identity, verified by one bundle. Names of hosts mean nothing here. */
final class EndpointIdentity extends X509ExtendedTrustManager {
    private static final int URI = 6;

    private final Bundles bundle;
    private final SpiffeId id;
    private final Clock clock;

    EndpointIdentity(Bundles bundle, SpiffeId id, Clock clock) {
        this.bundle = bundle;
        this.id = id;
        this.clock = clock;
    }

    @SuppressWarnings("JavaUtilDate") // The validator knows no other time.
    private void check(X509Certificate[] chain) throws CertificateException {
        var names = Optional.ofNullable(chain[0].getSubjectAlternativeNames()).orElse(List.of());
        var uris = names.stream()
                .filter(name -> Integer.valueOf(URI).equals(name.get(0)))
                .map(name -> String.valueOf(name.get(1)))
                .toList();
        if (!uris.equals(List.of(id.toString()))) {
            throw new CertificateException("expected a server with identity " + id + ", found " + uris);
        }
        try {
            Set<TrustAnchor> anchors = new HashSet<>();
            var certificates = CertificateFactory.getInstance("X.509");
            for (var der : bundle.certificates()) {
                anchors.add(new TrustAnchor((X509Certificate) certificates.generateCertificate(der.newInput()), null));
            }
            var parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(clock.wall()));
            CertPathValidator.getInstance("PKIX").validate(certificates.generateCertPath(List.of(chain)), parameters);
        } catch (CertificateException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new CertificateException(
                    "expected " + id + " as the bundle that is known verifies it, found another: " + e.getMessage(), e);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        check(chain);
    }

    private static CertificateException noClient() {
        return new CertificateException("this is for servers alone");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        throw noClient();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw noClient();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw noClient();
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}

package dev.plinth.acceptance.spiffe.app;

import io.spiffe.bundle.BundleSource;
import io.spiffe.bundle.x509bundle.X509Bundle;
import io.spiffe.exception.X509ContextException;
import io.spiffe.svid.jwtsvid.JwtSvid;
import io.spiffe.svid.x509svid.X509Svid;
import io.spiffe.svid.x509svid.X509SvidValidator;
import io.spiffe.workloadapi.DefaultWorkloadApiClient;
import io.spiffe.workloadapi.Watcher;
import io.spiffe.workloadapi.WorkloadApiClient;
import io.spiffe.workloadapi.X509Context;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.TreeSet;

/**
 * Does with the original client what it is told, a line each, and answers with a line: {@code = answer} or {@code ! error}. What it
 * is pushed, it says as {@code * subject content}.
 */
public final class SpiffeApplication {
    private final WorkloadApiClient client;

    private SpiffeApplication(String socket) throws Exception {
        client = DefaultWorkloadApiClient.newClient(DefaultWorkloadApiClient.ClientOptions.builder()
                .spiffeSocketPath(socket)
                .build());
    }

    public static void main(String[] arguments) throws Exception {
        SpiffeApplication application = new SpiffeApplication(arguments[0]);
        say("READY");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            String[] words = order.split(" ", -1);
            try {
                say("= " + application.run(words));
            } catch (Exception e) {
                say("! " + e + (e.getCause() == null ? "" : " because of " + e.getCause()));
            }
        }
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line.replace("\n", "\\n"));
        System.out.flush();
    }

    private String run(String[] words) throws Exception {
        switch (words[0]) {
            case "fetch" -> {
                return verified(client.fetchX509Context());
            }
            case "watch" -> {
                client.watchX509Context(new Watcher<>() {
                    @Override
                    public void onUpdate(X509Context update) {
                        try {
                            say("* x509 " + verified(update));
                        } catch (Exception e) {
                            say("* refused " + e);
                        }
                    }

                    @Override
                    public void onError(Throwable problem) {
                        say("* error " + problem);
                    }
                });
                return "watching";
            }
            case "bundles" -> { // the trust domains of both kinds
                Set<String> domains = new TreeSet<>();
                client.fetchX509Bundles()
                        .getBundles()
                        .forEach((domain, bundle) -> domains.add("x509:" + domain + ":"
                                + bundle.getX509Authorities().size()));
                client.fetchJwtBundles()
                        .getBundles()
                        .forEach((domain, bundle) -> domains.add("jwt:" + domain + ":"
                                + bundle.getJwtAuthorities().size()));
                return String.join(" ", domains);
            }
            case "token" -> { // audience
                JwtSvid svid = client.fetchJwtSvid(words[1]);
                // With its own code, against the bundle that it fetched: not by asking the server.
                JwtSvid.parseAndValidate(svid.getToken(), client.fetchJwtBundles(), Set.of(words[1]));
                return svid.getToken();
            }
            case "validate" -> { // token audience
                return client.validateJwtSvid(words[1], words[2]).getSpiffeId().toString();
            }
            default -> throw new IllegalArgumentException("no order " + words[0]);
        }
    }

    /** The default identity, checked with the client's own code, and who signed it. */
    private static String verified(X509Context context) throws Exception {
        X509Svid svid = context.getDefaultSvid();
        BundleSource<X509Bundle> bundles = context.getX509BundleSet();
        X509SvidValidator.verifyChain(svid.getChain(), bundles);
        X509Bundle own = bundles.getBundleForTrustDomain(svid.getSpiffeId().getTrustDomain());
        X509Certificate leaf = svid.getLeaf();
        X509Certificate signer = null;
        for (X509Certificate authority : own.getX509Authorities()) {
            try {
                leaf.verify(authority.getPublicKey());
                signer = authority;
            } catch (java.security.SignatureException e) {
                // Not this one: the next.
            }
        }
        if (signer == null) {
            throw new X509ContextException("none of the bundle's authorities has signed it");
        }
        return svid.getSpiffeId() + " serial=" + leaf.getSerialNumber().toString(16) + " signer="
                + signer.getSerialNumber().toString(16) + " authorities="
                + own.getX509Authorities().size() + " hint=" + svid.getHint();
    }
}

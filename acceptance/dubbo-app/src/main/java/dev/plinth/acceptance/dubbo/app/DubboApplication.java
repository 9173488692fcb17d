package dev.plinth.acceptance.dubbo.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.ReferenceConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;

/**
 * An ordinary provider or consumer on Dubbo's own API: {@code provider|consumer registry name port}. A consumer calls with what it is
 * told, a line each, and answers with a line: {@code = answer} or {@code ! error}.
 */
public final class DubboApplication {
    private DubboApplication() {}

    public static void main(String[] arguments) throws IOException {
        boolean provider = arguments[0].equals("provider");
        ApplicationConfig application = new ApplicationConfig(arguments[2]);
        application.setQosEnable(false);
        RegistryConfig registry = new RegistryConfig(arguments[1]);
        ProtocolConfig protocol = new ProtocolConfig("dubbo", Integer.parseInt(arguments[3]));
        protocol.setHost("127.0.0.1");
        DubboBootstrap bootstrap = DubboBootstrap.getInstance()
                .application(application)
                .registry(registry)
                .protocol(protocol);
        ReferenceConfig<Greeting> reference = new ReferenceConfig<>();
        if (provider) {
            ServiceConfig<Greeting> service = new ServiceConfig<>();
            service.setInterface(Greeting.class);
            service.setRef(name -> "hello " + name + ", says " + arguments[2]);
            bootstrap.service(service);
        } else {
            reference.setInterface(Greeting.class);
            reference.setCheck(false);
            reference.setTimeout(3_000);
            bootstrap.reference(reference);
        }
        bootstrap.start();
        say("READY");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            if (order.equals("quit")) {
                bootstrap.stop();
                say("= bye");
                break;
            }
            try {
                say("= " + reference.get().greet(order));
            } catch (RuntimeException e) {
                say("! " + e.getMessage());
            }
        }
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line.replace("\n", "\\n"));
        System.out.flush();
    }
}

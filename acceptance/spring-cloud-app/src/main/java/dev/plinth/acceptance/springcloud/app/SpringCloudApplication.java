package dev.plinth.acceptance.springcloud.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.cloud.context.config.annotation.RefreshScope;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * An ordinary Spring Cloud application, as a service that greets and as one that has it greet: {@code application nacos name}. Both
 * register, both take their configuration from Nacos. Told {@code call <person>}, it calls {@code http://greeter/} through the load
 * balancer; told {@code instances}, it says how many of those it knows. It answers with a line: {@code = answer} or {@code ! error}.
 */
@SpringBootApplication
public class SpringCloudApplication {
    public static void main(String[] arguments) throws IOException {
        ConfigurableApplicationContext context = new SpringApplicationBuilder(SpringCloudApplication.class)
                .properties(Map.of(
                        "spring.application.name", arguments[0],
                        "server.port", "0",
                        "server.address", "127.0.0.1",
                        "spring.main.banner-mode", "off",
                        "spring.cloud.nacos.server-addr", arguments[1],
                        "spring.cloud.nacos.discovery.ip", "127.0.0.1",
                        "spring.config.import", "optional:nacos:greeting.properties",
                        "name", arguments[2]))
                .run();
        say("READY");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            if (order.equals("quit")) {
                context.close();
                say("= bye");
                break;
            }
            say(answer(context, order));
        }
        System.exit(0);
    }

    private static String answer(ConfigurableApplicationContext context, String order) {
        if (order.equals("instances")) {
            return "= "
                    + context.getBean(DiscoveryClient.class)
                            .getInstances("greeter")
                            .size();
        }
        try {
            return "= "
                    + context.getBean(RestClient.Builder.class)
                            .build()
                            .get()
                            .uri("http://greeter/greet/{person}", order.substring("call ".length()))
                            .retrieve()
                            .body(String.class);
        } catch (RestClientException | IllegalStateException e) {
            return "! " + e.getMessage();
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line.replace("\n", "\\n"));
        System.out.flush();
    }

    @Bean
    @LoadBalanced
    RestClient.Builder restClient() {
        return RestClient.builder();
    }

    /** What it serves. */
    @RestController
    @RefreshScope
    static class Greeter {
        private final String word;
        private final String name;

        Greeter(@Value("${greeting.word:hello}") String word, @Value("${name}") String name) {
            this.word = word;
            this.name = name;
        }

        @GetMapping("/greet/{person}")
        String greet(@PathVariable("person") String person) {
            return word + " " + person + ", says " + name;
        }
    }
}

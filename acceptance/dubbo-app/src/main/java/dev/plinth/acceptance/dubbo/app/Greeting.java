package dev.plinth.acceptance.dubbo.app;

/** The service of the application. */
public interface Greeting {
    String greet(String name);
}

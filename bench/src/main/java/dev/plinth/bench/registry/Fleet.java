package dev.plinth.bench.registry;

import dev.plinth.wire.registry.EndpointDigest;
import dev.plinth.wire.registry.v1.Endpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Who serves what and who wants to know: endpoints with numbers, of which each publisher has a row, and each subscriber a row of
 * services.
 */
final class Fleet {
    private static final String PROTOCOL = "bolt";
    private static final int WEIGHT = 100;
    private static final Map<String, String> METADATA =
            Map.of("zone", "east-1", "version", "2.3.1", "preserved.register.source", "SPRING_CLOUD");
    private static final int PORT = 12_200;

    final int endpoints;
    final int services;
    final int publishers;
    final int subscribers;
    final int subscriptions;
    private final short[] weights;

    /** @param subscriptions of each subscriber */
    Fleet(int endpoints, int services, int publishers, int subscribers, int subscriptions) {
        this.endpoints = endpoints;
        this.services = services;
        this.publishers = publishers;
        this.subscribers = subscribers;
        this.subscriptions = subscriptions;
        this.weights = new short[endpoints];
        Arrays.fill(weights, (short) WEIGHT);
    }

    /** How many subscribers each service has. */
    int watching() {
        return (int) ((long) subscribers * subscriptions / services);
    }

    int each() {
        return endpoints / services;
    }

    static String service(int service) {
        return "com.example.payments.Service" + service;
    }

    private static String address(int endpoint) {
        return "10." + (endpoint >> 16) + "." + ((endpoint >> 8) & 0xff) + "." + (endpoint & 0xff) + ":" + PORT;
    }

    /** The number of the endpoint with this address. */
    static int number(String address) {
        int number = 0;
        int part = 0;
        for (int i = 3; address.charAt(i) != ':'; i++) {
            char c = address.charAt(i);
            if (c == '.') {
                number = (number << 8) + part;
                part = 0;
            } else {
                part = 10 * part + c - '0';
            }
        }
        return (number << 8) + part;
    }

    Endpoint endpoint(int number) {
        return Endpoint.newBuilder()
                .setService(service(number % services))
                .setProtocol(PROTOCOL)
                .setAddress(address(number))
                .setWeight(weights[number])
                .putAllMetadata(METADATA)
                .build();
    }

    void weigh(int number, int weight) {
        weights[number] = (short) weight;
    }

    /** The endpoints of a publisher. */
    List<Endpoint> of(int publisher) {
        int row = endpoints / publishers;
        return IntStream.range(publisher * row, (publisher + 1) * row)
                .mapToObj(this::endpoint)
                .toList();
    }

    int publisherOf(int number) {
        return number / (endpoints / publishers);
    }

    int subscribed(int subscriber, int place) {
        return (int) (((long) subscriber * subscriptions + place) % services);
    }

    /** What all of a service comes to now. */
    long digest(int service) {
        long sum = 0;
        for (int number = service; number < endpoints; number += services) {
            sum += EndpointDigest.of(service(service), PROTOCOL, address(number), weights[number], METADATA);
        }
        return sum;
    }
}

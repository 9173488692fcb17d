package dev.plinth.cli;

import dev.plinth.wire.registry.v1.ListEndpointsRequest;
import dev.plinth.wire.registry.v1.Registration;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import io.grpc.ManagedChannel;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code plinth services}: who serves what, and where. */
@Command(name = "services", description = "Lists services and their endpoints.", mixinStandardHelpOptions = true)
final class ServicesCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "SERVICE", description = "Only this service.")
    private String service = "";

    @Option(names = "--cell", paramLabel = "NAME", description = "Only the endpoints in this cell.")
    private String cell = "";

    @Mixin
    private Connection connection = new Connection();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        var registrations = connection.ask(this::registrations);
        if (registrations.isEmpty()) {
            out.println("Nobody serves " + (service.isEmpty() ? "anything" : service)
                    + (cell.isEmpty() ? "" : " in " + cell) + ".");
            return 0;
        }
        var table = new Table("SERVICE", "ENDPOINT", "CELL", "ZONE", "WEIGHT", "STATE");
        for (var registration : registrations) {
            var endpoint = registration.getEndpoint();
            table.row(
                    endpoint.getService(),
                    endpoint.getProtocol() + "://" + endpoint.getAddress(),
                    endpoint.getMetadataOrDefault("plinth.cell", "-"),
                    endpoint.getMetadataOrDefault("plinth.zone", "-"),
                    endpoint.hasWeight() ? Integer.toString(endpoint.getWeight()) : "100",
                    registration.getConnected() ? "serving" : "suspect");
        }
        table.print(out);
        return 0;
    }

    private List<Registration> registrations(ManagedChannel channel) {
        List<Registration> registrations = new ArrayList<>();
        var request = ListEndpointsRequest.newBuilder().setService(service).setCell(cell);
        do {
            var page = RegistryGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(Connection.ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
                    .listEndpoints(request.build());
            registrations.addAll(page.getRegistrationsList());
            request.setAfter(page.getNext());
        } while (!request.getAfter().isEmpty());
        return registrations;
    }
}

package dev.plinth.server.seata;

import dev.plinth.wire.transactions.v1.ListSeataDoorsRequest;
import dev.plinth.wire.transactions.v1.ListSeataDoorsResponse;
import dev.plinth.wire.transactions.v1.SeataDoorsGrpc;
import io.grpc.stub.StreamObserver;

/** Tells the cluster's other servers where this one has its door for Seata's clients, and what it knows of the others'. */
public final class SeataDoorsDoor extends SeataDoorsGrpc.SeataDoorsImplBase {
    private final ClusterSeataServers servers;

    public SeataDoorsDoor(ClusterSeataServers servers) {
        this.servers = servers;
    }

    @Override
    public void listSeataDoors(ListSeataDoorsRequest request, StreamObserver<ListSeataDoorsResponse> answer) {
        answer.onNext(
                ListSeataDoorsResponse.newBuilder().addAllDoors(servers.doors()).build());
        answer.onCompleted();
    }
}

package dev.plinth.acceptance.sofarpc.app;

import com.alipay.sofa.rpc.common.RpcConfigs;
import com.alipay.sofa.rpc.common.RpcOptions;
import com.alipay.sofa.rpc.config.ProviderConfig;
import com.alipay.sofa.rpc.config.ServerConfig;
import com.alipay.sofa.rpc.context.RpcInvokeContext;
import com.alipay.sofa.rpc.core.exception.SofaRpcException;
import com.alipay.sofa.rpc.core.request.SofaRequest;
import com.alipay.sofa.rpc.core.response.SofaResponse;
import com.alipay.sofa.rpc.filter.Filter;
import com.alipay.sofa.rpc.filter.FilterInvoker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;

/** Offers {@link Teller} by SOFARPC until its input ends; prints the port once it listens. */
public final class SofaServer {
    private static final ThreadLocal<SofaRequest> SERVED = new ThreadLocal<>();

    private SofaServer() {}

    public static void main(String[] args) throws IOException {
        RpcConfigs.putValue(RpcOptions.INVOKE_BAGGAGE_ENABLE, true);
        ServerConfig server = new ServerConfig()
                .setProtocol("bolt")
                .setHost("127.0.0.1")
                .setPort(freePort())
                .setDaemon(true);
        new ProviderConfig<Teller>()
                .setInterfaceId(Teller.class.getName())
                .setRef(new TellerDesk(SofaServer::property))
                .setServer(server)
                .setRegister(false)
                .setFilterRef(List.<Filter>of(new Served()))
                .export();
        System.out.println("port " + server.getPort());
        System.out.flush();
        System.in.readAllBytes();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String property(String name) {
        if (name.startsWith("baggage:")) {
            String value = RpcInvokeContext.getContext().getRequestBaggage(name.substring("baggage:".length()));
            RpcInvokeContext.getContext().putResponseBaggage("answer", "to " + value);
            return String.valueOf(value);
        }
        return String.valueOf(SERVED.get().getRequestProp(name));
    }

    /** Keeps the request for the service to look at. */
    private static final class Served extends Filter {
        @Override
        public SofaResponse invoke(FilterInvoker invoker, SofaRequest request) throws SofaRpcException {
            SERVED.set(request);
            try {
                return invoker.invoke(request);
            } finally {
                SERVED.remove();
            }
        }
    }
}

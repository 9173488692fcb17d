package dev.plinth.rpc.hessian;

import java.util.List;
import java.util.Map;

/**
 * The head of a {@code com.alipay.sofa.rpc.core.request.SofaRequest}; the arguments follow it in the body.
 *
 * @param service the interface's name, ':' and the version
 * @param signature the parameters' types as the JVM names them: {@code int}, {@code [Ljava.lang.String;}
 * @param application which of several applications in the called process is meant; empty for whichever
 * @param properties text to text; other values, which SOFARPC allows, are left out in reading
 */
public record SofaRequest(
        String service, String method, List<String> signature, String application, Map<String, String> properties) {
    public SofaRequest {
        signature = List.copyOf(signature);
        properties = Map.copyOf(properties);
    }
}

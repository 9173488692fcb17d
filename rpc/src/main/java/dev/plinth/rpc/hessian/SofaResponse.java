package dev.plinth.rpc.hessian;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A {@code com.alipay.sofa.rpc.core.response.SofaResponse}.
 *
 * @param error why the request did not reach the service; the service's own exception is its value instead
 * @param value what the service returned, or the {@link Throwable} that it threw
 */
public record SofaResponse(Optional<String> error, @Nullable Object value, Map<String, String> properties) {
    public SofaResponse {
        properties = Map.copyOf(properties);
    }

    public static SofaResponse of(@Nullable Object value, Map<String, String> properties) {
        return new SofaResponse(Optional.empty(), value, properties);
    }

    public static SofaResponse failed(String error, Map<String, String> properties) {
        return new SofaResponse(Optional.of(error), null, properties);
    }
}

package io.clawpod.local.kubelet;

import io.clawpod.local.apiserver.ObjectStore;
import io.clawpod.local.apiserver.ResourcePath;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds Services by DNS name or ClusterIP, and their backends by their EndpointSlices. The slices must be written by whoever
 * runs the backend: no controller fills them from selectors here.
 */
final class Services {
    private static final Pattern DNS_NAME =
            Pattern.compile("([a-z0-9-]+)\\.([a-z0-9-]+)\\.svc(\\.cluster\\.local)?\\.?");
    private static final ResourcePath ALL = ResourcePath.core(null, "services", null);

    private final ObjectStore store;

    Services(ObjectStore store) {
        this.store = store;
    }

    /**
     * One port of one Service.
     *
     * @param portName absent when the Service has one port without a name
     */
    record Port(
            String namespace,
            String service,
            int port,
            @Nullable String portName) {}

    /** @return null when {@code host} is no Service, or it has no such port */
    @Nullable
    Port find(String host, int port) {
        Service service = find(host);
        if (service == null) {
            return null;
        }
        return service.getSpec().getPorts().stream()
                .filter(candidate -> candidate.getPort() == port)
                .map(candidate -> new Port(
                        service.getMetadata().getNamespace(),
                        service.getMetadata().getName(),
                        port,
                        candidate.getName()))
                .findFirst()
                .orElse(null);
    }

    private @Nullable Service find(String host) {
        Matcher dns = DNS_NAME.matcher(host);
        if (dns.matches()) {
            return store.find(ResourcePath.core(dns.group(2), "services", dns.group(1)), Service.class);
        }
        return store.list(ALL, Service.class).stream()
                .filter(service -> host.equals(service.getSpec().getClusterIP()))
                .findFirst()
                .orElse(null);
    }

    /** @return null when the Service has no ready endpoint */
    @Nullable
    InetSocketAddress backend(Port port) {
        ResourcePath slices =
                new ResourcePath("discovery.k8s.io", "v1", port.namespace(), "endpointslices", null, null);
        for (EndpointSlice slice : store.list(slices, EndpointSlice.class)) {
            String of = slice.getMetadata().getLabels() == null
                    ? null
                    : slice.getMetadata().getLabels().get("kubernetes.io/service-name");
            if (!port.service().equals(of)) {
                continue;
            }
            List<String> addresses = slice.getEndpoints().stream()
                    .filter(endpoint -> endpoint.getConditions() == null
                            || !Boolean.FALSE.equals(endpoint.getConditions().getReady()))
                    .flatMap(endpoint -> endpoint.getAddresses().stream())
                    .toList();
            for (var candidate : slice.getPorts()) {
                boolean same = blankToNull(candidate.getName()) == null
                        ? blankToNull(port.portName()) == null
                        : candidate.getName().equals(port.portName());
                if (same && !addresses.isEmpty()) {
                    return new InetSocketAddress(address(addresses.get(0)), candidate.getPort());
                }
            }
        }
        return null;
    }

    private static @Nullable String blankToNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    private static InetAddress address(String literal) {
        return new InetSocketAddress(literal, 0).getAddress();
    }
}

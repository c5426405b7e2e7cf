package io.clawpod.local.kubelet;

import io.fabric8.kubernetes.api.model.HostAlias;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * DNS for one pod: where a text names a port of a Service, by its DNS name, its ClusterIP or an alias from hostAliases, the
 * address of a {@link Forward} takes the name's place.
 */
final class ServiceLinks implements AutoCloseable {
    private static final Pattern HOST = Pattern.compile(
            "(?<scheme>[a-z][a-z0-9+.-]*://)?(?<![\\w.-])(?<host>[A-Za-z0-9][A-Za-z0-9.-]*)(:(?<port>\\d{1,5}))?(?![\\w:.-])");

    private final InetAddress pod;
    private final Services services;
    private final Map<String, String> aliases = new HashMap<>();
    private final Map<Services.Port, Forward> forwards = new HashMap<>();

    ServiceLinks(Pod pod, InetAddress address, Services services) {
        this.pod = address;
        this.services = services;
        List<HostAlias> hostAliases = Objects.requireNonNullElse(pod.getSpec().getHostAliases(), List.of());
        for (HostAlias alias : hostAliases) {
            alias.getHostnames().forEach(name -> aliases.put(name, alias.getIp()));
        }
    }

    String rewrite(String text) {
        Matcher match = HOST.matcher(text);
        StringBuilder rewritten = new StringBuilder();
        while (match.find()) {
            match.appendReplacement(rewritten, Matcher.quoteReplacement(rewrite(match)));
        }
        return match.appendTail(rewritten).toString();
    }

    private String rewrite(Matcher match) {
        String scheme = match.group("scheme");
        int port = port(scheme, match.group("port"));
        String host = match.group("host");
        if (port == 0) {
            return match.group();
        }
        Services.Port found = services.find(host, port);
        if (found == null) {
            found = services.find(aliases.getOrDefault(host, ""), port);
        }
        if (found == null) {
            return match.group();
        }
        InetSocketAddress local = forward(found);
        return Objects.requireNonNullElse(scheme, "") + local.getAddress().getHostAddress() + ":" + local.getPort();
    }

    private static int port(@Nullable String scheme, @Nullable String port) {
        if (port != null) {
            return Integer.parseInt(port);
        }
        return "http://".equals(scheme) ? 80 : "https://".equals(scheme) ? 443 : 0;
    }

    private synchronized InetSocketAddress forward(Services.Port port) {
        return forwards.computeIfAbsent(port, absent -> {
                    try {
                        return new Forward(pod, () -> services.backend(port));
                    } catch (IOException e) {
                        throw new UncheckedIOException("no port for a forward on " + pod, e);
                    }
                })
                .address();
    }

    @Override
    public synchronized void close() {
        forwards.values().forEach(Forward::close);
        forwards.clear();
    }
}

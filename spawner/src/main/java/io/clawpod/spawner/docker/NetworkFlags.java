package io.clawpod.spawner.docker;

import static io.clawpod.spawner.docker.Handlers.changed;
import static io.clawpod.spawner.docker.Handlers.refused;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.Flag.Option;
import io.clawpod.spawner.session.HostAlias;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Whom the agent can reach and by which names. */
final class NetworkFlags {
    // A network becomes a label value (Kubernetes, labels), and its Docker name has the same letters.
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?");
    private static final String ADDRESS = "asks for an address, which the cluster gives";
    private static final String RESOLVER = "changes name resolution, which is the cluster's";

    static final List<Flag> FLAGS = List.of(
            Flag.list("network", NetworkFlags::network),
            Flag.list("add-host", NetworkFlags::addHost),
            Flag.list("network-alias", refused("names the agent in a Docker network", "leave it out")),
            Flag.list("link", refused("links to another container", "leave it out; use Service names")),
            Flag.single("ip", refused(ADDRESS, "leave it out")),
            Flag.single("ip6", refused(ADDRESS, "leave it out")),
            Flag.list("link-local-ip", refused(ADDRESS, "leave it out")),
            Flag.single("mac-address", refused(ADDRESS, "leave it out")),
            Flag.list("dns", refused(RESOLVER, "leave it out, or use --add-host")),
            Flag.list("dns-option", refused(RESOLVER, "leave it out")),
            Flag.list("dns-search", refused(RESOLVER, "leave it out; write full names")),
            Flag.single("domainname", refused(RESOLVER, "leave it out")),
            Flag.list("publish", refused("opens a port of the host", "leave it out; agents call, and are not called"))
                    .shorthand('p'),
            Flag.toggle("publish-all", refused("opens ports of the host", "leave it out"))
                    .shorthand('P'),
            Flag.list(
                    "expose", changed("a pod's ports need no announcement; network policies decide who reaches them")));

    private NetworkFlags() {}

    private static void network(Option option, Draft draft) {
        String name = name(option.value());
        if (draft.networkFlag != null) {
            draft.unsupported(option, "is a second network", "name one network");
            return;
        }
        draft.networkFlag = option;
        switch (name) {
            case "", "default", "bridge" -> draft.mapped(option, "the default network policy class");
            case "host" ->
                draft.unsupported(
                        option,
                        "would put the agent into its node's network",
                        "leave it out; the cluster's network serves");
            case "none" ->
                draft.unsupported(option, "would cut the agent off, also from the credential proxy", "leave it out");
            default -> {
                if (name.startsWith("container:")) {
                    draft.unsupported(option, "shares another container's network", "leave it out");
                    return;
                }
                if (!NAME.matcher(name).matches()) {
                    throw new InvalidValue("", "is not a network name", "use 1 to 63 letters, digits, '_', '.' or '-'");
                }
                draft.network = name;
                draft.changed(option, "no Docker network: the network policy class of this name");
            }
        }
    }

    /** The name in the long form {@code name=…,alias=…}, or the value itself. */
    private static String name(String value) {
        if (!value.contains("=")) {
            return value;
        }
        String name = "";
        for (String field : value.split(",", -1)) {
            if (!field.toLowerCase(Locale.ROOT).startsWith("name=")) {
                throw new InvalidValue("", "has more than a name", "write only the network's name");
            }
            name = field.substring("name=".length());
        }
        return name;
    }

    private static void addHost(Option option, Draft draft) {
        // github.com/docker/cli, opts/hosts: '=' divides if there is one, so that IPv6 addresses can be told.
        String value = option.value();
        int cut = value.indexOf('=') >= 0 ? value.indexOf('=') : value.indexOf(':');
        if (cut <= 0 || value.substring(0, cut).contains(":")) {
            throw new InvalidValue("", "is not a host mapping", "write name:address or name=address");
        }
        String address = value.substring(cut + 1);
        if (address.startsWith("[") && address.endsWith("]")) {
            address = address.substring(1, address.length() - 1);
        }
        HostAlias alias = new HostAlias(value.substring(0, cut).toLowerCase(Locale.ROOT), address);
        draft.hostAliases.add(alias);
        if (alias.isHostGateway()) {
            draft.changed(option, "the name leads to the credential proxy, not to the host");
        } else {
            draft.mapped(option, "host alias");
        }
    }
}

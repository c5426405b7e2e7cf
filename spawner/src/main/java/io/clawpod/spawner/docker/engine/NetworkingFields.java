package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/** The networks of a container's creation (Docker Engine API, NetworkingConfig) as flags. Pods have one network. */
final class NetworkingFields {
    /** Names of the network of whoever names none. */
    private static final Set<String> DEFAULT = Set.of("", "default", "bridge");

    private final Flags flags;

    /** Takes a flag, its value and the field that it comes from. */
    interface Flags {
        void flag(String flag, String value, String field);
    }

    NetworkingFields(Flags flags) {
        this.flags = flags;
    }

    /**
     * @param mode the one network, by HostConfig.NetworkMode
     * @throws EngineRefusal if there is another, or a field that has no counterpart
     */
    void read(JsonNode value, String mode) {
        CreateBody.requireObject(value, "NetworkingConfig");
        JsonNode endpoints = value.path("EndpointsConfig");
        int[] count = {0};
        if (endpoints.isObject()) {
            CreateBody.members(endpoints, "NetworkingConfig.EndpointsConfig", (network, settings) -> {
                String path = "NetworkingConfig.EndpointsConfig." + network;
                if (++count[0] > 1) {
                    throw new EngineRefusal(400, path + ": is a second network; name one network");
                }
                if (!network.equals(mode) && !(DEFAULT.contains(network) && DEFAULT.contains(mode))) {
                    throw new EngineRefusal(
                            400, path + ": is not the network of HostConfig.NetworkMode; name it there too");
                }
                if (settings.isObject()) {
                    CreateBody.members(settings, path, (field, set) -> endpoint(path + "." + field, field, set));
                }
            });
        }
    }

    private void endpoint(String path, String field, JsonNode value) {
        if (Json.isUnset(value)) {
            return;
        }
        switch (field) {
            case "Aliases" ->
                CreateBody.texts(value, path)
                        .forEach(alias -> flags.flag("network-alias", alias.text(), alias.field()));
            case "Links" ->
                CreateBody.texts(value, path).forEach(link -> flags.flag("link", link.text(), link.field()));
            case "MacAddress" -> flags.flag("mac-address", value.asText(), path);
            case "IPAMConfig" -> {
                if (!Json.isUnset(value.path("IPv4Address"))) {
                    flags.flag("ip", value.path("IPv4Address").asText(), path + ".IPv4Address");
                }
                if (!Json.isUnset(value.path("IPv6Address"))) {
                    flags.flag("ip6", value.path("IPv6Address").asText(), path + ".IPv6Address");
                }
            }
            default -> throw new EngineRefusal(400, path + ": cannot be carried out by a pod; leave it out");
        }
    }
}

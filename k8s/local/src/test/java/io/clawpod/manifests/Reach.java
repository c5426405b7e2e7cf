package io.clawpod.manifests;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Who may reach whom under a set of NetworkPolicies, by the rules of the Kubernetes documentation ("Network Policies"):
 * a pod that no policy selects in a direction is open in it; else the union of the policies' rules is all there is, and a
 * connection needs the source's egress and the target's ingress. Of Cilium's own policies, ingress from entities by port
 * adds to that (Cilium documentation, "Layer 3 Policies"). Only what the manifests use is known: match labels, CIDR blocks,
 * numeric ports. Anything else is an error, so that it cannot be misjudged.
 */
record Reach(
        List<NetworkPolicy> policies,
        List<GenericKubernetesResource> ciliumPolicies,
        Map<String, Map<String, String>> namespaceLabels) {

    /** One end of a connection. */
    sealed interface End {}

    record PodEnd(String namespace, Map<String, String> labels) implements End {}

    /** An address that is no pod's: the internet, a node, a link-local service. */
    record AddressEnd(String address) implements End {}

    /** A node, or whatever runs on a node's network: the host's process, the kubelet, a pod with hostNetwork. */
    record NodeEnd() implements End {}

    /** Whether {@code from} can open a connection to {@code to} on that port; the protocol is TCP or UDP. */
    boolean allows(End from, End to, int port, String protocol) {
        return isOpen(from, to, "Egress", port, protocol) && isOpen(to, from, "Ingress", port, protocol);
    }

    private boolean isOpen(End subject, End other, String direction, int port, String protocol) {
        if (!(subject instanceof PodEnd pod)) {
            return true; // policies are about pods only
        }
        List<NetworkPolicy> selecting = policies.stream()
                .filter(policy -> policy.getMetadata().getNamespace().equals(pod.namespace())
                        && policy.getSpec().getPolicyTypes().contains(direction)
                        && matches(policy.getSpec().getPodSelector(), pod.labels()))
                .toList();
        return selecting.isEmpty()
                || selecting.stream()
                        .anyMatch(policy -> rules(policy, direction).stream()
                                .anyMatch(rule -> rule.admits(this, pod.namespace(), other, port, protocol)))
                || (direction.equals("Ingress") && isAdmittedByCilium(pod, other, port, protocol));
    }

    private boolean isAdmittedByCilium(PodEnd pod, End from, int port, String protocol) {
        return from instanceof NodeEnd
                && ciliumPolicies.stream()
                        .filter(policy -> policy.getMetadata().getNamespace().equals(pod.namespace()))
                        .filter(policy -> pod.labels()
                                .entrySet()
                                .containsAll(policy.<Map<String, String>>get("spec", "endpointSelector", "matchLabels")
                                        .entrySet()))
                        .flatMap(policy -> policy.<List<Map<String, List<?>>>>get("spec", "ingress").stream())
                        .anyMatch(rule -> Set.of("fromEntities", "toPorts").equals(rule.keySet())
                                // The spawner's own node is "host", and each other one "remote-node".
                                && Manifests.at(rule, "fromEntities").containsAll(List.of("host", "remote-node"))
                                && Manifests.at(rule, "toPorts").stream()
                                        .flatMap(ports -> ((List<?>)
                                                        Objects.requireNonNull(((Map<?, ?>) ports).get("ports")))
                                                .stream())
                                        .anyMatch(
                                                Map.of("port", Integer.toString(port), "protocol", protocol)::equals));
    }

    private static List<Rule> rules(NetworkPolicy policy, String direction) {
        return direction.equals("Egress")
                ? policy.getSpec().getEgress().stream()
                        .map(rule -> new Rule(rule.getTo(), rule.getPorts()))
                        .toList()
                : policy.getSpec().getIngress().stream()
                        .map(rule -> new Rule(rule.getFrom(), rule.getPorts()))
                        .toList();
    }

    private record Rule(List<NetworkPolicyPeer> peers, List<NetworkPolicyPort> ports) {
        boolean admits(Reach reach, String namespace, End other, int port, String protocol) {
            return (peers.isEmpty() || peers.stream().anyMatch(peer -> reach.isPeer(peer, namespace, other)))
                    && (ports.isEmpty() || ports.stream().anyMatch(allowed -> covers(allowed, port, protocol)));
        }
    }

    private boolean isPeer(NetworkPolicyPeer peer, String policyNamespace, End end) {
        if (end instanceof PodEnd pod) {
            if (peer.getIpBlock() != null) {
                return false; // pod addresses are for selectors; the manifests name no pod network
            }
            boolean namespaceFits = peer.getNamespaceSelector() == null
                    ? pod.namespace().equals(policyNamespace)
                    : matches(peer.getNamespaceSelector(), labelsOf(pod.namespace()));
            return namespaceFits && (peer.getPodSelector() == null || matches(peer.getPodSelector(), pod.labels()));
        }
        return end instanceof AddressEnd address
                && peer.getIpBlock() != null
                && contains(peer.getIpBlock(), address.address());
    }

    private Map<String, String> labelsOf(String namespace) {
        return Objects.requireNonNull(namespaceLabels.get(namespace), "no such namespace: " + namespace);
    }

    private static boolean covers(NetworkPolicyPort allowed, int port, String protocol) {
        String of = Objects.requireNonNullElse(allowed.getProtocol(), "TCP");
        if (!of.equals(protocol)) {
            return false;
        }
        if (allowed.getPort() == null) {
            return true;
        }
        Integer first = allowed.getPort().getIntVal();
        if (first == null) {
            throw new IllegalArgumentException(
                    "a named port: " + allowed.getPort().getStrVal());
        }
        int last = Objects.requireNonNullElse(allowed.getEndPort(), first);
        return first <= port && port <= last;
    }

    private static boolean matches(LabelSelector selector, Map<String, String> labels) {
        if (!selector.getMatchExpressions().isEmpty()) {
            throw new IllegalArgumentException("match expressions: " + selector.getMatchExpressions());
        }
        Map<String, String> wanted = Objects.requireNonNullElse(selector.getMatchLabels(), Map.of());
        return labels.entrySet().containsAll(wanted.entrySet());
    }

    private static boolean contains(IPBlock block, String address) {
        if (block.getExcept().stream().anyMatch(except -> contains(except, address))) {
            return false;
        }
        return contains(block.getCidr(), address);
    }

    private static boolean contains(String cidr, String address) {
        int slash = cidr.indexOf('/');
        byte[] network = bytes(cidr.substring(0, slash));
        byte[] candidate = bytes(address);
        if (network.length != candidate.length) {
            return false;
        }
        int hostBits = network.length * 8 - Integer.parseInt(cidr.substring(slash + 1));
        return new BigInteger(1, network)
                .shiftRight(hostBits)
                .equals(new BigInteger(1, candidate).shiftRight(hostBits));
    }

    private static byte[] bytes(String literal) {
        try {
            return InetAddress.getByName(literal).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal, e);
        }
    }
}

package io.clawpod.manifests;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A pod among the agents that makes the calls which it is told to make; {@code caller.mjs} runs in it. */
record CallingPod(String name, String address) {
    /** Waits until the pod serves. */
    static CallingPod awaitServing(KubernetesClient client, String name) {
        String address = client.pods()
                .inNamespace(Installation.AGENTS)
                .withName(name)
                .waitUntilCondition(
                        pod -> pod != null && "Running".equals(pod.getStatus().getPhase()),
                        Applied.PATIENCE.toSeconds(),
                        TimeUnit.SECONDS)
                .getStatus()
                .getPodIP();
        CallingPod pod = new CallingPod(name, Objects.requireNonNull(address));
        await(name + " serves").atMost(Applied.PATIENCE).until(pod::serves);
        return pod;
    }

    private boolean serves() {
        try (Socket socket = new Socket(address, 8080)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Calls the proxy of the session's environment with its token, and returns what the agent got. */
    HttpResponse<String> call(String... headers) {
        return Http.get(url("/v1/messages"), headers);
    }

    /** Calls another proxy. */
    HttpResponse<String> callProxy(String proxy) {
        return call("x-proxy", proxy);
    }

    /** Calls with the token in a file of the pod. */
    HttpResponse<String> callWith(String token, String proxy) {
        return call("x-token", token, "x-proxy", proxy);
    }

    /** Opens a stream that has no end. */
    InputStream stream(String... headers) {
        return Http.open(url("/v1/messages?endless"), headers).body();
    }

    private String url(String path) {
        return "http://" + address + ":8080" + path;
    }
}

package io.clawpod.manifests;

import static io.clawpod.manifests.Installation.AGENTS;
import static io.clawpod.manifests.Installation.NAMESPACE;
import static io.clawpod.manifests.Installation.SESSIONS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HostAlias;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Whatever is missing or wrong in the cluster, the packaged proxy lets nothing through, says what it is, and recovers
 * without a restart. The calls are made by pods among the agents, with the tokens that they really have.
 */
final class ProxyFailsClosedIT {
    /** The documented 15 s in which an API server that does not answer is noticed, and 5 s for the call that tells. */
    private static final Duration FROZEN_WITHIN = Duration.ofSeconds(20);

    /** Two spot checks, 5 s apart, find a watch that delivers nothing; the rest is for the new watch. */
    private static final Duration STALE_WITHIN = Duration.ofSeconds(30);

    /** It takes milliseconds; the rest is for a node that has no CPU to spare. */
    private static final Duration CUT_WITHIN = Duration.ofSeconds(10);

    private static final String PROXY = "credential-proxy";
    private static final String ROUTES = "credential-proxy-routes";

    private static @Nullable Installation installation;
    private static @Nullable CallingPod session;
    private static String routes = "";
    private static String wrongRoutes = "";

    @BeforeAll
    static void install() {
        Manifests manifests = Manifests.rendered();
        ConfigMap shipped = manifests.one(ConfigMap.class, NAMESPACE, ROUTES);
        routes = Manifests.at(shipped.getData(), "routes.yaml")
                .replace(
                        "upstream: https://api.anthropic.com",
                        "upstream: " + StandInApi.URL + "\n    allowPrivate: true");
        wrongRoutes = routes.replace("prefix: /openai/", "prefix: openai");
        shipped.setData(Map.of("routes.yaml", routes));
        installation = Installation.of(manifests);
        Script relay = new Script("relay");
        installation.create(relay.pod(StandInApi.NAMESPACE));
        installation.create(relay.service(StandInApi.NAMESPACE, 443, 6443));
        String relayed = Installation.clusterIp(client(), StandInApi.NAMESPACE, relay.name());
        installation.create(routes("wrong-routes", wrongRoutes));
        Deployment proxy = manifests.one(Deployment.class, NAMESPACE, PROXY);
        installation.create(ProxyPod.variant(
                proxy,
                "wrong-routes",
                pod -> volume(pod, "routes").getConfigMap().setName("wrong-routes")));
        installation.create(ProxyPod.variant(
                proxy,
                "no-credential",
                pod -> volume(pod, "anthropic").getSecret().setSecretName("late-credential")));
        installation.create(ProxyPod.variant(proxy, "relayed", pod -> relay(pod, relayed)));
        installation.create(ProxyPod.variant(
                proxy,
                "wrong-namespace",
                pod -> pod.getContainers()
                        .get(0)
                        .getEnv()
                        .add(new EnvVar("CLAWPOD_AGENTS_NAMESPACE", "not-there", null))));
        installation.awaitReady("spawner", PROXY, "relayed");
        session = installation.callingSession("caller");
    }

    @AfterAll
    static void remove() {
        if (installation != null) {
            installation.close();
        }
    }

    private static Installation installation() {
        return Objects.requireNonNull(installation);
    }

    private static KubernetesClient client() {
        return installation().client;
    }

    private static CallingPod session() {
        return Objects.requireNonNull(session);
    }

    private static Volume volume(PodSpec pod, String name) {
        return pod.getVolumes().stream()
                .filter(volume -> volume.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Has a proxy reach the API server by the relay, under a name that the API server's certificate has. */
    private static void relay(PodSpec pod, String address) {
        String name = "kubernetes.default.svc";
        pod.setHostAliases(List.of(new HostAlias(List.of(name), address)));
        pod.getContainers().get(0).getEnv().add(new EnvVar("KUBERNETES_SERVICE_HOST", name, null));
        pod.getContainers().get(0).getEnv().add(new EnvVar("KUBERNETES_SERVICE_PORT", "443", null));
    }

    private static ConfigMap routes(String name, String text) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(name)
                .endMetadata()
                .addToData("routes.yaml", text)
                .build();
    }

    private static void change(String configMap, String text, ProxyPod proxy) {
        client().configMaps()
                .inNamespace(NAMESPACE)
                .withName(configMap)
                .edit(map ->
                        new ConfigMapBuilder(map).addToData("routes.yaml", text).build());
        proxy.hastenVolumes();
    }

    private static ProxyPod proxy(String deployment) {
        return ProxyPod.awaitAnswering(client(), deployment);
    }

    private static void cluster(String command) {
        Command.run(System.getenv("CLAWPOD_TEST_CLUSTER"), command);
    }

    private static void assertReadinessIs(int status, ProxyPod proxy, String... named) {
        HttpResponse<String> readiness = proxy.readiness();
        assertEquals(status, readiness.statusCode(), readiness.body());
        for (String text : named) {
            assertTrue(readiness.body().contains(text), readiness.body());
        }
    }

    private static void assertRefused(int status, String code, String named, HttpResponse<String> answer) {
        assertEquals(status, answer.statusCode(), answer.body());
        assertEquals(code, Installation.json(answer.body()).path("code").asText(), answer.body());
        assertTrue(Installation.json(answer.body()).path("detail").asText().contains(named), answer.body());
    }

    private static void awaitPassing(ProxyPod proxy) {
        await("calls pass again")
                .atMost(Applied.PATIENCE)
                .until(() -> session().callProxy(proxy.url()).statusCode() == 200);
    }

    /** Says how long what is timed took; the figures in the documents are from here. */
    private static void took(String what, long since) {
        System.out.printf(
                "%s: %d ms%n", what, Duration.ofNanos(System.nanoTime() - since).toMillis());
    }

    @Test
    void wrongRoutesDoNotReplaceThoseInForce() {
        ProxyPod proxy = proxy(PROXY);
        long changed = System.nanoTime();
        change(ROUTES, wrongRoutes, proxy);
        try {
            await("the fault is told")
                    .atMost(Applied.PATIENCE)
                    .until(() -> proxy.readiness().body().contains("routes[1].prefix"));
            took("wrong routes are told", changed);
            assertReadinessIs(200, proxy, "\"refused\"");
            assertTrue(proxy.log().contains("routes refused"), proxy::log);
            assertTrue(proxy.log().contains("fault=\\\"routes[1].prefix"), proxy::log);
            assertEquals(200, session().callProxy(proxy.url()).statusCode());
        } finally {
            change(ROUTES, routes, proxy);
        }
        await("the fault is over")
                .atMost(Applied.PATIENCE)
                .until(() -> !proxy.readiness().body().contains("routes[1].prefix"));
        assertEquals(200, session().callProxy(proxy.url()).statusCode());
    }

    @Test
    void aProxyThatStartsWithWrongRoutesLetsNothingThroughUntilTheyAreRight() {
        ProxyPod proxy = proxy("wrong-routes");
        assertReadinessIs(503, proxy, "\"routes\"", "routes[1].prefix");
        int calls = installation().api.calls();

        for (int i = 0; i < 3; i++) {
            assertRefused(
                    503, "routes-unavailable", "routes[1].prefix", session().callProxy(proxy.url()));
        }
        assertEquals(calls, installation().api.calls(), "nothing reached the API");

        long changed = System.nanoTime();
        change("wrong-routes", routes, proxy);
        awaitPassing(proxy);
        took("right routes are in force", changed);
        assertReadinessIs(200, proxy);
        assertEquals(0, proxy.restarts());
    }

    @Test
    void aProxyWithoutItsCredentialLetsNothingThroughUntilItIsThere() {
        ProxyPod proxy = proxy("no-credential");
        assertReadinessIs(
                503,
                proxy,
                "\"credentials\"",
                "\"anthropic\"",
                "neither api-key nor oauth-token",
                "Secret clawpod/anthropic-credential");
        int calls = installation().api.calls();

        assertRefused(
                503, "credential-unavailable", "neither api-key nor", session().callProxy(proxy.url()));
        assertEquals(calls, installation().api.calls(), "nothing reached the API");

        long made = System.nanoTime();
        installation().secret("late-credential", "api-key", StandInApi.KEY);
        proxy.hastenVolumes();
        awaitPassing(proxy);
        took("a new credential is used", made);
        assertReadinessIs(200, proxy);
        assertEquals(0, proxy.restarts());
    }

    @Test
    void aProxyThatMayNotWatchItsNamespaceNamesIt() {
        ProxyPod proxy = proxy("wrong-namespace");
        await("the missing right is named")
                .atMost(Applied.PATIENCE)
                .untilAsserted(() -> assertReadinessIs(
                        503, proxy, "\"pod-watch\"", "may not get, list and watch pods in namespace not-there"));
        int calls = installation().api.calls();
        assertRefused(
                503, "identity-unavailable", "namespace not-there", session().callProxy(proxy.url()));
        assertEquals(calls, installation().api.calls(), "nothing reached the API");
    }

    @Test
    void whileTheApiServerIsFrozenNobodyIsIdentified() {
        ProxyPod proxy = proxy(PROXY);
        int calls;
        long frozen = System.nanoTime();
        cluster("pause-apiserver");
        try {
            await("callers are refused")
                    .atMost(FROZEN_WITHIN)
                    .until(() -> session().callProxy(proxy.url()).statusCode() == 503);
            took("a frozen API server is noticed", frozen);
            calls = installation().api.calls();
            assertRefused(
                    503,
                    "identity-unavailable",
                    "has not answered for 15 s",
                    session().callProxy(proxy.url()));
            assertReadinessIs(503, proxy, "\"pod-watch\"", "has not answered for 15 s");
            assertEquals(calls, installation().api.calls(), "nothing reached the API");
        } finally {
            cluster("resume-apiserver");
        }
        long resumed = System.nanoTime();
        awaitPassing(proxy);
        took("the API server is believed again", resumed);
        assertReadinessIs(200, proxy);
        assertEquals(0, proxy.restarts());
    }

    @Test
    void aWatchThatStandsAndDeliversNothingIsFoundOut() throws IOException {
        ProxyPod proxy = proxy("relayed");
        CallingPod doomed = installation().callingSession("doomed");
        InputStream stream = doomed.stream("x-proxy", proxy.url());
        assertNotEquals(-1, stream.read());
        holdTheWatchBack();

        // The pod goes on for its grace: only the watch can tell the proxy.
        client().pods()
                .inNamespace(AGENTS)
                .withName(doomed.name())
                .withGracePeriod(60)
                .delete();
        long deleted = System.nanoTime();
        assertEquals(200, doomed.callProxy(proxy.url()).statusCode(), "the watch stands and shows the pod");
        await("the pod is refused")
                .atMost(STALE_WITHIN)
                // A call that is open when the new watch shows the end is cut.
                .ignoreException(UncheckedIOException.class)
                .until(() -> doomed.callProxy(proxy.url()).statusCode() == 401);
        took("a watch that delivers nothing is replaced", deleted);
        assertEnds(stream);
        assertTrue(proxy.log().contains("watch delivers nothing, begun anew"), proxy::log);
        assertReadinessIs(200, proxy);
        client().pods()
                .inNamespace(AGENTS)
                .withName(doomed.name())
                .withGracePeriod(0)
                .delete();
    }

    /** Nothing that the watch shows has changed then: only that the new pod calls tells that something is amiss. */
    @Test
    void aPodThatBeginsWhileTheWatchDeliversNothingIsServedAllTheSame() {
        ProxyPod proxy = proxy("relayed");
        awaitPassing(proxy);
        holdTheWatchBack();

        CallingPod begun = installation().callingSession("begun");
        long at = System.nanoTime();

        await("the new pod's calls pass")
                .atMost(Applied.PATIENCE)
                .untilAsserted(
                        () -> assertEquals(200, begun.callProxy(proxy.url()).statusCode(), proxy::log));
        took("a watch that does not show a new pod is replaced", at);
        assertReadinessIs(200, proxy);
    }

    private static void holdTheWatchBack() {
        String relay = Installation.clusterIp(client(), StandInApi.NAMESPACE, "relay");
        await("the watch is held back")
                .atMost(Applied.PATIENCE)
                // The relay ends connections that are kept; a POST on one that just ends is not made again by itself.
                .ignoreException(UncheckedIOException.class)
                .until(() -> {
                    String held = Http.send("POST", "http://" + relay + ":8080/hold", "")
                            .body();
                    return Integer.parseInt(held) > 0;
                });
    }

    @Test
    void aRevokedSessionIsCutOffWhileItsPodRunsOn() throws IOException {
        CallingPod revoked = installation().callingSession("revoked");
        InputStream stream = revoked.stream();
        assertNotEquals(-1, stream.read());
        int cut = installation().api.cutStreams();

        HttpResponse<String> answer = installation().spawner("POST", SESSIONS + "revoked/revoke", null);
        long at = System.nanoTime();

        assertEquals(200, answer.statusCode(), answer.body());
        await("the stream is cut")
                .atMost(CUT_WITHIN)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> installation().api.cutStreams() == cut + 1);
        took("a stream is cut after the answer to its revocation", at);
        assertEnds(stream);
        int calls = installation().api.calls();
        assertRefused(401, "unauthenticated", "", revoked.call());
        assertEquals(calls, installation().api.calls(), "nothing reached the API");
        assertEquals("running", installation().session("revoked").path("state").asText());
    }

    /** Reads to the end, which for a stream that was cut is a broken connection. */
    private static void assertEnds(InputStream stream) {
        assertTimeoutPreemptively(CUT_WITHIN, () -> assertThrows(IOException.class, stream::readAllBytes));
    }

    @Test
    void aProjectedTokenPassesOnlyForTheProxysAudience() {
        Pod plain = new PodBuilder(new Script("caller").pod(AGENTS))
                .editSpec()
                .withServiceAccountName("agent")
                .editFirstContainer()
                .addNewVolumeMount()
                .withName("tokens")
                .withMountPath("/tokens")
                .endVolumeMount()
                .endContainer()
                .addNewVolume()
                .withName("tokens")
                .withNewProjected()
                .addNewSource()
                .withNewServiceAccountToken("credential-proxy", 3600L, "proxy")
                .endSource()
                .addNewSource()
                .withNewServiceAccountToken("somebody-else", 3600L, "other")
                .endSource()
                .endProjected()
                .endVolume()
                .endSpec()
                .build();
        installation().create(plain);
        CallingPod pod = CallingPod.awaitServing(client(), "caller");
        ProxyPod proxy = proxy(PROXY);

        assertEquals(200, pod.callWith("proxy", proxy.url()).statusCode());

        int calls = installation().api.calls();
        assertRefused(401, "unauthenticated", "", pod.callWith("other", proxy.url()));
        assertEquals(calls, installation().api.calls(), "nothing reached the API");
    }
}

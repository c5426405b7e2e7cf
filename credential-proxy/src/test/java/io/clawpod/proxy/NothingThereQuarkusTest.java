package io.clawpod.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SigningKey;
import io.clawpod.common.client.EventLoopHttpClient;
import io.clawpod.proxy.server.AgentServer;
import io.clawpod.proxy.testing.Agents;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(NothingThereQuarkusTest.Nowhere.class)
class NothingThereQuarkusTest {
    /** No API server, no spawner, no credential, and an upstream that may not be called. */
    public static final class Nowhere implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quarkus.http.port", "0",
                    "quarkus.management.test-port", "0",
                    "quarkus.kubernetes-client.api-server-url", "http://127.0.0.1:1",
                    "clawpod.identity.jwks-url", "http://127.0.0.1:1/jwks.json",
                    "clawpod.upstream.url", "http://127.0.0.1:1",
                    "clawpod.upstream.allow-private", "false",
                    "clawpod.credential.directory", "/nonexistent/anthropic");
        }
    }

    @Inject
    AgentServer server;

    @Inject
    KubernetesClient cluster;

    @Inject
    Vertx vertx;

    @TestHTTPResource(value = "/", management = true)
    URI management;

    private final HttpClient http = HttpClient.newHttpClient();

    private HttpResponse<String> get(URI uri, String token) throws Exception {
        return http.send(HttpRequest.newBuilder(uri).header("x-api-key", token).build(), BodyHandlers.ofString());
    }

    @Test
    void watchesLoseNoFirstEvents() {
        assertInstanceOf(EventLoopHttpClient.class, cluster.getHttpClient());
    }

    @Test
    void noNameIsLookedUpByJavasResolverWhichBlocks() {
        assertInstanceOf(DnsAddressResolverGroup.class, ((VertxInternal) vertx).nettyAddressResolverGroup());
    }

    @Test
    void itStartsAndSaysWhatIsMissing() throws Exception {
        var response = get(management.resolve("health/ready"), "-");
        assertEquals(503, response.statusCode(), response.body());
        Map<String, String> missing = new TreeMap<>();
        new JsonObject(response.body()).getJsonArray("checks").forEach(each -> {
            JsonObject check = (JsonObject) each;
            if (check.getString("status").equals("DOWN")) {
                missing.put(check.getString("name"), check.getJsonObject("data").getString("missing"));
            }
        });
        assertEquals(
                Map.of(
                        "pod-watch", "The watch of pods in namespace clawpod-agents has not synced.",
                        "session-keys", "The session keys cannot be fetched from http://127.0.0.1:1/jwks.json.",
                        "routes",
                                "clawpod.upstream.url is http; use https, or set allow-private for an upstream of your own."),
                missing);
    }

    @Test
    void itIsAlive() throws Exception {
        assertEquals(200, get(management.resolve("health/live"), "-").statusCode());
    }

    @Test
    void nobodyIsLetThroughWithoutKeys() throws Exception {
        var pod = new PodBuilder(
                        new Agents(new io.fabric8.kubernetes.client.KubernetesClientBuilder().build()).unborn())
                .editMetadata()
                .withUid("8d7f")
                .endMetadata()
                .build();
        var response = get(
                URI.create("http://127.0.0.1:" + server.port() + "/v1/models"),
                Agents.token(pod, SigningKey.generate()));
        assertEquals(503, response.statusCode());
        JsonObject problem = new JsonObject(response.body());
        assertEquals("identity-unavailable", problem.getString("code"));
        assertTrue(problem.getString("detail").contains("session keys"), response.body());
    }

    @Test
    void healthAndMetricsAreNotOnTheAgentsPort() throws Exception {
        for (String path : new String[] {"/q/health", "/q/health/ready", "/q/metrics", "/metrics", "/"}) {
            var response = get(URI.create("http://127.0.0.1:" + server.port() + path), "-");
            assertEquals("identity-unavailable", new JsonObject(response.body()).getString("code"), path);
        }
    }

    @Test
    void metersTellDecisionAndStatusAndNothingOfTheCaller() throws Exception {
        get(URI.create("http://127.0.0.1:" + server.port() + "/v1/secret-path?secret=query"), "sk-secret");
        String metrics = get(management.resolve("metrics"), "-").body();
        assertTrue(
                metrics.contains(
                        "clawpod_proxy_calls_total{credential=\"none\",decision=\"refuse\",end=\"refused\",group=\"none\","
                                + "route=\"none\",status=\"5xx\"}"),
                metrics);
        assertTrue(metrics.contains("clawpod_proxy_streams_open"), metrics);
        assertTrue(metrics.contains("clawpod_proxy_call_seconds_bucket"), metrics);
        assertTrue(!metrics.contains("secret"), metrics);
    }
}

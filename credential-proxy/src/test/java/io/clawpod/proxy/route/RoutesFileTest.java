package io.clawpod.proxy.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.clawpod.common.InvalidValue;
import io.clawpod.proxy.credential.CredentialSpec;
import io.clawpod.proxy.policy.Decision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class RoutesFileTest {
    private static final Path SECRETS = Path.of("/secrets");
    private static final Path SHIPPED = Path.of("../k8s/base/credential-proxy/routes.yaml");

    static byte[] resource(String name) {
        try (InputStream in = Objects.requireNonNull(RoutesFileTest.class.getResourceAsStream("/routes/" + name))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(name, e);
        }
    }

    private static List<List<String>> table(String name) {
        return new String(resource(name), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .map(line ->
                        Arrays.stream(line.split("\\|", -1)).map(String::trim).toList())
                .toList();
    }

    private static RouteTable parse(String yaml) throws InvalidRoutes {
        return RoutesFile.parse(yaml.getBytes(StandardCharsets.UTF_8), SECRETS);
    }

    private static @Nullable String absent(String name) {
        return name.equals("-") ? null : name;
    }

    @TestFactory
    Stream<DynamicTest> aFaultIsNamedByItsPathAndRemedy() {
        String all = new String(resource("bad.txt"), StandardCharsets.UTF_8);
        return Arrays.stream(all.split("(?m)^=== ", -1)).skip(1).map(each -> {
            String[] head = each.lines().findFirst().orElseThrow().split("\\|", -1);
            String yaml = each.substring(each.indexOf('\n') + 1);
            return dynamicTest(head[0].trim(), () -> {
                InvalidRoutes refused = assertThrows(InvalidRoutes.class, () -> parse(yaml));
                assertEquals(1, refused.faults().size(), refused.faults()::toString);
                InvalidValue fault = refused.faults().get(0);
                assertEquals(head[1].trim(), fault.field(), fault::toString);
                assertTrue(fault.remedy().contains(head[2].trim()), fault::toString);
                assertFalse(fault.toString().contains("sk-hush"), fault::toString);
            });
        });
    }

    @Test
    void everyFaultIsFoundInOneReading() {
        InvalidRoutes refused = assertThrows(InvalidRoutes.class, () -> parse("""
                credentials: {x: {kind: token}, y: {}}
                routes:
                  - {name: a, prefix: /, upstream: "https://a", credential: z, policies: []}
                  - {name: b, prefix: b, upstream: "https://a", credential: x, policies: []}
                  - {name: c, prefix: /c/, upstream: "https://a", credential: x, policies: []}
                more: 1
                """));
        assertEquals(
                List.of("credentials.x.kind", "credentials.y.kind", "routes[0].credential", "routes[1].prefix", "more"),
                refused.faults().stream().map(InvalidValue::field).toList());
    }

    @Test
    void everyFieldIsRead() throws InvalidRoutes {
        RouteTable table = parse("""
                placeholders: ["ghp_{token}"]
                credentials:
                  oauth:
                    kind: oauth
                    tokenEndpoint: http://token.internal:8080/token
                    allowPrivate: true
                    clientId: me
                    scope: read
                    format: json
                    anthropic: true
                    skew: PT1M
                    writeBack: {namespace: clawpod, name: oauth-credential}
                  key: {kind: api-key, header: X-Custom}
                  user: {kind: basic, directory: /elsewhere/user}
                  git: {kind: basic, username: x-access-token}
                routes:
                  - name: inner
                    prefix: /inner/
                    stripPrefix: false
                    upstream: http://gw:81/base/
                    allowPrivate: true
                    credential: oauth
                    required: true
                    policies: []
                    limits: {bodyBytes: 1, concurrentCalls: 2, callsPerMinute: 3, timeToFirstByte: PT4S, idle: PT0S}
                  - {name: key, prefix: /key/, upstream: "https://k", credential: key, policies: []}
                  - {name: user, prefix: /, upstream: "https://u", credential: user, required: false, policies: []}
                """);
        Route inner = Objects.requireNonNull(table.find("/inner/x"));
        assertEquals(new Endpoint(false, "gw", 81, "gw:81", "/base"), inner.upstream());
        assertEquals("/base/inner/x?y", inner.target("/inner/x?y"));
        assertTrue(inner.allowPrivate());
        assertEquals(new Limits(1, 2, 3, Duration.ofSeconds(4), Duration.ZERO), inner.limits());
        assertEquals(Set.of("oauth"), table.required());
        assertEquals("abc", table.placeholders().unwrap("ghp_abc"));
        assertEquals(
                Set.of(
                        new CredentialSpec.Oauth(
                                "oauth",
                                SECRETS.resolve("oauth"),
                                java.net.URI.create("http://token.internal:8080/token"),
                                true,
                                "me",
                                "read",
                                true,
                                true,
                                Duration.ofMinutes(1),
                                new CredentialSpec.SecretName("clawpod", "oauth-credential")),
                        new CredentialSpec.Header("key", SECRETS.resolve("key"), "api-key", "X-Custom", "{secret}"),
                        new CredentialSpec.Basic("user", Path.of("/elsewhere/user"), null),
                        new CredentialSpec.Basic("git", SECRETS.resolve("git"), "x-access-token")),
                Set.copyOf(table.credentials()));
    }

    @Test
    void theLongestPrefixWinsWhereverItStands() throws InvalidRoutes {
        RouteTable table = parse("""
                routes:
                  - {name: root, prefix: /, upstream: "https://a", credential: none, policies: []}
                  - {name: ab, prefix: /a/b/, upstream: "https://a/x", credential: none, policies: []}
                  - {name: a, prefix: /a/, upstream: "https://a", credential: none, policies: []}
                """);
        assertEquals("root", name(table, "/"));
        assertEquals("root", name(table, "/a"));
        assertEquals("root", name(table, "/%61/b/"));
        assertEquals("a", name(table, "/a/"));
        assertEquals("a", name(table, "/a/bb"));
        assertEquals("ab", name(table, "/a/b/c"));
        assertEquals("/x/c?d", Objects.requireNonNull(table.find("/a/b/c")).target("/a/b/c?d"));
        assertEquals("/?d", Objects.requireNonNull(table.find("/a/")).target("/a/?d"));
    }

    @Test
    void aRoutesTokenEndpointsAreTheKnownThoseItNamesAndThoseOfCredentials() throws InvalidRoutes {
        RouteTable table = parse("""
                credentials:
                  login: {kind: oauth, tokenEndpoint: "https://API.example:8443/sso/v2/exchange", clientId: me}
                routes:
                  - name: chat
                    prefix: /chat/
                    upstream: https://chat.example/api
                    credential: none
                    policies: []
                    tokenPaths: [/oauth.v2.access, "/auth/*/internal"]
                  - {name: sso, prefix: /sso/, upstream: "https://api.example/sso", credential: login, policies: []}
                  - {name: root, prefix: /, upstream: "https://other.example", credential: login, policies: []}
                """);
        assertEquals(
                List.of("/chat/oauth.v2.access?x", "/chat/auth/v3/internal", "/chat/token", "/sso/v2/exchange?y"),
                Stream.of(
                                "/chat/oauth.v2.access?x",
                                "/chat/auth/v3/internal",
                                "/chat/token",
                                "/chat/x?/token",
                                "/oauth.v2.access",
                                "/sso/v2/exchange?y",
                                "/sso/sso/v2/exchange",
                                "/sso/v2/other",
                                "/v2/exchange")
                        .filter(each -> Objects.requireNonNull(table.find(each)).issuesTokens(each))
                        .toList());
    }

    private static String name(RouteTable table, String path) {
        return Objects.requireNonNull(table.find(path)).name();
    }

    @TestFactory
    Stream<DynamicTest> whoMayDoWhat() throws InvalidRoutes {
        RouteTable table = RoutesFile.parse(resource("who-may-what.yaml"), SECRETS);
        return table("who-may-what.txt").stream()
                .map(row -> dynamicTest(row.toString(), () -> {
                    Route route = Objects.requireNonNull(table.find(row.get(3)));
                    assertEquals(Decision.valueOf(row.get(4)), decide(route, row));
                }));
    }

    @TestFactory
    Stream<DynamicTest> whoMayDoWhatByTheShippedFile() throws InvalidRoutes, IOException {
        RouteTable table = RoutesFile.parse(Files.readAllBytes(SHIPPED), SECRETS);
        assertEquals(Set.of("anthropic"), table.required());
        return table("shipped.txt").stream()
                .map(row -> dynamicTest(row.toString(), () -> {
                    Route route = Objects.requireNonNull(table.find(row.get(3)));
                    assertEquals(row.get(4), route.name());
                    assertEquals(Decision.valueOf(row.get(5)), decide(route, row));
                }));
    }

    private static Decision decide(Route route, List<String> row) {
        return route.policies().decide(row.get(2), route.inner(row.get(3)), absent(row.get(0)), absent(row.get(1)));
    }
}

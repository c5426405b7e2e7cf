package io.clawpod.proxy.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.credential.CredentialSpec;
import io.clawpod.proxy.policy.Decision;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoutesTest {
    private static final String ONE =
            "routes: [{name: one, prefix: /, upstream: \"https://a\", credential: none, policies: []}]";

    @TempDir
    Path folder;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<Collection<CredentialSpec>> used = new ArrayList<>();

    private Routes routes(Optional<Path> file, Optional<String> url, boolean allowPrivate) {
        return new Routes(
                new RoutesSource(file, Path.of("/secrets"), url, allowPrivate, Path.of("/one")), used::add, meters);
    }

    private Routes ofFile() {
        return routes(Optional.of(folder.resolve("routes.yaml")), Optional.empty(), false);
    }

    private void write(String text) throws IOException {
        Files.writeString(folder.resolve("routes.yaml"), text);
    }

    private double faulty() {
        return meters.get("clawpod.proxy.routes.faulty").gauge().value();
    }

    private static String only(Routes routes) {
        return Objects.requireNonNull(routes.current()).routes().get(0).name();
    }

    @Test
    void aNewFileTakesThePlaceOfTheOldOneOnlyIfItIsValid() throws IOException {
        write(ONE);
        Routes routes = ofFile();
        RouteTable first = routes.current();
        assertNull(routes.fault());

        routes.reload();
        assertSame(first, routes.current());

        write(ONE.replace("name: one", "name: One"));
        routes.reload();
        assertSame(first, routes.current());
        assertEquals("routes[0].name is no name; use up to 63 lower case letters, digits and dashes.", routes.fault());
        assertEquals(1, faulty());

        Files.delete(folder.resolve("routes.yaml"));
        routes.reload();
        assertSame(first, routes.current());
        assertTrue(Objects.requireNonNull(routes.fault()).contains("is missing"), routes.fault());

        write(ONE.replace("name: one", "name: two"));
        routes.reload();
        assertEquals("two", only(routes));
        assertNull(routes.fault());
        assertEquals(0, faulty());
    }

    @Test
    void theOldFileBroughtBackClearsTheFault() throws IOException {
        write(ONE);
        Routes routes = ofFile();
        write("no: routes");
        routes.reload();
        assertNotNull(routes.fault());
        write(ONE);
        routes.reload();
        assertNull(routes.fault());
    }

    @Test
    void withoutAFileThereIsNoTableUntilOneComes() throws IOException {
        Routes routes = ofFile();
        assertNull(routes.current());
        assertTrue(Objects.requireNonNull(routes.fault()).startsWith(folder.resolve("routes.yaml") + " is missing"));
        assertEquals(1, faulty());
        write(ONE);
        routes.reload();
        assertEquals("one", only(routes));
    }

    @Test
    void aConfigMapSwappedByLinkIsSeen() throws IOException {
        // The kubelet's layout: routes.yaml -> ..data/routes.yaml, ..data -> a folder that is replaced as a whole.
        for (String version : List.of("v1", "v2")) {
            Files.createDirectory(folder.resolve(version));
            Files.writeString(
                    folder.resolve(version).resolve("routes.yaml"), ONE.replace("name: one", "name: " + version));
        }
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("v1"));
        Files.createSymbolicLink(folder.resolve("routes.yaml"), Path.of("..data/routes.yaml"));
        Routes routes = ofFile();
        assertEquals("v1", only(routes));
        Files.delete(folder.resolve("..data"));
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("v2"));
        routes.reload();
        assertEquals("v2", only(routes));
    }

    @Test
    void aUrlStandsForOneRouteToAnthropicsApi() {
        Routes routes = routes(Optional.empty(), Optional.of("https://gw.example/base"), false);
        Route route = Objects.requireNonNull(routes.current()).routes().get(0);
        assertEquals("/base/v1/messages", route.target("/v1/messages"));
        assertEquals("anthropic", route.credential());
        assertTrue(route.required());
        assertEquals(List.of(List.of(new CredentialSpec.Anthropic("anthropic", Path.of("/one")))), used);
        assertEquals(Decision.ALLOWED, route.policies().decide("POST", "/v1/messages", null, null));
        assertEquals(Decision.ALLOWED, route.policies().decide("HEAD", "/", "family", null));
        assertEquals(Decision.NOT_ALLOWED, route.policies().decide("GET", "/v1/organizations", null, null));
        assertEquals("clawpod.upstream.url", routes.origin());
    }

    @Test
    void aUrlBesideAFileIsRefused() throws IOException {
        write(ONE);
        Routes routes = routes(Optional.of(folder.resolve("routes.yaml")), Optional.of("https://gw"), false);
        assertNull(routes.current());
        assertTrue(
                Objects.requireNonNull(routes.fault()).contains("is set beside clawpod.routes.file"), routes.fault());
    }

    @Test
    void aCredentialCrossesOnlyPrivateNetworksInTheClear() {
        Routes refused = routes(Optional.empty(), Optional.of("http://gw"), false);
        assertNull(refused.current());
        assertTrue(Objects.requireNonNull(refused.fault()).startsWith("clawpod.upstream.url is http;"));
        assertNotNull(routes(Optional.empty(), Optional.of("http://gw"), true).current());
        assertFalse(used.isEmpty());
    }
}

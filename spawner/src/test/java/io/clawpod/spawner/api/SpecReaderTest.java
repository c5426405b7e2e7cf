package io.clawpod.spawner.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Heartbeat;
import io.clawpod.spawner.session.HostAlias;
import io.clawpod.spawner.session.Lifetime;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Privileges;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.Restart;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.Tmpfs;
import io.clawpod.spawner.session.User;
import io.clawpod.spawner.testing.CaseFiles;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class SpecReaderTest {
    private final SpecReader reader = new SpecReader();

    record Body(
            String name,
            String json,
            ErrorCode code,
            @Nullable String field,
            @Nullable String says) {}

    private SessionSpec read(String json) {
        return reader.read(json.getBytes(StandardCharsets.UTF_8));
    }

    @TestFactory
    Stream<DynamicTest> aBodyThatIsNoSpecIsRefusedByItsPath() {
        return CaseFiles.table("wrong-bodies.yaml", new TypeReference<List<Body>>() {}).stream()
                .map(body -> DynamicTest.dynamicTest(body.name(), () -> refuses(body)));
    }

    private void refuses(Body body) {
        Problem problem = assertThrows(Refusal.class, () -> read(body.json())).problem();
        assertEquals(body.code(), problem.code(), problem.detail());
        assertEquals(body.field(), problem.field());
        String says = problem.detail() + "; " + problem.remedy();
        if (body.says() != null) {
            assertTrue(says.contains(body.says()), says);
        }
        assertFalse(says.contains("hush"), "quotes the body: " + says);
        assertFalse(says.contains("jackson") || says.contains("io.clawpod"), "shows its insides: " + says);
    }

    @Test
    void anEmptyBodyIsRefused() {
        Problem problem =
                assertThrows(Refusal.class, () -> reader.read(new byte[0])).problem();
        assertTrue(Set.of(ErrorCode.MALFORMED_REQUEST, ErrorCode.INVALID_SPEC).contains(problem.code()));
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        byte[] body = "{\"image\": \"\u00ff\"}".getBytes(StandardCharsets.ISO_8859_1);
        Problem problem = assertThrows(Refusal.class, () -> reader.read(body)).problem();
        assertTrue(Set.of(ErrorCode.MALFORMED_REQUEST, ErrorCode.INVALID_SPEC).contains(problem.code()));
    }

    @Test
    void everyFieldIsRead() {
        assertEquals(
                SessionSpec.builder("a:1")
                        .group("g")
                        .role("r")
                        .command(List.of("c"))
                        .args(List.of("d", "e"))
                        .workdir("/w")
                        .env("A", "1")
                        .mount(new Mount("/h", "/c", true))
                        .mount(new Mount("/i", "/d", false))
                        .tmpfs(new Tmpfs("/t", 1L << 20))
                        .tmpfs(new Tmpfs("/u", null))
                        .user(new User(1, 2L))
                        .supplementalGroup(3)
                        .resources(new Resources(500L, 1L << 30, 1000L, 1024L, 7L))
                        .lifetime(new Lifetime(Duration.ofHours(1), Duration.ofMinutes(2), Duration.ZERO))
                        .restart(Restart.ON_FAILURE)
                        .heartbeat(new Heartbeat("/hb", Duration.ofMinutes(30), null))
                        .privileges(new Privileges(Set.of("NET_BIND_SERVICE"), true))
                        .hostAlias(new HostAlias("a.example", "host-gateway"))
                        .network("n")
                        .label("x", "y")
                        .stdin(true)
                        .tty(true)
                        .build(),
                read("""
                        {"group": "g", "role": "r", "image": "a:1", "command": ["c"], "args": ["d", "e"],
                         "workdir": "/w", "env": {"A": "1"},
                         "mounts": [{"hostPath": "/h", "containerPath": "/c", "readOnly": true},
                                    {"hostPath": "/i", "containerPath": "/d"}],
                         "tmpfs": [{"path": "/t", "size": "1Mi"}, {"path": "/u"}],
                         "user": "1:2", "supplementalGroups": [3],
                         "resources": {"cpu": "500m", "memory": "1Gi", "ephemeralStorage": "1k", "shmSize": "1Ki",
                                       "pids": 7},
                         "lifetime": {"deadline": "PT1H", "idle": "PT2M", "retention": "PT0S"},
                         "restart": "on-failure", "heartbeat": {"file": "/hb", "maxAge": "PT30M"},
                         "privileges": {"addCapabilities": ["NET_BIND_SERVICE"], "readOnlyRootFilesystem": true},
                         "hostAliases": [{"hostname": "a.example", "address": "host-gateway"}],
                         "network": "n", "labels": {"x": "y"}, "stdin": true, "tty": true}
                        """));
    }

    @Test
    void anImageAloneIsEnough() {
        assertEquals(SessionSpec.builder("a").build(), read("{\"image\": \"a\"}"));
    }
}

package io.clawpod.spawner.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.volume.MountAllowlist.Candidate;
import io.clawpod.spawner.volume.MountAllowlist.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class MountAllowlistTest {
    private static final JsonNode FILE = CaseFiles.tree("mount-allowlist.yaml");
    private static final String HOME = "/home/node";

    /** @param asked whether it is asked for read-only */
    record Case(
            String name,
            String list,
            @Nullable String path,
            @Nullable String below,
            boolean asked,
            boolean main,
            boolean allowed,
            boolean readOnly,
            @Nullable String says) {}

    record Wrong(String name, String json, String field) {}

    private static Optional<String> realRoot(String root) {
        Map<String, String> links =
                CaseFiles.YAML.convertValue(FILE.path("links"), new TypeReference<Map<String, String>>() {});
        List<String> missing = CaseFiles.YAML.convertValue(FILE.path("missing"), new TypeReference<List<String>>() {});
        return missing.contains(root) ? Optional.empty() : Optional.of(links.getOrDefault(root, root));
    }

    @TestFactory
    Stream<DynamicTest> aMountIsJudgedAsTheHostJudgesIt() {
        return CaseFiles.YAML.convertValue(FILE.path("cases"), new TypeReference<List<Case>>() {}).stream()
                .map(each -> DynamicTest.dynamicTest(each.name(), () -> {
                    MountAllowlist list = MountAllowlist.parse(
                            FILE.path("lists").path(each.list()).asText(), HOME);
                    String below = each.below() == null ? "x" : each.below();
                    Verdict verdict = list.judge(
                            new Candidate(below, each.path(), each.asked(), each.main()), MountAllowlistTest::realRoot);
                    if (each.allowed()) {
                        Verdict.Allowed allowed = assertInstanceOf(Verdict.Allowed.class, verdict, verdict::toString);
                        assertEquals(each.readOnly(), allowed.readOnly());
                        assertEquals(each.says() != null, allowed.why() != null, verdict::toString);
                    } else {
                        assertInstanceOf(Verdict.Refused.class, verdict, verdict::toString);
                        assertNotNull(each.says());
                    }
                    assertTrue(verdict.toString().contains(each.says() == null ? "" : each.says()), verdict::toString);
                }));
    }

    @TestFactory
    Stream<DynamicTest> aWrongListIsRefusedByItsField() {
        return CaseFiles.YAML.convertValue(FILE.path("wrong"), new TypeReference<List<Wrong>>() {}).stream()
                .map(wrong -> DynamicTest.dynamicTest(wrong.name(), () -> {
                    InvalidValue fault =
                            assertThrows(InvalidValue.class, () -> MountAllowlist.parse(wrong.json(), HOME));
                    assertEquals(wrong.field(), fault.field());
                }));
    }

    @Test
    void aRootInTheHomeNeedsToKnowTheHome() {
        String json = FILE.path("lists").path("home").asText();
        InvalidValue fault = assertThrows(InvalidValue.class, () -> MountAllowlist.parse(json, null));
        assertEquals("allowedRoots[0].path", fault.field());
        assertTrue(fault.remedy().contains("clawpod.volumes.allowlist.home"), fault.remedy());
    }
}

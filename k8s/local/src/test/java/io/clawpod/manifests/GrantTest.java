package io.clawpod.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class GrantTest {
    private static Manifests manifests = new Manifests(List.of());

    @BeforeAll
    static void render() {
        manifests = Manifests.rendered();
    }

    @Test
    void theManifestsGiveTheRightsOfTheTableAndNoOther() {
        assertEquals(Grant.in(Manifests.table("grants.txt")), Grant.in(manifests));
    }

    @Test
    void noRightIsForEverything() {
        Grant.in(manifests)
                .forEach(grant -> assertTrue(
                        !grant.group().contains("*")
                                && !grant.resource().contains("*")
                                && !grant.verb().contains("*"),
                        grant::toString));
    }

    @Test
    void nothingIsBoundToGroupsUsersOrAgents() {
        assertEquals(
                Set.of("clawpod/spawner", "clawpod/credential-proxy"),
                Set.copyOf(Grant.in(manifests).stream().map(Grant::account).toList()));
    }
}

package io.clawpod.spawner.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.TokenReviews.Review;
import io.clawpod.spawner.testing.FakeReviews;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CallersTest {
    private static final String STATIC = "static-token-0123456789";
    private static final Problem DOWN = Problem.of(ErrorCode.CLUSTER_UNAVAILABLE, "down");

    @TempDir
    Path folder = Path.of("");

    private final FakeReviews reviews = new FakeReviews();

    private Callers callers(boolean withFile, String... serviceAccounts) throws IOException {
        Path file = folder.resolve("tokens");
        Files.writeString(file, "host " + STATIC + "\n");
        Callers callers = new Callers(
                withFile ? Optional.of(file) : Optional.empty(), Optional.empty(), Set.of(serviceAccounts), reviews);
        callers.refresh();
        return callers;
    }

    @Test
    void aStaticTokenIsItsCallersWithoutAskingTheCluster() throws IOException {
        Callers callers = callers(true, "clawpod/host");
        assertFalse(callers.mayBlock(STATIC));
        assertEquals(new Caller.Known("host"), callers.identify(STATIC));
        assertEquals(List.of(), reviews.asked);
        assertEquals(List.of(), callers.faults());
    }

    @Test
    void withAFileAloneAnyOtherTokenIsNobodys() throws IOException {
        Callers callers = callers(true);
        for (String token : List.of("", "other", STATIC + " ")) {
            assertFalse(callers.mayBlock(token));
            assertEquals(new Caller.Unknown(), callers.identify(token));
        }
        assertEquals(List.of(), reviews.asked);
    }

    @Test
    void aServiceAccountThatIsConfiguredMayCall() throws IOException {
        reviews.known.put("sa", new Review.ServiceAccount("clawpod/host"));
        Callers callers = callers(false, "clawpod/host", "clawpod/other");
        assertTrue(callers.mayBlock("sa"));
        assertEquals(new Caller.Known("clawpod/host"), callers.identify("sa"));
    }

    @Test
    void aServiceAccountThatIsNotConfiguredMayNotCall() throws IOException {
        reviews.known.put("sa", new Review.ServiceAccount("clawpod/stranger"));
        assertEquals(new Caller.Unknown(), callers(false, "clawpod/host").identify("sa"));
        assertEquals(new Caller.Unknown(), callers(false, "clawpod/host").identify("rejected"));
    }

    @Test
    void anEmptyTokenIsNobodysWithoutAskingTheCluster() throws IOException {
        Callers callers = callers(false, "clawpod/host");
        assertFalse(callers.mayBlock(""));
        assertEquals(new Caller.Unknown(), callers.identify(""));
        assertEquals(List.of(), reviews.asked);
    }

    @Test
    void theClustersWordIsRememberedForAWhileForGoodAndBad() throws IOException {
        reviews.known.put("sa", new Review.ServiceAccount("clawpod/host"));
        Callers callers = callers(false, "clawpod/host");
        for (int i = 0; i < 3; i++) {
            assertEquals(new Caller.Known("clawpod/host"), callers.identify("sa"));
            assertEquals(new Caller.Unknown(), callers.identify("rejected"));
        }
        assertEquals(List.of("sa", "rejected"), reviews.asked);
    }

    @Test
    void aClusterThatDoesNotAnswerLeavesItOpenAndIsAskedAgain() throws IOException {
        reviews.known.put("sa", new Review.Unavailable(DOWN));
        Callers callers = callers(false, "clawpod/host");
        assertEquals(new Caller.Undecided(DOWN), callers.identify("sa"));
        reviews.known.put("sa", new Review.ServiceAccount("clawpod/host"));
        assertEquals(new Caller.Known("clawpod/host"), callers.identify("sa"));
    }

    @Test
    void withNeitherConfiguredNobodyIsLetIn() throws IOException {
        Callers callers = callers(false);
        for (String token : List.of("", STATIC)) {
            Caller.Undecided undecided = assertInstanceOf(Caller.Undecided.class, callers.identify(token));
            assertEquals(ErrorCode.CALLERS_NOT_CONFIGURED, undecided.problem().code());
            assertFalse(callers.mayBlock(token));
        }
        assertEquals(1, callers.faults().size());
        assertEquals(List.of(), reviews.asked);
    }

    @Test
    void aFileThatCannotBeReadIsAFaultAndLetsNobodyIn() {
        Callers callers = new Callers(
                Optional.of(folder.resolve("missing")), Optional.of("clawpod/spawner-callers"), Set.of(), reviews);
        callers.refresh();
        assertEquals(new Caller.Unknown(), callers.identify(STATIC));
        assertEquals(1, callers.faults().size());
        assertTrue(callers.faults().get(0).contains("Secret clawpod/spawner-callers"), callers.faults()::toString);
    }
}

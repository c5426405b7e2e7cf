package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SpotCheckTest {
    private final SlimPods shown = new SlimPods();
    private final Map<String, String> actual = new HashMap<>();
    private final SpotCheck check = new SpotCheck(() -> shown);

    private void show(String name, String version) {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("agents")
                .withResourceVersion(version)
                .endMetadata()
                .build();
        shown.put(shown.getKey(pod), pod);
    }

    private @Nullable String actual(String key) {
        return actual.get(key.substring("agents/".length()));
    }

    private boolean found() {
        return found(this::actual);
    }

    private boolean found(Function<String, @Nullable String> asked) {
        AtomicBoolean found = new AtomicBoolean();
        check.run(asked, () -> found.set(true));
        return found.get();
    }

    @Test
    void aWatchThatShowsWhatIsThereHasMissedNothing() {
        show("a", "1");
        actual.put("a", "1");
        for (int i = 0; i < 5; i++) {
            assertFalse(found());
        }
    }

    @Test
    void anEventThatIsOnItsWayIsNoProof() {
        show("a", "1");
        actual.put("a", "2");
        assertFalse(found());
        show("a", "2");
        actual.put("a", "3");
        assertFalse(found());
    }

    @Test
    void anEventThatStaysAwayIsProof() {
        show("a", "1");
        actual.put("a", "2");
        assertFalse(found());
        assertTrue(found());
    }

    @Test
    void aPodThatIsGoneAndStillShownIsProof() {
        show("a", "1");
        assertFalse(found());
        assertTrue(found());
    }

    @Test
    void aPodWhoseEndArrivesInTimeIsNoProof() {
        show("a", "1");
        assertFalse(found());
        shown.remove("agents/a");
        assertFalse(found());
    }

    @Test
    void allPodsHaveTheirTurn() {
        Set<String> asked = new HashSet<>();
        for (int i = 0; i < 3 * SpotCheck.EACH - 1; i++) {
            show("pod-" + i, "1");
        }
        for (int i = 0; i < 3; i++) {
            found(key -> {
                asked.add(key);
                return "1";
            });
        }
        assertEquals(3 * SpotCheck.EACH - 1, asked.size());
    }

    @Test
    void anApiServerThatDoesNotAnswerProvesNothing() {
        show("a", "1");
        assertFalse(found());
        checkWithoutAnAnswer();
        actual.put("a", "1");
        assertFalse(found());
    }

    private void checkWithoutAnAnswer() {
        assertThrows(
                IllegalStateException.class,
                () -> found(key -> {
                    throw new IllegalStateException("away");
                }));
    }

    @Test
    void aSuspectIsOneStillAfterACheckThatGotNoAnswer() {
        show("a", "1");
        assertFalse(found());
        checkWithoutAnAnswer();
        assertTrue(found());
    }

    @Test
    void aPodThatCalledAndStaysUnshownIsProof() {
        actual.put("new", "1");
        assertFalse(found(), "nobody has called");
        check.missing("agents/new");
        assertFalse(found());
        assertTrue(found());
    }

    @Test
    void aPodThatCalledAndIsShownInTimeIsNoProof() {
        actual.put("new", "1");
        check.missing("agents/new");
        assertFalse(found());
        show("new", "1");
        assertFalse(found());
    }

    @Test
    void aPodThatCalledAndIsNotThereIsNoProof() {
        check.missing("agents/gone");
        assertFalse(found());
        assertFalse(found());
    }

    @Test
    void callersThatAreNotShownAskForABoundedNumberOfPods() {
        Set<String> asked = new HashSet<>();
        for (int i = 0; i < 3 * SpotCheck.EACH; i++) {
            check.missing("agents/pod-" + i);
        }
        found(key -> {
            asked.add(key);
            return null;
        });
        assertEquals(SpotCheck.EACH, asked.size());
    }

    /** The event loop that notes it may be the one by which the check's answer comes. */
    @Test
    void whoCallsUnshownDuringACheckNeedNotWaitForItsAnswer() {
        show("a", "1");
        actual.put("new", "1");
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> found(key -> {
                    CompletableFuture.runAsync(() -> check.missing("agents/new"))
                            .join();
                    return "1";
                }));
        actual.put("a", "1");
        assertFalse(found());
        assertTrue(found(), "what was noted meanwhile is asked about next");
    }

    @Test
    void aCheckThatIsUnderWayIsNotDoubled() {
        show("a", "1");
        actual.put("a", "2");
        assertFalse(found());
        AtomicInteger begunAnew = new AtomicInteger();
        Runnable onMissed = () -> {
            check.run(this::actual, begunAnew::incrementAndGet);
            begunAnew.incrementAndGet();
        };
        check.run(
                key -> {
                    check.run(this::actual, onMissed);
                    return actual(key);
                },
                onMissed);
        assertEquals(1, begunAnew.get());
    }
}

package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SilencesTest {
    private static final Duration SHORT = Duration.ofMillis(10);

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close();
    }

    @Test
    void onlyTheSilencesThatLastAreTold() throws Exception {
        List<String> told = new ArrayList<>();
        CompletableFuture<Void> last = new CompletableFuture<>();
        vertx.runOnContext(now -> {
            Silence stopped = Silence.within(vertx, SHORT, () -> told.add("stopped"));
            Silence.within(vertx, Duration.ZERO, () -> told.add("without a limit"));
            Silence.within(vertx, SHORT, () -> told.add("first"));
            Silence excused = Silence.within(vertx, SHORT, () -> told.add("excused"));
            Silence.within(vertx, Duration.ofHours(1), () -> told.add("long"));
            Silence.within(vertx, SHORT, () -> told.add("second"));
            excused.excuse(true);
            stopped.stop();
            stopped.stop();
            // Begun last and as long as two looks, so that the others have been looked at by then.
            Silence.within(vertx, Silences.TICK.multipliedBy(2), () -> last.complete(null));
        });
        last.get(10, TimeUnit.SECONDS);
        assertEquals(List.of("first", "second"), told.stream().sorted().toList());
    }

    @Test
    void oneMayBeginAfterAllOthersHaveEnded() throws Exception {
        CompletableFuture<Void> second = new CompletableFuture<>();
        vertx.runOnContext(now -> Silence.within(
                vertx,
                SHORT,
                () -> vertx.setTimer(
                        Silences.TICK.multipliedBy(2).toMillis(),
                        later -> Silence.within(vertx, SHORT, () -> second.complete(null)))));
        second.get(10, TimeUnit.SECONDS);
    }

    @Test
    void theyBelongToAnEventLoop() {
        assertThrows(IllegalStateException.class, () -> Silence.within(vertx, SHORT, () -> {}));
    }
}

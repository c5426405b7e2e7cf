package io.clawpod.spawner.reap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.reap.Reaping.Due;
import io.clawpod.spawner.session.ReapTargets.Seen;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.testing.SampleSessions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverdueTest {
    private static final Budgets BUDGETS = new Budgets(
            Duration.ofSeconds(300),
            Duration.ofSeconds(600),
            Duration.ofSeconds(120),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30));

    /** Times are seconds after what the session waits for began, as its pod tells; seen is when it was seen with its reason. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // what                              | state    | reason               | seen | grace over | now  | due
                "no node yet                         | pending  | unscheduled          | 0    | -          | 299  | -",
                "no node for too long                | pending  | unscheduled          | 0    | -          | 300  | schedule-timeout",
                "the pod tells, whoever leads        | pending  | unscheduled          | 299  | -          | 300  | schedule-timeout",
                "held                                | pending  | held                 | 0    | -          | 9999 | -",
                "fetches                             | pending  | pulling              | 0    | -          | 599  | -",
                "fetches for too long                | pending  | pulling              | 0    | -          | 600  | pull-timeout",
                "registry down                       | pending  | registry_unavailable | 0    | -          | 599  | -",
                "registry down for too long          | pending  | registry_unavailable | 590  | -          | 600  | pull-timeout",
                "words that nobody knows             | pending  | image_unavailable    | 0    | -          | 600  | pull-timeout",
                "no such image, a moment             | pending  | image_not_found      | 0    | -          | 59   | -",
                "no such image                       | pending  | image_not_found      | 0    | -          | 60   | image-fault",
                "no such image after a long try      | pending  | image_not_found      | 100  | -          | 159  | -",
                "no such image since                 | pending  | image_not_found      | 100  | -          | 160  | image-fault",
                "no such image just now, too late    | pending  | image_not_found      | 599  | -          | 600  | pull-timeout",
                "denied                              | pending  | image_denied         | 0    | -          | 60   | image-fault",
                "for another platform                | pending  | image_platform       | 0    | -          | 60   | image-fault",
                "no name                             | pending  | image_invalid        | 0    | -          | 60   | image-fault",
                "starts                              | pending  | starting             | 0    | -          | 119  | -",
                "starts for too long                 | pending  | starting             | 0    | -          | 120  | start-timeout",
                "cannot be made, after a long fetch  | pending  | config_error         | 500  | -          | 619  | -",
                "cannot be made for too long         | pending  | config_error         | 500  | -          | 620  | start-timeout",
                "failed and is made anew             | pending  | restarting           | 0    | -          | 9999 | -",
                "runs                                | running  | -                    | 0    | -          | 9999 | -",
                "stale                               | unhealthy | heartbeat_stale     | 0    | -          | 9999 | -",
                "ended                               | ended    | pull_timeout         | 0    | -          | 9999 | -",
                "goes, its node answers              | stopping | stopped              | 0    | -          | 9999 | -",
                "goes, its node is silent            | stopping | stopped              | 0    | 100        | 129  | -",
                "goes, its node is silent for long   | stopping | stopped              | 0    | 100        | 130  | node-gone",
                "lost, and was not to go             | unhealthy | lost                | 0    | -          | 9999 | -",
                "has ended, its node is silent       | ended    | stopped              | 0    | 100        | 130  | node-gone",
            })
    void whatTakesTooLongIsDue(
            String what,
            String state,
            @Nullable String reason,
            long seen,
            @Nullable Long graceOver,
            long now,
            @Nullable String due) {
        Seen session = new Seen(
                SampleSessions.onNode(
                        "a",
                        SessionState.valueOf(state.toUpperCase(Locale.ROOT)),
                        reason == null ? null : Reason.valueOf(reason.toUpperCase(Locale.ROOT))),
                null,
                graceOver == null ? null : SampleSessions.MADE.plusSeconds(graceOver),
                SampleSessions.MADE.plusSeconds(seen));
        List<Due> found = Overdue.due(List.of(session), SampleSessions.MADE.plusSeconds(now), BUDGETS);
        assertEquals(
                due == null ? List.of() : List.of(due),
                found.stream().map(each -> each.why().code()).toList(),
                what);
        found.forEach(each -> assertTrue(each.note().length() > 10, each.note()));
    }

    @Test
    void aBudgetOfNothingIsRefusedByItsName() {
        Duration good = Duration.ofSeconds(1);
        Duration bad = Duration.ofMillis(999);
        assertEquals(good, new Budgets(good, good, good, good, good).schedule());
        assertEquals(
                "clawpod.budget.schedule",
                assertThrows(InvalidValue.class, () -> new Budgets(bad, good, good, good, good))
                        .field());
        assertEquals(
                "clawpod.budget.image-error",
                assertThrows(InvalidValue.class, () -> new Budgets(good, good, good, bad, good))
                        .field());
        assertEquals(
                "clawpod.reap.node-gone-after",
                assertThrows(InvalidValue.class, () -> new Budgets(good, good, good, good, bad))
                        .field());
    }
}

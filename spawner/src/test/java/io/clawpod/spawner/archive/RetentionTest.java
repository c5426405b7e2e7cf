package io.clawpod.spawner.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.clawpod.spawner.archive.Index.Kept;
import io.clawpod.spawner.archive.Retention.Loss;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What goes when there is too much, or it is too old. */
final class RetentionTest {
    private static final Instant NOW = Instant.parse("2026-01-31T00:00:00Z");

    /** {@code name:days since its end, or - while it runs:bytes of each piece of its log}; a record has 10 bytes. */
    private static Kept kept(String written) {
        String[] parts = written.split(":", -1);
        boolean ended = !parts[1].equals("-");
        Map<Integer, Long> segments = new HashMap<>();
        List<String> sizes = Arrays.stream(parts[2].split("\\+", -1))
                .filter(size -> !size.isEmpty())
                .toList();
        for (int i = 0; i < sizes.size(); i++) {
            segments.put(i + 3, Long.valueOf(sizes.get(i)));
        }
        Instant end = ended ? NOW.minus(Duration.ofDays(Long.parseLong(parts[1]))) : null;
        return new Kept(
                parts[0],
                "i",
                parts[0],
                null,
                NOW.minus(Duration.ofDays(90)),
                ended,
                end,
                null,
                ended,
                "1",
                10,
                segments);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "nothing", textBlock = """
            a:1:50 b:2:50                      | nothing
            a:31:50 b:29:50                    | a
            a:30:50                            | nothing
            a:1:500 b:2:500                    | b
            a:1:500 b:2:900 c:3:900            | c b
            a:1:2000                           | a
            a:-:2000                           | nothing
            a:-:400+400+400                    | a/3
            a:-:900+900+900                    | a/3 a/4
            a:-:600+600 b:1:100                | b a/3
            a:-:100+100 b:-:600+600            | b/3
            a:40: b:-:1                        | a
            """)
    void whatIsOldestGoesFirst(String all, String lost) {
        List<Kept> sessions = Arrays.stream(all.strip().split(" +", -1))
                .map(RetentionTest::kept)
                .toList();
        String losses = Retention.losses(sessions, NOW, Duration.ofDays(30), 1000).stream()
                .map(loss -> loss.kept().folder() + (loss instanceof Loss.Oldest oldest ? "/" + oldest.segment() : ""))
                .collect(Collectors.joining(" "));
        assertEquals(lost == null ? "" : lost, losses);
    }
}

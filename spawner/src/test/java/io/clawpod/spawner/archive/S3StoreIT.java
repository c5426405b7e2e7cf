package io.clawpod.spawner.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.testing.S3Process;
import io.clawpod.spawner.testing.TestClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive in a server that speaks S3. */
class S3StoreIT {
    private static final LogLimits LIMITS = new LogLimits(1 << 20, Duration.ofSeconds(10));

    @TempDir
    static @Nullable Path folder;

    private static @Nullable S3Process server;

    @BeforeAll
    static void start() {
        server = new S3Process(Objects.requireNonNull(folder));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static S3Settings settings(String bucket, String secret, URI endpoint) throws IOException {
        Path keys = Objects.requireNonNull(folder);
        return new S3Settings(
                endpoint,
                bucket,
                "clusters/one",
                "us-east-1",
                true,
                Files.writeString(keys.resolve("access"), S3Process.ACCESS + "\n"),
                Files.writeString(keys.resolve("secret-" + secret), secret + "\n"));
    }

    private static S3Store store(String bucket, String secret) throws IOException {
        return new S3Store(
                settings(bucket, secret, Objects.requireNonNull(server).endpoint()));
    }

    private static S3Store store() throws IOException {
        return store(S3Process.BUCKET, S3Process.SECRET);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void filesAreWrittenReadListedAndRemoved() throws IOException {
        try (S3Store store = store()) {
            store.write("a/b/c/record.json", bytes("one"));
            store.write("a/b/c/record.json", bytes("three"));
            assertArrayEquals(bytes("hre"), store.read("a/b/c/record.json", 1, 3));
            assertEquals(0, store.read("a/b/c/record.json", 9, 3).length);
            assertEquals(0, store.read("a/b/c/none", 0, 3).length);
            assertEquals(5, store.list("a/b").get(0).bytes());
            assertEquals("a/b/c/record.json", store.list("a/b").get(0).path());
            store.delete("a/b/c/record.json");
            store.delete("a/b/c/record.json");
            assertEquals(List.of(), store.list("a/b"));
        }
    }

    @Test
    void aFileGrowsIsPutTogetherAndCut() throws IOException {
        try (S3Store store = store();
                S3Store reader = store()) {
            String path = "i/p/u/log-000000.gz";
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 70; i++) {
                String piece = "piece " + i + ";";
                store.append(path, all.length(), bytes(piece));
                all.append(piece);
                if (i == 20) {
                    reader.list("i/p/u");
                }
            }
            assertEquals(all.toString(), new String(reader.read(path, 0, 10_000), StandardCharsets.UTF_8));
            assertEquals(all.substring(100, 130), new String(store().read(path, 100, 30), StandardCharsets.UTF_8));
            assertEquals(all.length(), store.list("i/p/u").get(0).bytes());
            assertThrows(StoreFault.class, () -> store.append(path, 7, bytes("x")));
            store.truncate(path, 123);
            assertEquals(all.substring(0, 123), new String(store().read(path, 0, 10_000), StandardCharsets.UTF_8));
            store.delete(path);
            assertEquals(List.of(), store.list("i/p/u"));
        }
    }

    @Test
    void ofTwoWritersOneIsTold() throws IOException {
        try (S3Store one = store();
                S3Store other = store()) {
            String path = "i/p/two/log-000000.gz";
            one.append(path, 0, bytes("a"));
            assertEquals(1, other.list("i/p/two").get(0).bytes());
            one.append(path, 1, bytes("b"));
            StoreFault fault = assertThrows(StoreFault.class, () -> other.append(path, 1, bytes("c")));
            assertEquals(StoreFault.Kind.CHANGED, fault.kind());
        }
    }

    @Test
    void aLogIsKeptThereAsInAFolder() throws IOException {
        try (S3Store store = store()) {
            TestClock clock = new TestClock();
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < 5; i++) {
                SessionLog log = SessionLog.open(store, "i/p/log", LIMITS, clock, new AtomicLong());
                for (int j = 0; j < 10; j++) {
                    String line = "2026-01-02T03:04:0" + i + ".00000000" + j + "Z line " + j + "\n";
                    log.take(bytes(line));
                    log.flush();
                    expected.append(line);
                }
            }
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            LogReading.open(StoredLog.find(store, "i/p/log"), new LogQuery(false, null, null, true)).stream(
                            Runnable::run)
                    .collect()
                    .asList()
                    .await()
                    .atMost(Duration.ofSeconds(20))
                    .forEach(all::writeBytes);
            assertEquals(expected.toString(), all.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void whatIsWrongIsNamed() throws IOException {
        try (S3Store wrongKey = store(S3Process.BUCKET, "wrong");
                S3Store wrongBucket = store("absent", S3Process.SECRET);
                S3Store nowhere =
                        new S3Store(settings(S3Process.BUCKET, S3Process.SECRET, URI.create("http://127.0.0.1:1")))) {
            StoreFault refused = assertThrows(StoreFault.class, () -> wrongKey.write("x", bytes("x")));
            assertEquals(StoreFault.Kind.REFUSED, refused.kind());
            assertTrue(
                    String.valueOf(refused.getMessage()).contains("refuses us (SignatureDoesNotMatch)"),
                    refused::toString);
            StoreFault absent = assertThrows(StoreFault.class, () -> wrongBucket.write("x", bytes("x")));
            assertEquals("create it, or change clawpod.archive.s3.bucket", absent.remedy());
            StoreFault silent = assertThrows(StoreFault.class, () -> nowhere.write("x", bytes("x")));
            assertEquals(StoreFault.Kind.UNREACHABLE, silent.kind());
        }
    }

    @Test
    void partsThatOthersHoldAreLeftOut() {
        List<Parts.Part> all = List.of(
                new Parts.Part("f.gz", 4, 9),
                new Parts.Part("f.gz", 0, 4),
                new Parts.Part("f.gz", 0, 2),
                new Parts.Part("f.gz", 2, 4),
                new Parts.Part("f.gz", 12, 14));
        assertEquals(List.of(new Parts.Part("f.gz", 0, 4), new Parts.Part("f.gz", 4, 9)), Parts.cover(all));
        assertEquals(
                all.stream().sorted(Comparator.comparing(Parts.Part::name)).toList(),
                all.stream()
                        .map(part -> Objects.requireNonNull(Parts.Part.parse(part.name())))
                        .sorted(Comparator.comparing(Parts.Part::name))
                        .toList());
    }
}

import io.clawpod.common.SessionKey;
import io.clawpod.common.SessionToken;
import io.clawpod.common.SessionTokens;
import io.clawpod.common.SigningKey;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * The benchmark's client, upstream, key server and API server, all on one event loop and as cheap as they can be: requests are
 * bytes made once, and answers are only looked at for their end. Run by {@code run}, which says how.
 */
public final class Bench {
    private static final String REAL_KEY = "sk-ant-real-0123456789";
    private static final int EVENTS = 200;
    private static final int POST_BYTES = 100 * 1024;
    private static final int LARGE_BYTES = 1024 * 1024;
    private static final int IDLE_STREAMS = 2_000;
    private static final String NAMESPACE = "clawpod-agents";
    private static final Vertx VERTX =
            Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setMaxEventLoopExecuteTime(60_000_000_000L));

    private Bench() {}

    // ---- what is measured ------------------------------------------------------------------------------------------

    private record Target(String name, int port, long pid) {}

    /** One kind of call: the request's bytes, and how its answer ends. */
    private record Call(String name, byte[] request, Predicate<Tail> ended, int connections, int perSecond) {}

    /** The last bytes of an answer so far, and how many there were in all. */
    private static final class Tail {
        private final byte[] last = new byte[5];
        private long count;

        void add(Buffer chunk) {
            int length = chunk.length();
            if (length >= last.length) {
                chunk.getBytes(length - last.length, length, last);
            } else {
                System.arraycopy(last, length, last, 0, last.length - length);
                chunk.getBytes(0, length, last, last.length - length);
            }
            count += length;
        }

        boolean endsWith(String text) {
            int at = last.length - text.length();
            for (int i = 0; i < text.length(); i++) {
                if (last[at + i] != text.charAt(i)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** What one measurement gave: calls, seconds, processor seconds of the proxy, latencies in nanoseconds. */
    private static final class Result {
        long calls;
        double seconds;
        double cpu;
        final List<long[]> latencies = new ArrayList<>();
    }

    private static long ticksOf(long pid) {
        try {
            // The processes of nginx are a master and a worker.
            long sum = 0;
            for (long each : withChildren(pid)) {
                String stat = Files.readString(Path.of("/proc/" + each + "/stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                sum += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
            }
            return sum;
        } catch (IOException e) {
            throw new IllegalStateException("process " + pid + " is gone", e);
        }
    }

    private static List<Long> withChildren(long pid) {
        List<Long> all = new ArrayList<>(List.of(pid));
        ProcessHandle.of(pid).ifPresent(handle -> handle.descendants().forEach(child -> all.add(child.pid())));
        return all;
    }

    /** Resident memory of its own (shared pages of nginx' two processes count once). */
    private static double mebibytesOf(long pid) {
        long kibibytes = 0;
        for (long each : withChildren(pid)) {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/" + each + "/smaps_rollup"))) {
                    if (line.startsWith("Pss:")) {
                        kibibytes += Long.parseLong(line.replaceAll("[^0-9]", ""));
                    }
                }
            } catch (IOException e) {
                throw new IllegalStateException("process " + each + " is gone", e);
            }
        }
        return kibibytes / 1024.0;
    }

    private static <T> T join(CompletableFuture<T> future, int seconds) throws Exception {
        return future.get(seconds, TimeUnit.SECONDS);
    }

    // ---- load ------------------------------------------------------------------------------------------------------

    private static final NetClient CLIENT =
            VERTX.createNetClient(new NetClientOptions().setTcpNoDelay(true).setReconnectAttempts(0));

    /** Calls as fast as the answers come on each connection, or so many a second over all; for so many seconds. */
    private static Result measure(Target target, Call call, double seconds, boolean paced) throws Exception {
        Result result = new Result();
        long ticks = target.pid() == 0 ? 0 : ticksOf(target.pid());
        long began = System.nanoTime();
        long until = began + (long) (seconds * 1e9);
        CompletableFuture<Void> over = new CompletableFuture<>();
        AtomicInteger open = new AtomicInteger(call.connections());
        long[] latencies = new long[4_000_000];
        int[] count = {0};
        Buffer request = Buffer.buffer(call.request());
        long interval = paced ? 1_000_000_000L * call.connections() / call.perSecond() : 0;
        for (int i = 0; i < call.connections(); i++) {
            long offset = interval * i / call.connections();
            CLIENT.connect(target.port(), "127.0.0.1").onComplete(connected -> {
                if (connected.failed()) {
                    over.completeExceptionally(connected.cause());
                    return;
                }
                NetSocket socket = connected.result();
                Tail tail = new Tail();
                long[] sentAt = {0};
                long[] due = {began + offset};
                Runnable send = () -> {
                    sentAt[0] = paced ? due[0] : System.nanoTime();
                    tail.count = 0;
                    socket.write(request);
                };
                Runnable next = () -> {
                    long now = System.nanoTime();
                    due[0] += interval;
                    if (!paced || due[0] <= now) {
                        due[0] = Math.max(due[0], now - interval);
                        send.run();
                    } else {
                        VERTX.setTimer(Math.max(1, (due[0] - now) / 1_000_000), timer -> {
                            due[0] = System.nanoTime();
                            send.run();
                        });
                    }
                };
                socket.closeHandler(closed -> {
                    if (open.get() > 0) {
                        over.completeExceptionally(new IOException(target.name() + " closed a connection"));
                    }
                });
                socket.handler(chunk -> {
                    if (tail.count == 0 && !(chunk.length() > 12 && chunk.getString(9, 12).equals("200"))) {
                        over.completeExceptionally(new IOException(target.name() + " answered " + chunk));
                        return;
                    }
                    tail.add(chunk);
                    if (!call.ended().test(tail)) {
                        return;
                    }
                    long now = System.nanoTime();
                    latencies[count[0]++] = now - sentAt[0];
                    if (now < until) {
                        next.run();
                    } else if (open.decrementAndGet() == 0) {
                        over.complete(null);
                    }
                });
                if (paced) {
                    VERTX.setTimer(1 + offset / 1_000_000, timer -> {
                        due[0] = System.nanoTime();
                        send.run();
                    });
                } else {
                    send.run();
                }
                sockets.add(socket);
            });
        }
        try {
            join(over, (int) seconds + 60);
        } finally {
            closeAll();
        }
        result.seconds = (System.nanoTime() - began) / 1e9;
        result.calls = count[0];
        result.cpu = target.pid() == 0 ? 0 : (ticksOf(target.pid()) - ticks) / 100.0;
        result.latencies.add(Arrays.copyOf(latencies, count[0]));
        return result;
    }

    private static final List<NetSocket> sockets = new ArrayList<>();

    private static void closeAll() throws Exception {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        VERTX.runOnContext(now -> {
            sockets.forEach(socket -> {
                socket.closeHandler(ignored -> {});
                socket.close();
            });
            sockets.clear();
            closed.complete(null);
        });
        join(closed, 10);
    }

    /** Memory before, and while so many streams are open; then one event to each, which all have to arrive. */
    private static String idle(Target target, byte[] request) throws Exception {
        double before = mebibytesOf(target.pid());
        AtomicInteger got = new AtomicInteger();
        CompletableFuture<Void> opened = new CompletableFuture<>();
        CompletableFuture<Void> told = new CompletableFuture<>();
        int[] asked = {0};
        Runnable[] connect = new Runnable[1];
        connect[0] = () -> {
            if (asked[0]++ >= IDLE_STREAMS) {
                return;
            }
            CLIENT.connect(target.port(), "127.0.0.1").onComplete(connected -> {
                if (connected.failed()) {
                    opened.completeExceptionally(connected.cause());
                    return;
                }
                NetSocket socket = connected.result();
                sockets.add(socket);
                StringBuilder text = new StringBuilder();
                socket.handler(chunk -> {
                    text.append(chunk.toString(StandardCharsets.ISO_8859_1));
                    if (text.indexOf("event-2") >= 0) {
                        text.setLength(0);
                        if (got.incrementAndGet() == 2 * IDLE_STREAMS) {
                            told.complete(null);
                        }
                    } else if (text.indexOf("event-1") >= 0 && text.charAt(0) == 'H') {
                        text.setLength(0);
                        connect[0].run();
                        if (got.incrementAndGet() == IDLE_STREAMS) {
                            opened.complete(null);
                        }
                    }
                });
                socket.closeHandler(closed -> opened.completeExceptionally(new IOException("a stream was closed")));
                socket.write(Buffer.buffer(request));
            });
        };
        VERTX.runOnContext(now -> {
            for (int i = 0; i < 50; i++) {
                connect[0].run();
            }
        });
        join(opened, 60);
        long ticks = ticksOf(target.pid());
        Thread.sleep(5_000);
        double cpu = (ticksOf(target.pid()) - ticks) / 100.0 / 5;
        double during = mebibytesOf(target.pid());
        long began = System.nanoTime();
        VERTX.runOnContext(now -> {
            IDLE.forEach(answer -> answer.response().write("data: event-2\n\n"));
            IDLE.clear();
        });
        join(told, 30);
        double millis = (System.nanoTime() - began) / 1e6;
        closeAll();
        return String.format(
                Locale.ROOT,
                "%.1f MiB before, %.1f MiB with %d idle streams (%.1f KiB each), %.1f %% of a processor idle, "
                        + "one event to all in %.0f ms",
                before,
                during,
                IDLE_STREAMS,
                (during - before) * 1024 / IDLE_STREAMS,
                cpu * 100,
                millis);
    }

    // ---- the upstream, the keys and the API server -----------------------------------------------------------------

    private static final List<HttpServerRequest> IDLE = new ArrayList<>();

    /** Answers as soon as the request is read: bytes of a fixed head, or 200 events, each in a write of its own. */
    private static void serve(HttpServerRequest request) {
        if (request.path().endsWith("/large")) {
            request.response().putHeader("content-type", "application/json").end(LARGE);
        } else if (!REAL_KEY.equals(request.getHeader("x-api-key"))) {
            request.response().setStatusCode(401).end();
        } else if (request.path().equals("/v1/models")) {
            request.response().putHeader("content-type", "text/plain").end("0123456789");
        } else if (request.path().equals("/v1/models/idle")) {
            IDLE.add(request);
            request.response().putHeader("content-type", "text/event-stream").setChunked(true);
            request.response().write("data: event-1\n\n");
        } else {
            request.endHandler(read -> {
                request.response().putHeader("content-type", "text/event-stream").setChunked(true);
                events(request, 0);
            });
        }
    }

    /** Text in which the scrub finds nothing, but has to look. */
    private static final Buffer LARGE = large();

    private static Buffer large() {
        StringBuilder text = new StringBuilder("{\"text\": \"");
        while (text.length() < LARGE_BYTES - 64) {
            text.append("The scrub looks for a key and its encodings. ");
        }
        return Buffer.buffer(text.append("\"}").toString());
    }

    private static final Buffer EVENT = Buffer.buffer("event: content_block_delta\ndata: {\"type\":\"content_block_delta\","
            + "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" and so on\"}}\n\n");

    private static void events(HttpServerRequest request, int sent) {
        if (sent == EVENTS) {
            request.response().end();
            return;
        }
        request.response().write(EVENT);
        VERTX.runOnContext(now -> events(request, sent + 1));
    }

    private static int listen(HttpServer server) throws Exception {
        return join(server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture(), 10)
                .actualPort();
    }

    private static JsonObject pod(String uid) {
        return new JsonObject()
                .put("kind", "Pod")
                .put("apiVersion", "v1")
                .put(
                        "metadata",
                        new JsonObject()
                                .put("name", "chat-1")
                                .put("namespace", NAMESPACE)
                                .put("uid", uid)
                                .put("resourceVersion", "7")
                                .put("labels", new JsonObject().put("app.kubernetes.io/managed-by", "clawpod-spawner")))
                .put("status", new JsonObject().put("phase", "Running").put("podIP", "127.0.0.1"));
    }

    private static void apiServer(HttpServerRequest request, JsonObject pod) {
        if (request.params().contains("watch") && request.getHeader("upgrade") != null) {
            request.toWebSocket();
        } else if (request.params().contains("watch")) {
            request.response().setChunked(true).putHeader("content-type", "application/json").writeHead();
        } else {
            boolean one = request.path().endsWith("/pods/chat-1");
            request.response()
                    .putHeader("content-type", "application/json")
                    .end((one ? pod : new JsonObject()
                            .put("kind", "PodList")
                            .put("apiVersion", "v1")
                            .put("metadata", new JsonObject().put("resourceVersion", "7"))
                            .put("items", new JsonArray().add(pod)))
                            .encode());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    // ---- the run ---------------------------------------------------------------------------------------------------

    public static void main(String[] args) {
        try {
            run(args);
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void run(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int rounds = Integer.parseInt(args[1]);
        double seconds = Double.parseDouble(args[2]);
        SigningKey key = SigningKey.generate();
        String uid = UUID.randomUUID().toString();
        Instant now = Instant.now();
        SessionToken token = new SessionToken(
                "clawpod-spawner",
                SessionKey.of("3f2a9c1e", "chat"),
                "family",
                "main",
                NAMESPACE,
                "chat-1",
                uid,
                now,
                now.plusSeconds(86_400),
                UUID.randomUUID().toString());
        String sent = SessionTokens.sign(token, key).reveal();
        int upstream = listen(VERTX.createHttpServer().requestHandler(Bench::serve));
        int jwks = listen(VERTX.createHttpServer()
                .requestHandler(request -> request.response()
                        .end(new JsonObject()
                                .put("keys", new JsonArray().add(new JsonObject(key.publicJwk())))
                                .encode())));
        int api = listen(VERTX.createHttpServer().requestHandler(request -> apiServer(request, pod(uid))));
        int[] ports = {freePort(), freePort(), freePort(), freePort()};
        Files.writeString(
                folder.resolve("ready.new"),
                "REAL_KEY=" + REAL_KEY + "\nUPSTREAM=http://127.0.0.1:" + upstream + "\nUPSTREAM_PORT=" + upstream
                        + "\nJWKS=http://127.0.0.1:" + jwks + "/jwks.json\nAPI_SERVER=http://127.0.0.1:" + api
                        + "\nCLAWPOD_PORT=" + ports[0] + "\nNGINX_PORT=" + ports[1] + "\nNODE_PORT=" + ports[2]
                        + "\nMANAGEMENT_PORT=" + ports[3] + "\n");
        Files.move(folder.resolve("ready.new"), folder.resolve("ready"));
        while (!Files.exists(folder.resolve("pids"))) {
            Thread.sleep(50);
        }
        String[] pids = Files.readString(folder.resolve("pids")).trim().split(" ");
        List<Target> proxies = List.of(
                new Target("clawpod", ports[0], Long.parseLong(pids[0])),
                new Target("nginx", ports[1], Long.parseLong(pids[1])),
                new Target("node", ports[2], Long.parseLong(pids[2])));
        Target direct = new Target("direct", upstream, 0);

        // The real key goes along so that the upstream takes the direct calls; proxies replace it with the same.
        String head = "Host: proxy\r\nUser-Agent: bench\r\nAccept: */*\r\nAnthropic-Version: 2023-06-01\r\n";
        String auth = "x-api-key: " + sent + "\r\n";
        Map<String, byte[]> prompts = new LinkedHashMap<>();
        for (boolean straight : new boolean[] {true, false}) {
            String keyLine = straight ? "x-api-key: " + REAL_KEY + "\r\n" : auth;
            prompts.put("get" + straight, ("GET /v1/models HTTP/1.1\r\n" + head + keyLine + "\r\n").getBytes(StandardCharsets.US_ASCII));
            prompts.put("large" + straight, ("GET /v1/models/large HTTP/1.1\r\n" + head + keyLine + "\r\n").getBytes(StandardCharsets.US_ASCII));
            prompts.put("plain" + straight, ("GET /" + (straight ? "" : "plain/") + "v1/models/large HTTP/1.1\r\n" + head + keyLine + "\r\n").getBytes(StandardCharsets.US_ASCII));
            prompts.put("idle" + straight, ("GET /v1/models/idle HTTP/1.1\r\n" + head + keyLine + "\r\n").getBytes(StandardCharsets.US_ASCII));
            prompts.put(
                    "post" + straight,
                    ("POST /v1/messages?beta=true HTTP/1.1\r\n" + head + keyLine
                                    + "Content-Type: application/json\r\nContent-Length: " + POST_BYTES + "\r\n\r\n"
                                    + "p".repeat(POST_BYTES))
                            .getBytes(StandardCharsets.US_ASCII));
        }
        Map<String, Result> results = new LinkedHashMap<>();
        List<Target> all = new ArrayList<>(List.of(direct));
        all.addAll(proxies);
        waitFor(proxies, prompts.get("getfalse"));
        System.out.printf("warming up%n");
        for (Target target : all) {
            // The JVM compiles what is hot, on the same processor; until that is over nothing is said about its speed.
            double warmUp = target.name().equals("clawpod") ? 30 : 4;
            for (Call call : calls(prompts, target == direct)) {
                measure(target, call, call.perSecond() == 20 && call.name().startsWith("GET") ? 4 : warmUp, false);
            }
        }
        Map<String, List<Double>> memory = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            System.out.printf("round %d of %d%n", round + 1, rounds);
            for (Target target : all) {
                for (Call call : calls(prompts, target == direct)) {
                    merge(results, call.name() + " flat out", target, measure(target, call, seconds, false));
                    merge(results, call.name() + " paced", target, measure(target, call, seconds, true));
                }
                if (target.pid() != 0) {
                    memory.computeIfAbsent(target.name(), name -> new ArrayList<>()).add(mebibytesOf(target.pid()));
                }
            }
        }
        report(results, memory, calls(prompts, true));
        System.out.printf("%n%d idle streams%n", IDLE_STREAMS);
        for (Target target : proxies) {
            System.out.printf("  %-8s %s%n", target.name(), idle(target, prompts.get("idlefalse")));
        }
    }

    private static List<Call> calls(Map<String, byte[]> prompts, boolean straight) {
        return List.of(
                new Call(
                        "small GET",
                        prompts.get("get" + straight),
                        tail -> tail.count > 10 && tail.endsWith("56789"),
                        32,
                        500),
                new Call(
                        "100 KB POST, SSE of " + EVENTS,
                        prompts.get("post" + straight),
                        tail -> tail.endsWith("0\r\n\r\n"),
                        16,
                        20),
                new Call(
                        "GET of 1 MiB",
                        prompts.get("large" + straight),
                        tail -> tail.count > LARGE.length() && tail.endsWith(" \"}"),
                        8,
                        20),
                new Call(
                        "GET of 1 MiB without a credential",
                        prompts.get("plain" + straight),
                        tail -> tail.count > LARGE.length() && tail.endsWith(" \"}"),
                        8,
                        20));
    }

    private static void waitFor(List<Target> targets, byte[] request) throws Exception {
        for (Target target : targets) {
            for (int tries = 0; ; tries++) {
                try {
                    measure(target, new Call("try", request, tail -> tail.endsWith("56789"), 1, 1), 0, false);
                    break;
                } catch (Exception e) {
                    if (tries == 100) {
                        throw e;
                    }
                    Thread.sleep(200);
                }
            }
        }
    }

    private static void merge(Map<String, Result> results, String scenario, Target target, Result more) {
        Result sum = results.computeIfAbsent(scenario + "/" + target.name(), name -> new Result());
        sum.calls += more.calls;
        sum.seconds += more.seconds;
        sum.cpu += more.cpu;
        sum.latencies.addAll(more.latencies);
    }

    private static double percentile(Result result, double share) {
        long[] sorted =
                result.latencies.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return sorted[(int) Math.min(sorted.length - 1, sorted.length * share)] / 1e6;
    }

    private static void report(Map<String, Result> results, Map<String, List<Double>> memory, List<Call> calls) {
        for (Call call : calls) {
            System.out.printf("%n%s, flat out on %d connections%n", call.name(), call.connections());
            System.out.printf("  %-8s %10s %14s%n", "", "calls/s", "cpu us/call");
            for (String name : List.of("direct", "clawpod", "nginx", "node")) {
                Result r = results.get(call.name() + " flat out/" + name);
                System.out.printf(Locale.ROOT, "  %-8s %10.0f %14.1f%n", name, r.calls / r.seconds, r.cpu * 1e6 / r.calls);
            }
            Result ours = results.get(call.name() + " flat out/clawpod");
            for (String name : List.of("nginx", "node")) {
                Result r = results.get(call.name() + " flat out/" + name);
                System.out.printf(
                        Locale.ROOT,
                        "  clawpod / %-5s throughput x %.2f, processor x %.2f%n",
                        name,
                        (ours.calls / ours.seconds) / (r.calls / r.seconds),
                        (ours.cpu / ours.calls) / (r.cpu / r.calls));
            }
            System.out.printf("%s, %d a second: added to direct, in ms%n", call.name(), call.perSecond());
            Result direct = results.get(call.name() + " paced/direct");
            for (String name : List.of("clawpod", "nginx", "node")) {
                Result r = results.get(call.name() + " paced/" + name);
                System.out.printf(
                        Locale.ROOT,
                        "  %-8s p50 %7.3f   p99 %7.3f%n",
                        name,
                        percentile(r, 0.5) - percentile(direct, 0.5),
                        percentile(r, 0.99) - percentile(direct, 0.99));
            }
        }
        System.out.printf("%nresident memory after each round, MiB%n");
        memory.forEach((name, each) -> {
            StringBuilder line = new StringBuilder();
            each.forEach(value -> line.append(String.format(Locale.ROOT, " %7.1f", value)));
            System.out.printf("  %-8s%s%n", name, line);
        });
    }
}

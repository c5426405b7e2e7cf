package io.clawpod.spawner.calls;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.SecretText;
import io.clawpod.spawner.calls.Ledger.Told;
import io.clawpod.spawner.session.LastCalls;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Asks each credential proxy what its callers have called. {@link #refresh} and {@link #countsNow} block; the rest does
 * not. Thread-safe.
 */
public final class ProxyCalls implements LastCalls, AutoCloseable {
    /** For so long after all proxies have answered their counts are believed to be whole. */
    static final Duration FRESH_FOR = Duration.ofMinutes(1);

    /** For how long the calls of a pod that is gone can still be asked for. */
    static final Duration REMEMBERED = Duration.ofMinutes(30);

    /** How long after a look that failed an end of a session may be worth another. */
    static final Duration TRIED_AGAIN = Duration.ofSeconds(2);

    private static final Logger LOG = Logger.getLogger(ProxyCalls.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final List<String> COUNTS = List.of(
            "allowed",
            "refused",
            "receivedBytes",
            "sentBytes",
            "inputTokens",
            "outputTokens",
            "cacheCreationTokens",
            "cacheReadTokens");

    private final URI uri;
    private final HttpClient http;
    private final Supplier<Optional<SecretText>> token;
    private final Clock clock;
    private final Ledger ledger = new Ledger();
    private final ObjectMapper json = new ObjectMapper();
    private volatile long asked;
    private volatile Instant whole = Instant.EPOCH;
    private volatile Instant tried = Instant.EPOCH;
    private volatile @Nullable String fault = "the credential proxies have not been asked yet";

    /**
     * @param uri of the proxies' management port; each address of its host is a proxy
     * @param token by which they know the spawner; empty while it has no key
     */
    public ProxyCalls(Vertx vertx, URI uri, Supplier<Optional<SecretText>> token, Clock clock) {
        this.uri = uri;
        this.http = vertx.createHttpClient(new HttpClientOptions()
                .setConnectTimeout((int) TIMEOUT.toMillis())
                .setKeepAlive(false));
        this.token = token;
        this.clock = clock;
    }

    /**
     * Asks all of them. To be called every few seconds.
     *
     * @param living uids of the sessions' pods; others are forgotten after a while
     */
    public synchronized void refresh(Set<String> living) {
        asked++;
        try {
            look(living);
        } finally {
            tried = clock.instant();
        }
    }

    private void look(Set<String> living) {
        Optional<SecretText> shown = token.get();
        if (shown.isEmpty()) {
            told("there is no key to sign with");
            return;
        }
        try {
            Set<String> instances = new HashSet<>();
            for (InetAddress proxy : InetAddress.getAllByName(uri.getHost())) {
                instances.add(ask(proxy.getHostAddress(), shown.get()));
            }
            ledger.present(instances);
            ledger.forget(living, clock.instant().minus(REMEMBERED));
            whole = clock.instant();
            told(null);
        } catch (UnknownHostException e) {
            told("the name " + uri.getHost() + " leads to no credential proxy");
        } catch (ExecutionException | TimeoutException | IOException | DateTimeException e) {
            told("a credential proxy at " + uri + " does not answer");
            LOG.debugf(e, "calls not asked for");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void told(@Nullable String now) {
        if (now != null && !now.equals(fault)) {
            LOG.warnf("calls of sessions not known fault=\"%s\"", now);
        }
        fault = now;
    }

    /** @return the instance that answered */
    private String ask(String address, SecretText shown)
            throws ExecutionException, TimeoutException, InterruptedException, IOException {
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setHost(address)
                .setPort(uri.getPort())
                .setURI("/v1/calls")
                .setTimeout(TIMEOUT.toMillis())
                .putHeader("authorization", "Bearer " + shown.reveal());
        Future<byte[]> body = http.request(options).compose(ProxyCalls::exchange);
        JsonNode answer = json.readTree(
                body.toCompletionStage().toCompletableFuture().get(TIMEOUT.toMillis() * 2, TimeUnit.MILLISECONDS));
        Map<String, Told> pods = new HashMap<>();
        answer.path("pods").forEach(pod -> pods.put(pod.path("pod").asText(), read(pod)));
        String instance = answer.path("instance").asText();
        ledger.take(instance, pods);
        return instance;
    }

    /** Listens before it sends: on a thread that is no event loop, the answer may be over before a later listener is there. */
    private static Future<byte[]> exchange(HttpClientRequest request) {
        Future<byte[]> body = request.response()
                .compose(response -> response.statusCode() == 200
                        ? response.body().map(buffer -> buffer.getBytes())
                        : Future.failedFuture("status " + response.statusCode()));
        request.end();
        return body;
    }

    private static Told read(JsonNode pod) {
        SortedMap<String, Long> counts = new TreeMap<>();
        COUNTS.forEach(name -> counts.put(name, pod.path(name).asLong()));
        return new Told(
                counts,
                pod.path("open").asLong(),
                Instant.parse(pod.path("lastAt").asText()));
    }

    /** Whether all proxies have answered lately, so that one that is not named has not called. */
    boolean isFresh() {
        return !whole.plus(FRESH_FOR).isBefore(clock.instant());
    }

    /** What keeps it from knowing; empty when all is well. */
    public Optional<String> fault() {
        return Optional.ofNullable(fault);
    }

    /** The sums of all proxies by name ({@code allowed}, {@code refused}, bytes and tokens); empty if it never called. */
    public Optional<SortedMap<String, Long>> counts(String podUid) {
        return ledger.counts(podUid);
    }

    /**
     * As {@link #counts}, with what was called until now. Blocks for a moment; while proxies do not answer, it waits for them
     * seldom.
     *
     * @param living as for {@link #refresh}
     */
    public Optional<SortedMap<String, Long>> countsNow(String podUid, Set<String> living) {
        if (fault == null || !tried.plus(TRIED_AGAIN).isAfter(clock.instant())) {
            long before = asked;
            synchronized (this) {
                // A look that began after this was asked for has seen it all, whoever it was for.
                if (asked == before) {
                    refresh(living);
                }
            }
        }
        return ledger.counts(podUid);
    }

    @Override
    public LastCall of(String podUid) {
        if (!isFresh()) {
            return new LastCall.Unknown();
        }
        return ledger.lastAt(podUid, clock.instant())
                .<LastCall>map(LastCall.At::new)
                .orElseGet(LastCall.Never::new);
    }

    @Override
    public void close() {
        http.close();
    }
}

package io.clawpod.proxy.identity;

import io.clawpod.common.Labels;
import io.clawpod.common.client.Standing;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Our own watch of the agent pods. It is fresh while the API server has answered a probe within {@link #STALE_AFTER}, and the
 * informer is connected or was so within that time: a connection to a frozen or unplugged server stays open for minutes, and
 * what it last showed must not be believed for that long; but the informer itself closes each of its watches after 5 to 10
 * minutes and goes on with the next, which misses nothing. A watch that stands and delivers nothing is found by
 * {@link SpotCheck} and begun anew, as is an informer that gets nowhere. Thread-safe.
 */
@Singleton
public final class PodWatch {
    static final Duration PROBE_INTERVAL = Duration.ofSeconds(5);
    static final Duration PROBE_TIMEOUT = Duration.ofSeconds(3);
    static final Duration STALE_AFTER = Standing.FRESH_FOR;
    /** How long an informer may take to list and to watch while the API server answers; a list that breaks off has no end of its own. */
    static final Duration STUCK_AFTER = Duration.ofMinutes(1);

    private static final Logger LOG = Logger.getLogger(PodWatch.class);

    private final KubernetesClient client;
    private final Vertx vertx;
    private final Clock clock;
    private final String namespace;
    private final boolean all;
    private final List<PodEndListener> listeners = new CopyOnWriteArrayList<>();
    private final Pods pods =
            new Pods((uid, cause, at) -> listeners.forEach(listener -> listener.ended(uid, cause, at)));
    private volatile SlimPods store = new SlimPods();
    private final SpotCheck spotCheck = new SpotCheck(() -> store);
    private volatile @Nullable Begun begun;
    private volatile boolean answering;
    private volatile boolean forbidden;
    private volatile Instant lastAnswer = Instant.MIN;

    private record Begun(SharedIndexInformer<Pod> informer, Standing standing) {}

    PodWatch(
            KubernetesClient client,
            Vertx vertx,
            Clock clock,
            @ConfigProperty(name = "clawpod.agents.namespace") String namespace,
            @ConfigProperty(name = "clawpod.identity.service-account-tokens") boolean serviceAccountTokens) {
        this.client = client;
        this.vertx = vertx;
        this.clock = clock;
        this.namespace = namespace;
        // With session tokens alone only the spawner's pods can call; a ServiceAccount token may be any pod's.
        this.all = serviceAccountTokens;
    }

    /** Asks to be told of each pod that may call no longer. */
    public void onEnd(PodEndListener listener) {
        listeners.add(listener);
    }

    /** Whether the pod with this uid is known to live. */
    public boolean alive(String uid) {
        WatchedPod pod = pods.find(uid);
        return pod != null && pod.alive();
    }

    /** Says why the watch cannot be believed now; null while it can. */
    public @Nullable String fault() {
        String fault = staleness();
        return fault != null && forbidden
                ? "The proxy's ServiceAccount may not get, list and watch pods in namespace " + namespace
                        + ": the namespace, or the RoleBinding credential-proxy in it, is missing."
                : fault;
    }

    private @Nullable String staleness() {
        Begun current = begun;
        if (current == null || !current.informer().hasSynced()) {
            return "The watch of pods in namespace " + namespace + " has not synced.";
        }
        if (!current.standing().isBelieved()) {
            return "The watch of pods in namespace " + namespace + " is not connected.";
        }
        if (lastAnswer.isBefore(clock.instant().minus(STALE_AFTER))) {
            return "The Kubernetes API has not answered for " + STALE_AFTER.toSeconds() + " s.";
        }
        return null;
    }

    @Nullable
    WatchedPod find(String uid) {
        return pods.find(uid);
    }

    /** Notes that a pod of this name called, with a token of its own, and is not shown. */
    void missing(String podName) {
        spotCheck.missing(Cache.namespaceKeyFunc(namespace, podName));
    }

    /** How many pods the watch shows. */
    public int size() {
        return pods.size();
    }

    void start(@Observes StartupEvent event) {
        begin();
        probe();
        vertx.setPeriodic(PROBE_INTERVAL.toMillis(), timer -> probe());
    }

    /**
     * Begins to watch. Each informer has a store of its own and so tells of every pod there is: what another one's store had
     * taken and not yet told would never be told. The pods that are gone meanwhile are those which it does not show.
     */
    void begin() {
        SlimPods shown = new SlimPods();
        SharedIndexInformer<Pod> started = watched(client)
                .runnableInformer(0)
                .removeNamespaceIndex()
                .itemStore(shown)
                // That it says to know something already, which is nothing, keeps it from taking the first list out of
                // a cache, where pods may be shown that have ended, and from watching before it has told of the list.
                .initialState(Stream.empty())
                .addEventHandler(pods)
                .exceptionHandler((running, cause) -> {
                    LOG.warnf("watch failed, retrying namespace=%s cause=%s", namespace, cause);
                    return true;
                });
        store = shown;
        begun = new Begun(started, new Standing(started::hasSynced, started::isWatching, clock));
        var unused = started.start().thenRun(() -> pods.retain(pod -> shows(shown, pod)));
    }

    private static boolean shows(SlimPods shown, WatchedPod pod) {
        Pod there = shown.get(Cache.namespaceKeyFunc(pod.namespace(), pod.name()));
        return there != null && pod.uid().equals(there.getMetadata().getUid());
    }

    private void probe() {
        vertx.executeBlocking(
                () -> {
                    boolean answers = ask();
                    answering(answers);
                    if (answers) {
                        check();
                    }
                    return null;
                },
                false);
    }

    /** Begins anew if the watch has missed something although it seems to stand, or does not come to stand. */
    private void check() {
        Begun current = begun;
        if (current == null) {
            return;
        }
        if (!current.standing().stands()) {
            if (current.standing().isAwaySince(STUCK_AFTER)) {
                beginInPlaceOf(current, "does not come to stand");
            }
            return;
        }
        try {
            spotCheck.run(this::actualVersion, () -> beginInPlaceOf(current, "delivers nothing"));
        } catch (KubernetesClientException e) {
            LOG.debugf("pods not compared namespace=%s cause=%s", namespace, e);
        }
    }

    private synchronized void beginInPlaceOf(Begun failed, String fault) {
        if (failed.equals(begun)) { // and no check since has replaced it
            LOG.warnf("watch %s, begun anew namespace=%s", fault, namespace);
            failed.informer().stop();
            begin();
        }
    }

    private @Nullable String actualVersion(String key) {
        String name = key.substring(namespace.length() + 1);
        Pod actual = BriefCalls.call(
                client,
                PROBE_TIMEOUT,
                brief -> brief.pods().inNamespace(namespace).withName(name).get());
        // What is outside the watch cannot be missed by it.
        return actual == null || !(all || managed(actual))
                ? null
                : actual.getMetadata().getResourceVersion();
    }

    private static boolean managed(Pod pod) {
        return Labels.MANAGED_BY_SPAWNER.equals(pod.getMetadata().getLabels().get(Labels.MANAGED_BY));
    }

    private void answering(boolean now) {
        if (now) {
            lastAnswer = clock.instant();
        }
        if (now != answering) {
            answering = now;
            LOG.infof("the Kubernetes API answers=%s namespace=%s", now, namespace);
        }
    }

    private FilterWatchListDeletable<Pod, PodList, PodResource> watched(KubernetesClient by) {
        NonNamespaceOperation<Pod, PodList, PodResource> pods = by.pods().inNamespace(namespace);
        return all ? pods : pods.withLabel(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER);
    }

    private boolean ask() {
        try {
            BriefCalls.call(
                    client,
                    PROBE_TIMEOUT,
                    probe -> watched(probe)
                            .list(new ListOptionsBuilder().withLimit(1L).build()));
            forbidden = false;
            return true;
        } catch (KubernetesClientException e) {
            forbidden = e.getCode() == HttpURLConnection.HTTP_FORBIDDEN;
            LOG.debugf("probe failed namespace=%s cause=%s", namespace, e);
            return false;
        }
    }

    void stop(@Observes ShutdownEvent event) {
        Begun current = begun;
        if (current != null) {
            current.informer().stop();
        }
    }
}

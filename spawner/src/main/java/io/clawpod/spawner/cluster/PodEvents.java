package io.clawpod.spawner.cluster;

import io.clawpod.spawner.plan.JobPlan;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Tells in the cluster's own way what the spawner decides about a pod, or a Job: {@code kubectl describe} shows it. Each decision
 * is told once for a pod, however often it is taken, and by the way: an Event that cannot be written holds up no session and is
 * only logged. Thread-safe; never blocks.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/">Event</a>
 */
final class PodEvents implements AutoCloseable {
    /** What was decided. */
    enum Decision {
        CREATED("SessionCreated", "Normal", "Create"),
        MOUNTS_CHANGED("SessionMountsChanged", "Warning", "Create"),
        FILES_LOST("SessionFilesLost", "Warning", "Delete"),
        COMPLETED("SessionCompleted", "Normal", "Create"),
        ADOPTED("SessionAdopted", "Normal", "Adopt"),
        CONFLICT("SessionConflict", "Warning", "Refuse"),
        STOPPING("SessionStopping", "Normal", "Stop"),
        REVOKED("SessionRevoked", "Normal", "Revoke"),
        EXPIRED("SessionExpired", "Normal", "Delete"),
        NEVER_STARTED("SessionNeverStarted", "Normal", "Delete"),
        OWNER_LAPSED("SessionOwnerLapsed", "Normal", "Stop"),
        ORPHANED("SessionOrphaned", "Normal", "Stop"),
        HEARTBEAT_STALE("SessionHeartbeatStale", "Warning", "Stop"),
        IDLE("SessionIdle", "Normal", "Stop"),
        TIMED_OUT("SessionTimedOut", "Warning", "Stop"),
        NODE_GONE("SessionNodeGone", "Warning", "Delete");

        private final String reason;
        private final String type;
        private final String action;

        Decision(String reason, String type, String action) {
            this.reason = reason;
            this.type = type;
            this.action = action;
        }
    }

    private static final Logger LOG = Logger.getLogger(PodEvents.class);
    private static final String CONTROLLER = "clawpod.io/spawner";
    private static final int WAITING = 1_000;
    private static final int MAX_NOTE = 1_024;
    private static final DateTimeFormatter MICROSECONDS = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final KubernetesClient client;
    private final Clock clock;
    private final String instance;
    private final ThreadPoolExecutor writer;

    /** @param instance which spawner tells it, up to 128 characters */
    PodEvents(KubernetesClient client, Clock clock, String instance) {
        this.client = client;
        this.clock = clock;
        this.instance = instance;
        this.writer = new ThreadPoolExecutor(
                1,
                1,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING),
                task -> {
                    Thread thread = new Thread(task, "pod-events");
                    thread.setDaemon(true);
                    return thread;
                },
                (task, full) -> LOG.debug("event left out, too many wait"));
        writer.allowCoreThreadTimeOut(true);
    }

    /** Tells of a decision about a session's pod. */
    void tell(Session session, Decision decision, String note) {
        Event event = event(session, decision, note, clock.instant(), instance);
        writer.execute(() -> {
            try {
                client.resource(event).create();
            } catch (KubernetesClientException e) {
                if (e.getCode() != 409) { // told before
                    LOG.debugf(
                            "event not written pod=%s status=%d", session.pod().name(), e.getCode());
                }
            }
        });
    }

    static Event event(Session session, Decision decision, String note, Instant at, String instance) {
        Session.PodRef pod = session.pod();
        Session.Job job = session.job();
        String name = job == null ? pod.name() : job.name();
        String uid = job == null ? pod.uid() : job.uid();
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(pod.namespace())
                // One name for one decision about one pod; the API server refuses the second.
                .withName(name + "." + decision.reason.toLowerCase(Locale.ROOT) + "." + suffix(uid))
                .endMetadata()
                .withEventTime(new MicroTime(MICROSECONDS.format(at)))
                .withReportingController(CONTROLLER)
                .withReportingInstance(instance)
                .withAction(decision.action)
                .withReason(decision.reason)
                .withType(decision.type)
                .withNote(note.length() > MAX_NOTE ? note.substring(0, MAX_NOTE - 1) + "…" : note)
                .withNewRegarding()
                .withApiVersion(job == null ? "v1" : JobPlan.API_VERSION)
                .withKind(job == null ? "Pod" : JobPlan.KIND)
                .withNamespace(pod.namespace())
                .withName(name)
                .withUid(uid)
                .endRegarding()
                .build();
    }

    private static String suffix(String uid) {
        return Integer.toHexString(uid.hashCode());
    }

    /** Leaves out what still waits. */
    @Override
    public void close() {
        writer.shutdownNow();
    }
}

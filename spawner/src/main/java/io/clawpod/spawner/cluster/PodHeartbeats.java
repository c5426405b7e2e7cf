package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.spawner.session.HeartbeatNotes;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;

/** Notes heartbeats as annotations of pods. */
final class PodHeartbeats implements HeartbeatNotes {
    private final PodWrites writes;

    PodHeartbeats(PodWrites writes) {
        this.writes = writes;
    }

    @Override
    public void given(Session session, Instant at) {
        note(session, Labels.ANNOTATION_LAST_HEARTBEAT, at);
    }

    @Override
    public void missing(Session session, Instant since) {
        note(session, Labels.ANNOTATION_HEARTBEAT_MISSING, since);
    }

    private void note(Session session, String annotation, Instant time) {
        try {
            writes.annotate(session.pod(), annotation, time.toString());
        } catch (KubernetesClientException e) {
            throw new Refusal(ClusterErrors.problem(e, "note the heartbeat of session " + session.key()));
        }
    }
}

package io.clawpod.common;

/**
 * The labels and annotations by which sessions are found. The {@code nanoclaw-} labels are the host's own, so that its
 * filters match; the {@code clawpod.io/} ones are ours.
 */
public final class Labels {
    /** The install slug. */
    public static final String INSTALL = "nanoclaw-install";

    /** The agent group, as a label value; the verbatim text is in {@link #ANNOTATION_GROUP}. */
    public static final String GROUP = "nanoclaw-group";

    /** The role of the agent within its group. */
    public static final String ROLE = "nanoclaw-role";

    /** The recommended label that names the tool which manages an object. */
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

    /** The value of {@link #MANAGED_BY} on each object that the spawner makes. */
    public static final String MANAGED_BY_SPAWNER = "clawpod-spawner";

    /** The recommended label that says which part of an application an object is. */
    public static final String COMPONENT = "app.kubernetes.io/component";

    /** The value of {@link #COMPONENT} on agent pods; network policies select by it. */
    public static final String COMPONENT_AGENT = "agent";

    /** The name of the network policy class that an agent pod falls under. */
    public static final String NETWORK = "clawpod.io/network";

    /**
     * Begins the label of a claim that only one node at a time can use; a hash of the claim's name follows. Pods that use the
     * claim have it, and so find each other.
     */
    public static final String CLAIM_PREFIX = "clawpod.io/claim-";

    /** The session key, verbatim. */
    public static final String ANNOTATION_KEY = "clawpod.io/key";

    /** The agent group, verbatim. */
    public static final String ANNOTATION_GROUP = "clawpod.io/group";

    /** The role, verbatim. */
    public static final String ANNOTATION_ROLE = "clawpod.io/role";

    /** The hash of the spec that the pod was made from; decides whether a repeated request adopts it. */
    public static final String ANNOTATION_SPEC_HASH = "clawpod.io/spec-hash";

    /** How long the pod stays after its end, as an ISO 8601 duration. */
    public static final String ANNOTATION_RETENTION = "clawpod.io/retention";

    /** {@code true} on a pod whose session counts as gone, and its key as free, once it has ended. */
    public static final String ANNOTATION_AUTO_REMOVE = "clawpod.io/auto-remove";

    /**
     * Where the small files that travel with a pod came from: a JSON object with a path on the host for each key of the pod's
     * Secret, or null for a file that its caller sent.
     */
    public static final String ANNOTATION_FILES = "clawpod.io/files";

    /** When a pod that was made held was let start (RFC 3339). */
    public static final String ANNOTATION_STARTED = "clawpod.io/started";

    /** When the session's token was revoked (RFC 3339); from then on the credential proxy refuses it. */
    public static final String ANNOTATION_REVOKED = "clawpod.io/revoked";

    /** Why the spawner has asked for the end of a pod whose session lived, as a code of {@code Reason}. */
    public static final String ANNOTATION_END_REASON = "clawpod.io/end-reason";

    /** Beside {@link #ANNOTATION_END_REASON}, the same for people. */
    public static final String ANNOTATION_END_NOTE = "clawpod.io/end-note";

    /** The heartbeat file, as an absolute path in the container; only on pods of sessions that have a heartbeat. */
    public static final String ANNOTATION_HEARTBEAT_FILE = "clawpod.io/heartbeat-file";

    /** The greatest age of a live agent's heartbeat, as an ISO 8601 duration. */
    public static final String ANNOTATION_HEARTBEAT_MAX_AGE = "clawpod.io/heartbeat-max-age";

    /** What happens once the heartbeat is stale: {@code report} or {@code end}. */
    public static final String ANNOTATION_HEARTBEAT_ON_STALE = "clawpod.io/heartbeat-on-stale";

    /** When the agent last gave a heartbeat (RFC 3339), as last read. */
    public static final String ANNOTATION_LAST_HEARTBEAT = "clawpod.io/last-heartbeat";

    /** Since when the heartbeat counts as stale of an agent that has not given any since its start (RFC 3339). */
    public static final String ANNOTATION_HEARTBEAT_MISSING = "clawpod.io/heartbeat-missing";

    /** Without a sign of life for how long the session is ended, as an ISO 8601 duration; absent means never. */
    public static final String ANNOTATION_IDLE = "clawpod.io/idle";

    /** Beside {@link #ANNOTATION_END_REASON}: the deadline that the pod was made with, in seconds, once it was lowered to end it. */
    public static final String ANNOTATION_DEADLINE = "clawpod.io/deadline";

    /** The value of {@link #ANNOTATION_DEADLINE} on a pod that was made without one. */
    public static final String NO_DEADLINE = "none";

    private Labels() {}
}

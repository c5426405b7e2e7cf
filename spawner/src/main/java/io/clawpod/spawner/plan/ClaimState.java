package io.clawpod.spawner.plan;

/** What is known of a claim that a volume rule names. */
public enum ClaimState {
    /** There is no such claim. */
    MISSING,

    /** Its PersistentVolume is gone, and the files with it. */
    LOST,

    /** Only pods of one node at a time can use it (Kubernetes API, access mode ReadWriteOnce). */
    ONE_NODE,

    /** Pods of any node can use it, or the scheduler keeps those apart that cannot. */
    USABLE
}

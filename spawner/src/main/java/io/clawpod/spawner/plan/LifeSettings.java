package io.clawpod.spawner.plan;

import io.clawpod.spawner.session.Heartbeat.OnStale;
import java.time.Duration;

/**
 * What the operator has set for the lives of sessions.
 *
 * @param retention how long an ended pod stays when its spec does not say
 * @param maxRetention the longest that a spec may ask for
 * @param heartbeatMaxAge of a live agent's heartbeat when its spec does not say
 * @param onStale what happens to a session whose heartbeat is stale when its spec does not say
 * @param callsCounted whether it is known when sessions called last, so that one without a heartbeat can be idle
 */
public record LifeSettings(
        Duration retention, Duration maxRetention, Duration heartbeatMaxAge, OnStale onStale, boolean callsCounted) {}

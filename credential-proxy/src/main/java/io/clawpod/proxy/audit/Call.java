package io.clawpod.proxy.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What is known of one call so far. Confined to the call's event loop; ends exactly once. */
public final class Call {
    private static final String[] STATUS_CLASSES = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

    private final Trail trail;
    private final String id =
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    private final long began = System.nanoTime();
    private final String method;
    private final String path;
    private final Trace trace;
    private @Nullable Peer peer;
    private @Nullable String route;
    private @Nullable String denied;
    private @Nullable String credential;
    private Runnable released = () -> {};
    private int status;
    private @Nullable String code;
    private @Nullable Duration firstByte;
    private long received;
    private long sent;
    private Usage usage = Usage.NONE;
    private @Nullable End end;

    Call(Trail trail, String method, String path, Trace trace) {
        this.trail = trail;
        this.method = method;
        this.path = path;
        this.trace = trace;
    }

    /**
     * Who calls, as far as an operator wants to know.
     *
     * @param session {@code install/key}
     * @param account {@code namespace/name} of the ServiceAccount whose token was sent
     */
    public record Peer(
            @Nullable String session,
            @Nullable String account,
            @Nullable String group,
            @Nullable String role,
            String pod,
            String podUid) {}

    /** Names this call in its problem document and in every log line about it. */
    public String id() {
        return id;
    }

    /** The trace that the call is part of, to be passed on. */
    public Trace trace() {
        return trace;
    }

    public void identified(Peer by) {
        peer = by;
        trail.identified(by);
    }

    @Nullable
    Peer peer() {
        return peer;
    }

    boolean isAllowed() {
        return credential != null;
    }

    long received() {
        return received;
    }

    long sent() {
        return sent;
    }

    /** Notes the name of the route that the call takes. */
    public void routed(String name) {
        route = name;
    }

    /** Notes why the route's policies or limits do not let the call through. */
    public void denied(String reason) {
        denied = reason;
    }

    /** Has something done once, when the call ends; at once if it has. */
    public void onEnd(Runnable release) {
        if (end != null) {
            release.run();
        } else {
            released = release;
        }
    }

    /** Notes that the call is let through, with the credential of this name. */
    public void allowed(String credentialName) {
        credential = credentialName;
    }

    /** Notes the status that the client gets from the upstream, whose answer begins now. */
    public void answered(int httpStatus) {
        status = httpStatus;
        if (firstByte == null) {
            firstByte = Duration.ofNanos(System.nanoTime() - began);
        }
    }

    /** Notes the status and code of the problem that the client gets. */
    public void answered(int httpStatus, String problemCode) {
        status = httpStatus;
        code = problemCode;
    }

    /** Counts bytes of the request's body. */
    public void received(long bytes) {
        received += bytes;
    }

    /** Counts bytes of the answer's body. */
    public void sent(long bytes) {
        sent += bytes;
    }

    /** Adds tokens that the upstream says it has used; each count is 0 or more. */
    public void usage(long inputTokens, long outputTokens, long cacheCreationTokens, long cacheReadTokens) {
        usage = usage.plus(inputTokens, outputTokens, cacheCreationTokens, cacheReadTokens);
    }

    public boolean ended() {
        return end != null;
    }

    /** How the call ended; null while it has not. */
    @Nullable
    End how() {
        return end;
    }

    /** Ends the call: writes its line and counts it. Later ends of the same call say nothing. */
    public void end(End how) {
        if (end == null) {
            end = how;
            released.run();
            trail.ended(this, how, Duration.ofNanos(System.nanoTime() - began));
        }
    }

    private String decision() {
        return isAllowed() ? "allow" : "refuse";
    }

    @Nullable
    String group() {
        return peer == null ? null : peer.group();
    }

    @Nullable
    Duration firstByte() {
        return firstByte;
    }

    Usage usage() {
        return usage;
    }

    Meters.Tags tags(String groupLabel, End how) {
        int statusClass = status / 100;
        return new Meters.Tags(
                route == null ? "none" : route,
                groupLabel,
                decision(),
                credential == null ? "none" : credential,
                STATUS_CLASSES[statusClass < STATUS_CLASSES.length ? statusClass : 0],
                how.label());
    }

    /** The call as one line of JSON, its members in a fixed order. */
    byte[] line(End how, Duration took, Instant now) {
        Peer by = peer;
        return new JsonLine()
                .add("timestamp", Timestamp.of(now))
                .add("loggerName", Trail.CATEGORY)
                .add("level", "INFO")
                .add("message", "call")
                .add("id", id)
                .add("trace", trace.id())
                .add("session", by == null ? null : by.session())
                .add("serviceAccount", by == null ? null : by.account())
                .add("group", by == null ? null : by.group())
                .add("role", by == null ? null : by.role())
                .add("pod", by == null ? null : by.pod())
                .add("route", route)
                .add("method", method)
                .add("path", path)
                .add("decision", decision())
                .add("denied", denied)
                .add("code", code)
                .add("status", status)
                .add("credential", credential)
                .add("received", received)
                .add("sent", sent)
                .add("millis", took.toMillis())
                .add("firstByteMillis", firstByte == null ? null : (Long) firstByte.toMillis())
                .add("inputTokens", usage.input())
                .add("outputTokens", usage.output())
                .add("cacheCreationTokens", usage.cacheCreation())
                .add("cacheReadTokens", usage.cacheRead())
                .add("end", how.label())
                .end();
    }
}

package io.clawpod.proxy.audit;

import io.clawpod.common.SessionToken;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What is known of one call so far. Confined to the call's event loop; ends exactly once. */
public final class Call {
    private final Trail trail;
    private final String id =
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    private final long began = System.nanoTime();
    private final String method;
    private final String path;
    private @Nullable SessionToken token;
    private @Nullable String credential;
    private @Nullable String route;
    private @Nullable String denied;
    private Runnable released = () -> {};
    private int status;
    private @Nullable String code;
    private long received;
    private long sent;
    private long inputTokens;
    private long outputTokens;
    private long cacheCreationTokens;
    private long cacheReadTokens;
    private @Nullable End end;

    Call(Trail trail, String method, String path) {
        this.trail = trail;
        this.method = method;
        this.path = path;
    }

    /** Names this call in its problem document and in every log line about it. */
    public String id() {
        return id;
    }

    public void identified(SessionToken by) {
        token = by;
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

    /** Notes the status that the client gets. */
    public void answered(int httpStatus) {
        status = httpStatus;
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

    /** Notes the tokens that the upstream says the call used; a later note replaces an earlier one. Zero means none were named. */
    public void usage(long input, long output, long cacheCreation, long cacheRead) {
        inputTokens = input;
        outputTokens = output;
        cacheCreationTokens = cacheCreation;
        cacheReadTokens = cacheRead;
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

    String decision() {
        return credential == null ? "refuse" : "allow";
    }

    int status() {
        return status;
    }

    /** The call as keys and values, in a fixed order. */
    String line(End how, Duration took) {
        Line line = new Line()
                .add("id", id)
                .add("session", token == null ? null : token.session().toString())
                .add("group", token == null ? null : token.group())
                .add("pod", token == null ? null : token.podName())
                .add("method", method)
                .add("path", path)
                .add("route", route)
                .add("decision", decision())
                .add("denied", denied)
                .add("code", code)
                .add("status", Integer.toString(status))
                .add("credential", credential)
                .add("received", Long.toString(received))
                .add("sent", Long.toString(sent))
                .add("millis", Long.toString(took.toMillis()))
                .add("input_tokens", Long.toString(inputTokens))
                .add("output_tokens", Long.toString(outputTokens))
                .add("cache_creation_tokens", Long.toString(cacheCreationTokens))
                .add("cache_read_tokens", Long.toString(cacheReadTokens))
                .add("end", how.label());
        return line.toString();
    }
}

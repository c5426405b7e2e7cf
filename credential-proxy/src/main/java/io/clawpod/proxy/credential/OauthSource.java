package io.clawpod.proxy.credential;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.SecretText;
import io.clawpod.proxy.credential.SecretFiles.Unusable;
import io.clawpod.proxy.credential.TokenEndpoint.Refreshed;
import io.clawpod.proxy.credential.TokenEndpoint.Unanswered;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * An access token that is refreshed before it ends, and when an upstream rejects it: by one request at a time, whoever asks,
 * and after a failure not again before a pause that doubles. While the old token is good, callers get it and do not wait.
 * A pair in the files that this process never held is newer than its own, by an operator or another replica, and takes its
 * place.
 */
final class OauthSource implements Source {
    private static final Logger LOG = Logger.getLogger(OauthSource.class);
    /** As many own pairs are remembered as the kubelet could still bring back late, and more. */
    private static final int REMEMBERED = 16;

    private final CredentialSpec.Oauth spec;
    private final TokenEndpoint endpoint;
    private final WriteBack writeBack;
    private final Clock clock;
    private final RefreshMeter meter;
    private final Deque<TokenPair> held = new ArrayDeque<>();

    private @Nullable TokenFiles files;
    private CredentialState state = new CredentialState.Missing("The credential has not been read.");
    private @Nullable TokenPair pair;
    private Instant refreshAt = Instant.MAX;
    private @Nullable Promise<CredentialState> inFlight;
    private CredentialState.@Nullable Failed failure;
    private final Backoff failures = new Backoff();
    /** An upstream that rejects every token must not have them refreshed at the pace of the calls. */
    private final Backoff rejections = new Backoff();

    OauthSource(
            CredentialSpec.Oauth spec, TokenEndpoint endpoint, WriteBack writeBack, Clock clock, RefreshMeter meter) {
        this.spec = spec;
        this.endpoint = endpoint;
        this.writeBack = writeBack;
        this.clock = clock;
        this.meter = meter;
        reread();
    }

    @Override
    public synchronized CredentialState state() {
        TokenPair current = pair;
        Instant now = clock.instant();
        if (current == null || !current.expired(now)) {
            return state;
        }
        if (current.refresh() == null) {
            return new CredentialState.Missing(
                    "The access token in " + spec.folder() + " has run out, and there is no refresh token.");
        }
        CredentialState.Failed failed = failure;
        return failed == null
                ? new CredentialState.Missing("The access token of credential " + spec.name() + " is being refreshed.")
                : new CredentialState.Failed(failed.code(), failed.reason(), failures.left(now));
    }

    @Override
    public Future<CredentialState> obtain() {
        synchronized (this) {
            TokenPair current = pair;
            Instant now = clock.instant();
            if (current == null || current.refresh() == null) {
                return Future.succeededFuture(state());
            }
            boolean good = !current.expired(now);
            if (good && now.isBefore(refreshAt)) {
                return Future.succeededFuture(state);
            }
            if (inFlight == null && !failures.holds(now)) {
                refresh(current, current.refresh());
            }
            Promise<CredentialState> running = inFlight;
            return good || running == null ? Future.succeededFuture(state()) : running.future();
        }
    }

    @Override
    public synchronized void rejected(Credential carried) {
        TokenPair current = pair;
        Instant now = clock.instant();
        if (current == null
                || current.refresh() == null
                || !state.equals(new CredentialState.Present(carried))
                || inFlight != null
                || failures.holds(now)
                || rejections.holds(now)) {
            return;
        }
        if (rejections.forgotten(now)) {
            rejections.reset();
        }
        rejections.begin(now);
        LOG.infof("access token rejected credential=%s", spec.name());
        refresh(current, current.refresh());
    }

    @Override
    public void tick() {
        obtain();
        writeBack.tick();
    }

    private synchronized void refresh(TokenPair from, SecretText refresh) {
        inFlight = Promise.promise();
        TokenFiles read = files;
        endpoint.refresh(spec, refresh, read == null ? null : read.clientSecret())
                .onComplete(done -> {
                    if (done.succeeded()) {
                        refreshed(from, done.result());
                    } else {
                        failed(done.cause());
                    }
                });
    }

    private void refreshed(TokenPair from, Refreshed token) {
        Promise<CredentialState> waiting;
        CredentialState now;
        synchronized (this) {
            waiting = inFlight;
            inFlight = null;
            TokenFiles read = files;
            // A pair that came by the files meanwhile is newer than this answer.
            if (read != null && Objects.equals(from, pair)) {
                Instant at = clock.instant();
                // Without a new refresh token the old one goes on (RFC 6749 section 6).
                SecretText next = token.refresh() == null ? from.refresh() : token.refresh();
                TokenPair fresh = new TokenPair(token.access(), next, at.plus(token.lifetime()));
                hold(fresh);
                // A life shorter than the skew would otherwise mean refreshing without end.
                Instant half = at.plus(token.lifetime().dividedBy(2));
                refreshAt = later(at.plus(token.lifetime()).minus(spec.skew()), half);
                meter.refreshed();
                writeBack.keep(read.with(fresh));
                LOG.infof("access token refreshed credential=%s expires=%s", spec.name(), fresh.expiresAt());
            }
            now = state();
        }
        if (waiting != null) {
            waiting.complete(now);
        }
    }

    private void failed(Throwable cause) {
        Promise<CredentialState> waiting;
        CredentialState now;
        synchronized (this) {
            waiting = inFlight;
            inFlight = null;
            boolean refused = cause instanceof Unanswered unanswered && unanswered.refused;
            ErrorCode code = cause instanceof Unanswered unanswered ? unanswered.code : ErrorCode.UPSTREAM_UNREACHABLE;
            String what = cause instanceof Unanswered ? cause.getMessage() : "cannot be reached";
            Instant at = clock.instant();
            failures.begin(at);
            failure = new CredentialState.Failed(
                    code, "The token endpoint of credential " + spec.name() + " " + what + ".", failures.left(at));
            meter.failed(refused);
            LOG.warnf(
                    "access token not refreshed credential=%s endpoint=\"%s\" cause=%s pause=%s",
                    spec.name(), what, cause.getClass().getSimpleName(), failures.left(at));
            now = state();
        }
        if (waiting != null) {
            waiting.complete(now);
        }
    }

    @Override
    public void reread() {
        TokenFiles read = null;
        String missing = "";
        try {
            read = TokenFiles.read(spec.folder());
        } catch (Unusable e) {
            missing = e.reason;
        }
        synchronized (this) {
            if (read == null) {
                gone(missing);
            } else if (!read.equals(files)) {
                boolean ours = files != null && held.contains(read.pair());
                files = read;
                if (!ours) {
                    hold(read.pair());
                    rejections.reset();
                    Instant expiresAt = read.pair().expiresAt();
                    refreshAt = expiresAt == null ? Instant.MAX : before(expiresAt, spec.skew());
                    Credentials.log(spec.name(), state);
                }
            }
        }
    }

    /** A Secret that was taken away takes its token along, also the one that is only in memory. */
    private void gone(String reason) {
        CredentialState.Missing missing = new CredentialState.Missing(reason);
        if (!missing.equals(state)) {
            files = null;
            pair = null;
            held.clear();
            state = missing;
            Credentials.log(spec.name(), state);
        }
    }

    private void hold(TokenPair next) {
        pair = next;
        held.addLast(next);
        if (held.size() > REMEMBERED) {
            held.removeFirst();
        }
        state = new CredentialState.Present(credential(next));
        failure = null;
        failures.reset();
    }

    private Credential credential(TokenPair of) {
        List<SecretText> secrets = new ArrayList<>();
        secrets.add(of.access());
        if (of.refresh() != null) {
            secrets.add(of.refresh());
        }
        TokenFiles read = files;
        SecretText clientSecret = read == null ? null : read.clientSecret();
        if (clientSecret != null) {
            secrets.add(clientSecret);
        }
        return spec.anthropic()
                ? new Credential.AnthropicOauth(spec.name(), of.access(), secrets)
                : new Credential.Header(
                        spec.name(),
                        "authorization",
                        SecretText.of("Bearer " + of.access().reveal()),
                        secrets);
    }

    private static Instant before(Instant instant, Duration by) {
        return instant.isAfter(Instant.EPOCH.plus(by)) ? instant.minus(by) : Instant.EPOCH;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}

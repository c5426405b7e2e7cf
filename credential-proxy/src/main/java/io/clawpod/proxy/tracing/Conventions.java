package io.clawpod.proxy.tracing;

import static io.opentelemetry.api.common.AttributeKey.longKey;
import static io.opentelemetry.api.common.AttributeKey.stringKey;

import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.audit.End;
import io.clawpod.proxy.audit.Outcome;
import io.clawpod.proxy.audit.Usage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.semconv.HttpAttributes;
import io.opentelemetry.semconv.UrlAttributes;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a call is told in a span's terms. Names under {@code clawpod.} are our own. Pure, but for the span that it writes to.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/http/http-spans/">Semantic conventions for HTTP spans</a>
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/">and for generative AI</a>
 */
final class Conventions {
    static final String FIRST_BYTE = "clawpod.first_byte";

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");
    private static final String OTHER = "_OTHER";
    private static final int SERVER_ERROR = 500;
    private static final int CLIENT_ERROR = 400;

    private static final AttributeKey<String> ID = stringKey("clawpod.call.id");
    private static final AttributeKey<String> SESSION = stringKey("clawpod.session");
    private static final AttributeKey<String> ACCOUNT = stringKey("clawpod.service_account");
    private static final AttributeKey<String> GROUP = stringKey("clawpod.group");
    private static final AttributeKey<String> ROLE = stringKey("clawpod.role");
    private static final AttributeKey<String> POD = stringKey("clawpod.pod");
    private static final AttributeKey<String> ROUTE = stringKey("clawpod.route");
    private static final AttributeKey<String> CREDENTIAL = stringKey("clawpod.credential");
    private static final AttributeKey<String> DECISION = stringKey("clawpod.decision");
    private static final AttributeKey<String> DENIED = stringKey("clawpod.denied");
    private static final AttributeKey<String> CODE = stringKey("clawpod.code");
    private static final AttributeKey<String> END = stringKey("clawpod.end");

    private static final AttributeKey<Long> INPUT = longKey("gen_ai.usage.input_tokens");
    private static final AttributeKey<Long> OUTPUT = longKey("gen_ai.usage.output_tokens");
    private static final AttributeKey<Long> CACHE_CREATION = longKey("gen_ai.usage.cache_creation.input_tokens");
    private static final AttributeKey<Long> CACHE_READ = longKey("gen_ai.usage.cache_read.input_tokens");

    private Conventions() {}

    /** A method that may be an attribute: a caller can send any word for one. */
    static String method(String sent) {
        return METHODS.contains(sent) ? sent : OTHER;
    }

    /** A span's name, of which there are few whatever callers send. */
    static String name(String method, @Nullable String prefix) {
        String word = method.equals(OTHER) ? "HTTP" : method;
        return prefix == null ? word : word + " " + prefix;
    }

    /** Writes what the client's leg came to. */
    static void call(Span span, Outcome outcome, String method) {
        span.setAttribute(HttpAttributes.HTTP_REQUEST_METHOD, method);
        span.setAttribute(UrlAttributes.URL_SCHEME, "http");
        span.setAttribute(UrlAttributes.URL_PATH, outcome.path());
        set(span, HttpAttributes.HTTP_ROUTE, outcome.prefix());
        if (outcome.status() > 0) {
            span.setAttribute(HttpAttributes.HTTP_RESPONSE_STATUS_CODE, (long) outcome.status());
        }
        span.setAttribute(ID, outcome.id());
        Call.Peer peer = outcome.peer();
        if (peer != null) {
            set(span, SESSION, peer.session());
            set(span, ACCOUNT, peer.account());
            set(span, GROUP, peer.group());
            set(span, ROLE, peer.role());
            set(span, POD, peer.pod());
        }
        set(span, ROUTE, outcome.route());
        set(span, CREDENTIAL, outcome.credential());
        span.setAttribute(DECISION, outcome.decision());
        set(span, DENIED, outcome.denied());
        set(span, CODE, outcome.code());
        span.setAttribute(END, outcome.end().label());
    }

    /** Writes the tokens that were used. By the conventions, input is all of it, what was or gets cached included. */
    static void usage(Span span, Usage usage) {
        if (usage.equals(Usage.NONE)) {
            return;
        }
        span.setAttribute(INPUT, usage.input() + usage.cacheCreation() + usage.cacheRead());
        span.setAttribute(OUTPUT, usage.output());
        span.setAttribute(CACHE_CREATION, usage.cacheCreation());
        span.setAttribute(CACHE_READ, usage.cacheRead());
    }

    private static void set(Span span, AttributeKey<String> key, @Nullable String value) {
        if (value != null) {
            span.setAttribute(key, value);
        }
    }

    /** The kind of error that the client's leg ended with; null for none, which a refusal (4xx) is. */
    static @Nullable String serverFault(Outcome outcome) {
        if (brokenOff(outcome.end())) {
            return outcome.end().label();
        }
        return outcome.status() < SERVER_ERROR ? null : either(outcome.code(), outcome.status());
    }

    /**
     * The kind of error that the upstream's leg ended with; null for none.
     *
     * @param status the upstream's; 0 if it did not answer
     */
    static @Nullable String clientFault(Outcome outcome, int status) {
        if (brokenOff(outcome.end())) {
            return outcome.end().label();
        }
        if (status == 0) {
            return outcome.code();
        }
        return status < CLIENT_ERROR ? null : either(outcome.code(), status);
    }

    private static String either(@Nullable String code, int status) {
        return code == null ? Integer.toString(status) : code;
    }

    private static boolean brokenOff(End end) {
        return end == End.BROKEN || end == End.CUT;
    }

    /** What a status does not say by itself; empty for nothing. */
    static String description(End end) {
        return switch (end) {
            case BROKEN -> "The answer broke off.";
            case CUT -> "The caller's pod ended.";
            case COMPLETED, REFUSED, FAILED, CLIENT_GONE -> "";
        };
    }
}

package io.clawpod.proxy.exchange;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.proxy.scrub.Undecodable;
import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Says what an upstream's failure means for the caller. Pure; nothing of the exception's text goes into it. */
final class UpstreamFault {
    private static final String TRY_AGAIN = "Try again; if it stays, ask the operator to look for the id in the log.";

    private UpstreamFault() {}

    static Problem of(Throwable cause) {
        if (cause instanceof Upstream.Refused refused) {
            return Problem.of(
                    refused.code(),
                    "The upstream's address is " + refused.getMessage() + ".",
                    "Ask the operator to name a public upstream, or to set clawpod.upstream.allow-private.");
        }
        if (cause instanceof TimeoutException) {
            return Problem.of(ErrorCode.UPSTREAM_TIMEOUT, "The upstream did not answer in time.", TRY_AGAIN);
        }
        if (cause instanceof ConnectTimeoutException) {
            return Problem.of(ErrorCode.UPSTREAM_TIMEOUT, "No connection to the upstream came in time.", TRY_AGAIN);
        }
        if (cause instanceof UnknownHostException) {
            return Problem.of(ErrorCode.UPSTREAM_UNREACHABLE, "The upstream's name does not resolve.", TRY_AGAIN);
        }
        if (cause instanceof SSLException) {
            return Problem.of(ErrorCode.UPSTREAM_UNREACHABLE, "The upstream's TLS cannot be trusted.", TRY_AGAIN);
        }
        if (cause instanceof ConnectException) {
            return Problem.of(ErrorCode.UPSTREAM_UNREACHABLE, "The upstream takes no connection.", TRY_AGAIN);
        }
        if (cause instanceof Undecodable) {
            return Problem.of(ErrorCode.UPSTREAM_FAILED, "The upstream's answer cannot be passed on.", TRY_AGAIN);
        }
        return Problem.of(ErrorCode.UPSTREAM_FAILED, "The upstream broke off before it answered.", TRY_AGAIN);
    }
}

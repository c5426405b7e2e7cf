package io.clawpod.proxy.exchange;

import io.clawpod.proxy.scrub.Inflation;
import io.clawpod.proxy.scrub.Patterns;
import io.clawpod.proxy.scrub.Undecodable;
import io.vertx.core.MultiMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an answer's head says about its body, and whether that can be passed on.
 *
 * @param bodyless whether no body follows, whatever the headers say (RFC 9112 section 6.3)
 * @param inflation takes the body's coding off; null if it has none
 */
record AnswerHead(boolean bodyless, @Nullable Inflation inflation) {
    /**
     * Reads an answer's head and copies what the client may see of it.
     *
     * @param head whether the request was HEAD
     * @throws Undecodable if the body's coding cannot be taken off, so that it could not be scrubbed
     */
    static AnswerHead copy(int status, boolean head, MultiMap from, MultiMap to, Patterns patterns) throws Undecodable {
        boolean bodyless = head || status == 204 || status == 304;
        List<String> framing = from.getAll("transfer-encoding");
        if (framing.size() > 1 || (framing.size() == 1 && !framing.get(0).trim().equalsIgnoreCase("chunked"))) {
            throw new Undecodable("a transfer coding other than chunked, unasked");
        }
        List<String> codings = from.getAll("content-encoding");
        boolean coded = Inflation.coded(codings);
        if (coded && status == 206) {
            throw new Undecodable("a part of a compressed body");
        }
        Inflation inflation = bodyless ? null : Inflation.of(codings);
        HopByHop.copyResponse(from, to, patterns::clean, coded);
        return new AnswerHead(bodyless, inflation);
    }
}

package io.clawpod.proxy.identity;

import io.clawpod.common.SessionToken;
import io.clawpod.common.SessionTokens;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.Base64;

/**
 * Tells what may be a projected ServiceAccount token for us by what it says of itself. It decides nothing: it only spares
 * the API server questions whose answer is known, and keeps other keys that clients send from being shown to it. Pure.
 */
final class AccountTokens {
    private AccountTokens() {}

    /** Whether {@code text} is a JWT for our audience that names a ServiceAccount of {@code namespace}. */
    static boolean maybe(String text, String namespace) {
        if (text.length() > SessionTokens.MAX_LENGTH) {
            return false;
        }
        String[] parts = text.split("\\.", -1);
        if (parts.length != 3) {
            return false;
        }
        try {
            JsonObject claims =
                    new JsonObject(Buffer.buffer(Base64.getUrlDecoder().decode(parts[1])));
            Object audience = claims.getValue("aud");
            boolean forUs = audience instanceof Iterable<?> several
                    ? contains(several, SessionToken.AUDIENCE)
                    : SessionToken.AUDIENCE.equals(audience);
            return forUs
                    && claims.getValue("sub") instanceof String subject
                    && subject.startsWith("system:serviceaccount:" + namespace + ":");
        } catch (DecodeException | IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean contains(Iterable<?> values, Object wanted) {
        for (Object value : values) {
            if (wanted.equals(value)) {
                return true;
            }
        }
        return false;
    }
}

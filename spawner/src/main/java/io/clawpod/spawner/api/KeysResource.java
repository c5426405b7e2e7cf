package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Refusal;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The public keys by which session tokens are verified (RFC 7517 section 5). Open to all: they are public. */
@Path("/.well-known/jwks.json")
@Tag(name = "keys")
public class KeysResource {
    private final PublicKeys keys;

    KeysResource(PublicKeys keys) {
        this.keys = keys;
    }

    /** Where the keys come from: empty while there is none. */
    public interface PublicKeys extends Supplier<Optional<Map<String, Object>>> {}

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @NonBlocking
    @Operation(operationId = "readKeys", summary = "The public keys of session tokens")
    public Map<String, Object> read() {
        return keys.get()
                .orElseThrow(() -> new Refusal(Problem.of(
                        ErrorCode.NOT_READY,
                        "there is no signing key yet",
                        "see /q/health/ready for what is missing")));
    }
}

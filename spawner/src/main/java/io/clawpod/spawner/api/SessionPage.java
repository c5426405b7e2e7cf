package io.clawpod.spawner.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A page of sessions.
 *
 * @param next token of the page after; absent on the last
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(name = "SessionPage")
record SessionPage(
        List<SessionView> sessions,
        @JsonProperty("continue") @Nullable String next) {}

package io.clawpod.spawner.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.clawpod.spawner.session.SessionRecord;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A page of records.
 *
 * @param next token of the page after; absent on the last
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(name = "ArchivePage")
record ArchivePage(
        List<SessionRecord> records,
        @JsonProperty("continue") @Nullable String next) {}

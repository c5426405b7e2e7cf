package io.clawpod.spawner.api;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.SessionKey;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Which sessions a host knows, as callers write it. */
@RegisterForReflection
@Schema(name = "Sweep")
record SweepRequest(
        @Schema(required = true, description = "The keys of all sessions that are to stay; none ends them all")
        @Nullable
        List<@Nullable String> keep) {

    /** @throws InvalidValue naming the field: a list that is left out by mistake must not end all sessions */
    Set<String> keys(InstallSlug install) {
        if (keep == null) {
            throw new InvalidValue("keep", "is missing", "name the keys that are to stay, or give an empty list");
        }
        Set<String> keys = new TreeSet<>();
        for (int i = 0; i < keep.size(); i++) {
            String key = keep.get(i);
            String field = "keep[" + i + "]";
            if (key == null) {
                throw new InvalidValue(field, "is null", "give it a value");
            }
            try {
                keys.add(new SessionKey(install, key).key());
            } catch (InvalidValue fault) {
                throw new InvalidValue(field, fault.fault(), fault.remedy());
            }
        }
        return keys;
    }
}

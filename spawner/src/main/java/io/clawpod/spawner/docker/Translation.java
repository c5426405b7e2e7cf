package io.clawpod.spawner.docker;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.SessionSpec;

/** What became of an argv. */
public sealed interface Translation {
    Report report();

    /** The session that it asks for; the report's list of refusals is empty. */
    record Translated(SessionKey key, SessionSpec spec, Report report) implements Translation {}

    /**
     * It cannot be carried out. The report names every reason.
     *
     * @param code of the first reason: {@link ErrorCode#UNSUPPORTED_FLAG} if the flag itself cannot be carried out, else
     *     {@link ErrorCode#INVALID_SPEC}
     * @param first the first reason; its field is an argv element such as {@code argv[4]}, or {@code argv}
     */
    record Refused(Report report, ErrorCode code, InvalidValue first) implements Translation {}
}

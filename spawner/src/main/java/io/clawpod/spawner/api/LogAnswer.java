package io.clawpod.spawner.api;

import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.session.Sessions.Logs;
import io.clawpod.spawner.web.QueryFlag;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.core.UriInfo;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the logs of live and of archived sessions are asked for by, and answered with. */
final class LogAnswer {
    private LogAnswer() {}

    static LogQuery query(boolean follow, @Nullable String tail, @Nullable String since, UriInfo request, Instant now) {
        return new LogQuery(
                follow,
                tail == null ? null : NumberParameter.parse("tail", tail, 0, Integer.MAX_VALUE),
                since == null ? null : SinceParameter.parse(since, now),
                QueryFlag.isOn("timestamps", request));
    }

    static Multi<byte[]> bytes(Logs logs) {
        if (logs instanceof Logs.Refused refused) {
            throw new Refusal(refused.problem());
        }
        return ((Logs.Stream) logs).bytes();
    }
}

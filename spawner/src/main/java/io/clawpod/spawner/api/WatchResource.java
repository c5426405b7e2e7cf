package io.clawpod.spawner.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.Sessions;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The changes of all sessions as server-sent events (WHATWG HTML, section 9.2). */
@Path("/v1/sessions")
@Tag(name = "sessions")
public class WatchResource {
    // Under the minute after which proxies and load balancers commonly cut a silent connection.
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

    private final Sessions sessions;
    private final Sse sse;
    private final ObjectMapper mapper;

    WatchResource(Sessions sessions, Sse sse, ObjectMapper mapper) {
        this.sessions = sessions;
        this.sse = sse;
        this.mapper = mapper;
    }

    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @NonBlocking
    @Operation(
            operationId = "watchSessions",
            summary = "Changes of sessions, with ?watch",
            description =
                    "Events: resync (data: {\"count\"}; forget what you knew, that many session events follow, then synced),"
                            + " session (new or changed), removed (as last seen). Send Last-Event-ID to go on after a gap; if"
                            + " what you missed is no longer known, the stream begins with resync.")
    public Multi<OutboundSseEvent> watch(@HeaderParam("Last-Event-ID") @Nullable String lastSeen) {
        Multi<OutboundSseEvent> changes = sessions.watch(lastSeen)
                .onItem()
                .transformToMultiAndConcatenate(event -> Multi.createFrom().items(render(event)));
        Multi<OutboundSseEvent> keepAlive = Multi.createFrom()
                .ticks()
                .every(KEEP_ALIVE)
                .onOverflow()
                .drop()
                .map(tick -> sse.newEventBuilder().comment("keep-alive").build());
        return Multi.createBy().merging().streams(changes, keepAlive);
    }

    private Stream<OutboundSseEvent> render(SessionEvent event) {
        if (event instanceof SessionEvent.Resync resync) {
            // The id comes last: a reader that is cut off in between has not seen all and shall begin anew.
            return Stream.concat(
                    Stream.concat(
                            Stream.of(event(
                                    "resync",
                                    null,
                                    Map.of("count", resync.sessions().size()))),
                            resync.sessions().stream().map(session -> event("session", null, SessionView.of(session)))),
                    Stream.of(event("synced", resync.id(), Map.of())));
        }
        if (event instanceof SessionEvent.Changed changed) {
            return Stream.of(event("session", event.id(), SessionView.of(changed.session())));
        }
        Session removed = ((SessionEvent.Removed) event).session();
        return Stream.of(event("removed", event.id(), SessionView.of(removed)));
    }

    private OutboundSseEvent event(String name, @Nullable String id, Object data) {
        OutboundSseEvent.Builder event = sse.newEventBuilder().name(name).data(json(data));
        if (id != null) {
            event.id(id);
        }
        return event.build();
    }

    /** As text: an event whose data is an object gets a field content-type, which the standard does not know. */
    private String json(Object data) {
        try {
            return mapper.writeValueAsString(data);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a session always has a JSON form", e);
        }
    }
}

package io.clawpod.proxy.exchange;

import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.credential.Credential;
import io.clawpod.proxy.route.Route;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.util.function.BooleanSupplier;

/** Begins exchanges. */
@Singleton
public final class Exchanges {
    private final Vertx vertx;
    private final Upstream upstream;
    private final OpenExchanges open;
    private final Patience patience;
    private final KnownPatterns patterns = new KnownPatterns();

    Exchanges(Vertx vertx, Upstream upstream, OpenExchanges open, Patience patience) {
        this.vertx = vertx;
        this.upstream = upstream;
        this.open = open;
        this.patience = patience;
    }

    /**
     * Begins an exchange, which answers the request and ends the call.
     *
     * @param rejected run if the upstream answers with 401; the answer goes to the client as any other
     * @param podUid of the caller, by which the exchange can be cut
     * @param alive whether that pod still lives; asked after the exchange can be found, so that no end falls between
     */
    public void begin(
            HttpServerRequest request,
            Call call,
            Route route,
            Credential credential,
            Runnable rejected,
            String podUid,
            BooleanSupplier alive) {
        Exchange[] made = new Exchange[1];
        Exchange exchange = new Exchange(request, vertx.getOrCreateContext(), call, () -> open.remove(podUid, made[0]));
        made[0] = exchange;
        open.add(podUid, exchange);
        exchange.begin(new Means(upstream, route, credential, rejected, patterns.of(credential), patience));
        if (!alive.getAsBoolean()) {
            exchange.cut();
        }
    }
}

package io.clawpod.proxy.testing;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An upstream that speaks TLS with a certificate of its own for {@code localhost}, and HTTP/2 if it is told to. */
public final class TlsUpstream implements AutoCloseable {
    private static final String PASSWORD = "changeit";

    private final Vertx vertx = Vertx.vertx();
    private final Path store = makeStore();
    private final BlockingQueue<HttpServerRequest> seen = new LinkedBlockingQueue<>();
    private final HttpServer server;

    /** @param handler answers each request, on its event loop */
    public TlsUpstream(boolean http2, Consumer<HttpServerRequest> handler) {
        HttpServerOptions options = new HttpServerOptions()
                .setHost("127.0.0.1")
                .setSsl(true)
                .setUseAlpn(http2)
                .setKeyCertOptions(trusted());
        server = vertx.createHttpServer(options)
                .requestHandler(request -> {
                    seen.add(request);
                    handler.accept(request);
                })
                .listen(0)
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    public int port() {
        return server.actualPort();
    }

    /** What a client must trust to speak to this upstream. */
    public PfxOptions trusted() {
        return new PfxOptions().setPath(store.toString()).setPassword(PASSWORD);
    }

    /** What a server of another kind needs to have the same certificate. */
    public SSLContext context() {
        try (InputStream in = Files.newInputStream(store)) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public HttpServerRequest next() throws InterruptedException {
        HttpServerRequest next = seen.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no request reached the upstream");
        }
        return next;
    }

    private static Path makeStore() {
        try {
            Path store = Files.createTempDirectory("tls").resolve("upstream.p12");
            Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
            int exit = new ProcessBuilder(
                            keytool.toString(),
                            "-genkeypair",
                            "-alias",
                            "upstream",
                            "-keyalg",
                            "EC",
                            "-dname",
                            "CN=localhost",
                            "-ext",
                            "san=dns:localhost",
                            "-validity",
                            "2",
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            PASSWORD,
                            "-keystore",
                            store.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            if (exit != 0) {
                throw new IllegalStateException("keytool ended with " + exit);
            }
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}

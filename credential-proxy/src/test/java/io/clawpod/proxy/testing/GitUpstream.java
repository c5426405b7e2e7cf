package io.clawpod.proxy.testing;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;

/** A forge: git's own {@code git http-backend} behind a server, which lets in whoever sends the one Authorization. */
public final class GitUpstream implements AutoCloseable {
    private final Path root;
    private final String authorization;
    private final HttpServer server;
    private final Queue<Map.Entry<String, Headers>> seen = new ConcurrentLinkedQueue<>();

    /** @param root the folder that the repositories are in */
    public GitUpstream(Path root, String authorization) throws IOException {
        this.root = root;
        this.authorization = authorization;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", this::serve);
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** The method and target, and the headers, of each request so far. */
    public List<Map.Entry<String, Headers>> seen() {
        return List.copyOf(seen);
    }

    private void serve(HttpExchange exchange) throws IOException {
        seen.add(Map.entry(exchange.getRequestMethod() + " " + exchange.getRequestURI(), exchange.getRequestHeaders()));
        try (exchange) {
            if (authorization.equals(exchange.getRequestHeaders().getFirst("authorization"))) {
                answer(exchange, backend(exchange));
            } else {
                exchange.sendResponseHeaders(401, -1);
            }
        }
    }

    private Process backend(HttpExchange exchange) throws IOException {
        Headers headers = exchange.getRequestHeaders();
        ProcessBuilder builder =
                new ProcessBuilder("git", "http-backend").redirectError(ProcessBuilder.Redirect.DISCARD);
        Map<String, String> env = builder.environment();
        env.put("GIT_PROJECT_ROOT", root.toString());
        env.put("GIT_HTTP_EXPORT_ALL", "1");
        env.put("REMOTE_USER", "someone");
        env.put("REQUEST_METHOD", exchange.getRequestMethod());
        env.put("PATH_INFO", exchange.getRequestURI().getPath());
        String query = exchange.getRequestURI().getQuery();
        env.put("QUERY_STRING", query == null ? "" : query);
        for (String name : List.of("Content-Type", "Content-Length", "Content-Encoding", "Git-Protocol")) {
            String variable = name.toUpperCase(Locale.ROOT).replace('-', '_');
            String value = headers.getFirst(name);
            if (value != null) {
                env.put(variable, value);
                env.put("HTTP_" + variable, value);
            }
        }
        Process process = builder.start();
        try (OutputStream in = process.getOutputStream()) {
            exchange.getRequestBody().transferTo(in);
        }
        return process;
    }

    private static void answer(HttpExchange exchange, Process process) throws IOException {
        int status = 200;
        try (InputStream out = process.getInputStream()) {
            for (String line = line(out); !line.isEmpty(); line = line(out)) {
                String[] header = line.split(": *", 2);
                if (header[0].equals("Status")) {
                    status = Integer.parseInt(header[1].substring(0, 3));
                } else {
                    exchange.getResponseHeaders().add(header[0], header[1]);
                }
            }
            exchange.sendResponseHeaders(status, 0);
            out.transferTo(exchange.getResponseBody());
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return new String(line.toString().strip().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

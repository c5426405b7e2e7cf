package io.clawpod.local.agent;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Asks the API that ANTHROPIC_BASE_URL names one question and prints the answer as it comes. The question lies in
 * {@code /workspace/prompt.txt}, the answer goes to {@code /workspace/answer.txt}.
 */
public final class DemoAgent {
    private static final String MODEL = "claude-3-5-haiku-latest";
    private static final Pattern TEXT_DELTA = Pattern.compile("\"text\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern ESCAPE = Pattern.compile("\\\\(u([0-9a-fA-F]{4})|.)");

    private final Path root;
    private final String baseUrl;
    private final String key;
    private final PrintStream out;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private DemoAgent(Map<String, String> env, PrintStream out) {
        // There is no mount namespace on the embedded cluster: what a container sees as / lies in this folder.
        root = Path.of(env.getOrDefault("CLAWPOD_LOCAL_ROOT", "/"));
        baseUrl = env.getOrDefault("ANTHROPIC_BASE_URL", "");
        key = env.getOrDefault("ANTHROPIC_API_KEY", "");
        this.out = out;
    }

    /** @param args as bun gets them: {@code run <script>} */
    public static void main(String[] args) throws IOException, InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.exit(new DemoAgent(System.getenv(), out).run(args));
    }

    private int run(String[] args) throws IOException, InterruptedException {
        if (args.length != 2 || !args[0].equals("run") || !Files.isRegularFile(Path.of(args[1]))) {
            out.println("agent: expected: run <script that is there>, got: " + String.join(" ", args));
            return 64;
        }
        if (baseUrl.isEmpty() || key.isEmpty()) {
            out.println("agent: ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY must be set");
            return 78;
        }
        Path workspace = root.resolve("workspace");
        Files.writeString(workspace.resolve(".heartbeat"), "");
        HttpResponse<Void> greeting = http.send(
                request("/").method("HEAD", HttpRequest.BodyPublishers.noBody()).build(),
                HttpResponse.BodyHandlers.discarding());
        out.println("agent: HEAD " + baseUrl + "/ -> " + greeting.statusCode());
        out.println("agent: POST /v1/messages with the " + key.length() + " characters I was given as a key");
        Path prompt = workspace.resolve("prompt.txt");
        String question = Files.exists(prompt) ? Files.readString(prompt).strip() : "Say hello.";
        HttpResponse<Stream<String>> answer = http.send(post(question), HttpResponse.BodyHandlers.ofLines());
        if (answer.statusCode() != 200) {
            out.println("agent: the API answered " + answer.statusCode());
            answer.body().forEach(out::println);
            return 1;
        }
        return read(answer.body(), workspace);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(baseUrl + path))
                .timeout(Duration.ofSeconds(60))
                .header("x-api-key", key)
                .header("anthropic-version", "2023-06-01");
    }

    private HttpRequest post(String question) {
        String body = "{\"model\":\"" + MODEL + "\",\"max_tokens\":200,\"stream\":true,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"" + escape(question) + "\"}]}";
        return request("/v1/messages?beta=true")
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private int read(Stream<String> lines, Path workspace) throws IOException {
        StringBuilder text = new StringBuilder();
        boolean[] whole = new boolean[1];
        lines.filter(line -> line.startsWith("data:")).forEach(line -> {
            if (line.contains("\"content_block_delta\"")) {
                Matcher delta = TEXT_DELTA.matcher(line);
                if (delta.find()) {
                    String piece = unescape(delta.group(1));
                    text.append(piece);
                    out.print(piece);
                    out.flush();
                }
            }
            whole[0] |= line.contains("\"message_stop\"");
        });
        out.println();
        Files.writeString(workspace.resolve("answer.txt"), text + "\n");
        if (!whole[0]) {
            out.println("agent: the answer broke off");
            return 1;
        }
        return 0;
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                escaped.append('\\').append(c);
            } else if (c < ' ') {
                escaped.append(String.format("\\u%04x", (int) c));
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }

    private static String unescape(String json) {
        return ESCAPE.matcher(json).replaceAll(match -> {
            String plain = switch (match.group(1).charAt(0)) {
                case 'n' -> "\n";
                case 't' -> "\t";
                case 'r' -> "\r";
                case 'b' -> "\b";
                case 'f' -> "\f";
                case 'u' -> String.valueOf((char) Integer.parseInt(match.group(2), 16));
                default -> match.group(1);
            };
            return Matcher.quoteReplacement(plain);
        });
    }
}

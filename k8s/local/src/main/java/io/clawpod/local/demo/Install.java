package io.clawpod.local.demo;

import io.clawpod.common.InstallSlug;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A folder as a NanoClaw host has it, and the arguments that its v2.0.64 gives to docker for one session. */
record Install(Path root) {
    private static final String GROUP = "family-chat";
    private static final String SESSION = "1769000000000";

    /** Makes the folders. */
    static Install create(Path root, String prompt) throws IOException {
        Install install = new Install(root);
        for (Path folder : List.of(
                install.session(),
                install.group().resolve(".claude-fragments"),
                root.resolve("groups/global"),
                root.resolve("data/v2-sessions/" + GROUP + "/.claude-shared"),
                root.resolve("container/agent-runner/src"),
                root.resolve("container/skills"))) {
            Files.createDirectories(folder);
        }
        Files.writeString(install.session().resolve("prompt.txt"), prompt + "\n");
        Files.writeString(install.group().resolve("container.json"), "{}\n");
        Files.writeString(install.group().resolve("CLAUDE.md"), "# Family chat\n");
        Files.writeString(root.resolve("container/CLAUDE.md"), "# Agent\n");
        Files.writeString(
                root.resolve("container/agent-runner/src/index.ts"), "// The demo's agent stands in for this.\n");
        return install;
    }

    InstallSlug slug() {
        return InstallSlug.ofFolder(root.toString());
    }

    /** The folder that the agent sees as {@code /workspace}. */
    Path session() {
        return root.resolve("data/v2-sessions/" + GROUP + "/" + SESSION);
    }

    private Path group() {
        return root.resolve("groups/family");
    }

    String image() {
        return "nanoclaw-agent-v2-" + slug() + ":latest";
    }

    /** What follows {@code docker}, in the host's own order. */
    List<String> dockerRun() {
        List<String> argv = new ArrayList<>(List.of(
                "run",
                "--rm",
                "--name",
                "nanoclaw-v2-Family_Chat-" + SESSION,
                "--label",
                "nanoclaw-install=" + slug(),
                "-e",
                "TZ=Europe/Berlin",
                "--add-host=host.docker.internal:host-gateway",
                "--user",
                "1001:1001",
                "-e",
                "HOME=/home/node"));
        volume(argv, session(), "/workspace");
        volume(argv, group(), "/workspace/agent");
        volume(argv, group().resolve("container.json"), "/workspace/agent/container.json:ro");
        volume(argv, group().resolve("CLAUDE.md"), "/workspace/agent/CLAUDE.md:ro");
        volume(argv, group().resolve(".claude-fragments"), "/workspace/agent/.claude-fragments:ro");
        volume(argv, root.resolve("groups/global"), "/workspace/global:ro");
        volume(argv, root.resolve("container/CLAUDE.md"), "/app/CLAUDE.md:ro");
        volume(argv, root.resolve("data/v2-sessions/" + GROUP + "/.claude-shared"), "/home/node/.claude");
        volume(argv, root.resolve("container/agent-runner/src"), "/app/src:ro");
        volume(argv, root.resolve("container/skills"), "/app/skills:ro");
        argv.addAll(List.of("--entrypoint", "bash", image(), "-c", "exec bun run /app/src/index.ts"));
        return argv;
    }

    private static void volume(List<String> argv, Path from, String to) {
        argv.add("-v");
        argv.add(from + ":" + to);
    }

    /**
     * Makes the agent's image: a folder with a {@code bun} that runs the demo's agent.
     *
     * @param agent where the agent's classes are
     */
    static Path image(Path folder, Class<?> agent, Path classes) throws IOException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Path bun = bin.resolve("bun");
        Files.writeString(bun, """
                #!/bin/sh
                exec "%s" -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -cp "%s" %s "$@"
                """.formatted(java, classes, agent.getName()));
        Files.setPosixFilePermissions(bun, PosixFilePermissions.fromString("rwxr-xr-x"));
        return folder;
    }
}

package io.clawpod.local.kubelet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardTest {
    private static Process start(Guard guard) throws IOException {
        Process process = guard.start(new ProcessBuilder("sh", "-c", "sleep 300 & echo up; wait"));
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        assertEquals("up", lines.readLine());
        return process;
    }

    @Test
    void itsEndIsTheEndOfAllProcessesAndOfTheFolder(@TempDir Path parent) throws Exception {
        Path folder = Files.createDirectories(parent.resolve("folder"));
        Files.writeString(parent.resolve("other"), "stays");
        Files.createSymbolicLink(folder.resolve("link"), parent.resolve("other"));
        Process process;
        ProcessHandle child;
        try (Guard guard = new Guard(folder)) {
            process = start(guard);
            child = process.children().findFirst().orElseThrow();
        }
        process.onExit().get(30, TimeUnit.SECONDS);
        child.onExit().get(30, TimeUnit.SECONDS);
        assertFalse(Files.exists(folder));
        assertEquals("stays", Files.readString(parent.resolve("other")));
    }

    @Test
    void aKilledProcessTakesItsDescendantsAlong(@TempDir Path folder) throws Exception {
        try (Guard guard = new Guard(Files.createDirectories(folder.resolve("folder")))) {
            Process process = start(guard);
            ProcessHandle child = process.children().findFirst().orElseThrow();
            guard.kill(process);
            assertFalse(process.isAlive());
            child.onExit().get(30, TimeUnit.SECONDS);
        }
    }
}

package io.clawpod.local.demo;

import io.clawpod.common.SecretText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Looks for the real key where no agent may have it, plain and in Base64. */
final class KeyHunt {
    private final List<byte[]> needles = new ArrayList<>();

    KeyHunt(SecretText key) {
        byte[] plain = key.reveal().getBytes(StandardCharsets.UTF_8);
        needles.add(plain);
        // A key inside a longer Base64 text stands at one of three offsets; the outermost characters mix with
        // neighbours.
        for (int shift = 0; shift < 3; shift++) {
            byte[] shifted = new byte[plain.length + shift];
            System.arraycopy(plain, 0, shifted, shift, plain.length);
            String text = Base64.getEncoder().withoutPadding().encodeToString(shifted);
            needles.add(text.substring(shift == 0 ? 0 : shift + 1, text.length() - 2)
                    .getBytes(StandardCharsets.US_ASCII));
        }
    }

    boolean in(String text) {
        return in(text.getBytes(StandardCharsets.UTF_8));
    }

    boolean in(byte[] haystack) {
        String text = new String(haystack, StandardCharsets.ISO_8859_1);
        return needles.stream().anyMatch(needle -> text.contains(new String(needle, StandardCharsets.ISO_8859_1)));
    }

    /** What was found in a number of places. */
    record Findings(int searched, List<String> found) {}

    /** Searches every file below a folder, also through links, as an agent could. */
    Findings files(Path folder) throws IOException {
        List<String> found = new ArrayList<>();
        int searched = 0;
        try (Stream<Path> paths = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : paths.filter(Files::isRegularFile).toList()) {
                searched++;
                if (in(Files.readAllBytes(file)) || in(file.toString())) {
                    found.add(file.toString());
                }
            }
        }
        return new Findings(searched, found);
    }

    /** Reads the environments and command lines of live processes, over and over until {@link #stop()}; Linux alone. */
    final class Processes {
        private final Set<Long> seen = new HashSet<>();
        private final List<String> found = new ArrayList<>();
        private final Thread thread;
        private volatile boolean stopped;

        Processes(Supplier<List<ProcessHandle>> processes) {
            thread = new Thread(() -> watch(processes), "key-hunt");
            thread.setDaemon(true);
            thread.start();
        }

        private void watch(Supplier<List<ProcessHandle>> processes) {
            try {
                while (!stopped) {
                    processes.get().forEach(process -> look(process.pid()));
                    Thread.sleep(20);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void look(long pid) {
            for (String file : List.of("environ", "cmdline")) {
                try {
                    byte[] bytes = Files.readAllBytes(Path.of("/proc", String.valueOf(pid), file));
                    if (bytes.length > 0 && file.equals("environ")) {
                        seen.add(pid);
                    }
                    if (in(bytes)) {
                        found.add("/proc/" + pid + "/" + file);
                    }
                } catch (IOException e) {
                    // It ended in between.
                }
            }
        }

        Findings stop() throws InterruptedException {
            stopped = true;
            thread.join();
            return new Findings(seen.size(), found);
        }
    }
}

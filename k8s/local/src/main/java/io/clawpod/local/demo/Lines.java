package io.clawpod.local.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Long things as short lines. */
final class Lines {
    private static final int WIDTH = 110;

    private Lines() {}

    /** A command line, each flag with its value, broken where it gets too long. */
    static List<String> of(List<String> argv, String root) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder("docker");
        for (String word : argv) {
            String shown = word.replace(root, "<root>");
            if (shown.contains(" ")) {
                shown = "\"" + shown + "\"";
            }
            boolean flag = shown.startsWith("-");
            if (line.length() + shown.length() > WIDTH || (flag && line.length() + shown.length() > WIDTH - 45)) {
                lines.add(line.toString());
                line = new StringBuilder("  ");
            }
            line.append(line.toString().isBlank() ? "" : " ").append(shown);
        }
        lines.add(line.toString());
        return lines;
    }

    /** An entry of the report: a text, or an object with a few of them. */
    static String of(JsonNode entry, String root) {
        if (!entry.isObject()) {
            return entry.asText().replace(root, "<root>");
        }
        List<String> parts = new ArrayList<>();
        entry.forEach(part -> {
            if (!part.isNull() && !part.asText().isEmpty()) {
                parts.add(part.asText());
            }
        });
        return String.join("  ->  ", parts).replace(root, "<root>");
    }
}

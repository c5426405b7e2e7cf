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
        for (int i = 0; i < argv.size(); i++) {
            String shown = shown(argv.get(i), root);
            // A volume stays on the line of its flag.
            boolean pair = shown.equals("-v") && i + 1 < argv.size();
            if (pair) {
                i++;
                shown += " " + shown(argv.get(i), root);
            }
            if (line.length() + shown.length() > WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder("  ");
            }
            line.append(line.toString().isBlank() ? "" : " ").append(shown);
        }
        lines.add(line.toString());
        return lines;
    }

    private static String shown(String word, String root) {
        String text = word.replace(root, "<root>");
        return text.contains(" ") ? "\"" + text + "\"" : text;
    }

    /** An entry of the report: a text, or an object with a few of them. */
    static String of(JsonNode entry, String root) {
        if (!entry.isObject()) {
            return entry.asText().replace(root, "<root>");
        }
        List<String> parts = new ArrayList<>();
        entry.forEach(part -> {
            // The position in the argv is for programs.
            if (part.isTextual() && !part.asText().isEmpty()) {
                parts.add(part.asText());
            }
        });
        return String.join("  ", parts).replace(root, "<root>");
    }
}

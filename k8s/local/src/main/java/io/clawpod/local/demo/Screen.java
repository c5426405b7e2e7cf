package io.clawpod.local.demo;

import java.io.Console;
import java.io.PrintStream;

/** What the demo prints; coloured on a terminal alone. */
final class Screen {
    private static final String BOLD = "\u001b[1m";
    private static final String DIM = "\u001b[2m";
    private static final String GREEN = "\u001b[32m";
    private static final String RED = "\u001b[31m";
    private static final String RESET = "\u001b[0m";

    private final PrintStream out;
    private final boolean colours;
    private int steps;
    private boolean lineStart = true;

    Screen(PrintStream out, boolean colours) {
        this.out = out;
        this.colours = colours;
    }

    /** Up to Java 21 there is a console only on a terminal; from 22 on the console itself tells. */
    @SuppressWarnings("SystemConsoleNull")
    static boolean onTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return Boolean.TRUE.equals(Console.class.getMethod("isTerminal").invoke(console));
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    private String paint(String colour, String text) {
        return colours ? colour + text + RESET : text;
    }

    void step(String title) {
        steps++;
        out.println();
        out.println(paint(BOLD, steps + ". " + title));
    }

    void line(String text) {
        out.println("   " + text);
    }

    void detail(String text) {
        out.println("   " + paint(DIM, text));
    }

    /** Prints text as it comes, with a bar before each of its lines. */
    void stream(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (lineStart) {
                out.print("   | ");
            }
            char c = text.charAt(i);
            out.print(c);
            lineStart = c == '\n';
        }
        out.flush();
    }

    void endStream() {
        if (!lineStart) {
            out.println();
            lineStart = true;
        }
    }

    void check(boolean holds, String what) {
        out.println("   " + (holds ? paint(GREEN, "ok  ") : paint(RED, "FAIL")) + " " + what);
    }

    void failure(String text) {
        out.println(paint(RED, text));
    }

    void end(boolean good, String text) {
        out.println();
        out.println(paint(good ? GREEN : RED, text));
    }
}

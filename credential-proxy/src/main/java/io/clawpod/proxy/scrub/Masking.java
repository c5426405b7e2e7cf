package io.clawpod.proxy.scrub;

import java.util.Arrays;

/** Where one text's reading has got to. A byte is masked exactly if it lies in some occurrence of a secret's form. */
final class Masking {
    private final Automaton automaton;
    private int state;

    Masking(Automaton automaton) {
        this.automaton = automaton;
    }

    /**
     * Reads on.
     *
     * @param text begins with at least the {@link #held()} bytes that were last
     * @param from where the new bytes begin
     * @return whether something was masked
     */
    boolean mask(byte[] text, int from) {
        boolean masked = false;
        int now = state;
        int i = from;
        while (true) {
            if (now == 0) {
                i = automaton.leap(text, i);
            }
            if (i >= text.length) {
                break;
            }
            now = automaton.step(now, text[i]);
            i++;
            int length = automaton.found(now);
            if (length > 0) {
                Arrays.fill(text, i - length, i, Patterns.FILLER);
                masked = true;
            }
        }
        state = now;
        return masked;
    }

    /** How many of the last bytes may still become part of a secret. */
    int held() {
        return automaton.held(state);
    }
}

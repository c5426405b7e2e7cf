package io.clawpod.proxy.scrub;

import io.clawpod.common.SecretText;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What must not reach an agent: some secrets, plain, percent-encoded (either case, and as a form has it) and in Base64 (both
 * alphabets, with or without padding, at any place in a longer text). Made once for a credential. Immutable, thread-safe.
 */
public final class Patterns {
    /** Stands for each byte of a secret: as long as it was, so lengths and ranges stay right; and fit for a header's name. */
    static final byte FILLER = '*';

    private final Automaton automaton;
    private final boolean none;

    private Patterns(Set<String> forms) {
        automaton = new Automaton(forms);
        none = forms.isEmpty();
    }

    /** Patterns for {@code secrets}; with none, nothing is ever found. */
    public static Patterns of(List<SecretText> secrets) {
        Set<String> forms = new LinkedHashSet<>();
        for (SecretText secret : secrets) {
            forms.addAll(Encodings.of(secret.reveal()));
        }
        return new Patterns(forms);
    }

    /** A whole text without the secrets, such as a header's name or value. */
    public String clean(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Masking(automaton).mask(bytes, 0) ? new String(bytes, StandardCharsets.UTF_8) : text;
    }

    /** A scrub for one body. */
    public Scrub scrub() {
        return new Scrub(new Masking(automaton));
    }

    /** A scrub for what the server of one WebSocket sends. */
    public FrameScrub frameScrub() {
        return new FrameScrub(this);
    }

    /** Whether there is nothing to look for. */
    public boolean none() {
        return none;
    }
}

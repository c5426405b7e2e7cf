package io.clawpod.spawner.plan;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells environment variables that look as if they held a real credential. An agent must not get one: the credential
 * proxy is where they belong.
 */
public final class CredentialShapes {
    // Nothing in it may look far ahead from every place of a text, since texts are as long as their senders like.
    // Prefixes that the issuers document for their keys and tokens, and the marks of private keys and signed tokens.
    private static final Pattern VALUE = Pattern.compile("(?s).*?("
            + "sk-ant-[A-Za-z0-9_-]{16,}"
            + "|sk-(proj-)?[A-Za-z0-9_-]{20,}"
            + "|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
            + "|glpat-[A-Za-z0-9_-]{20,}"
            + "|xox[abprs]-[A-Za-z0-9-]{10,}"
            + "|AKIA[A-Z0-9]{16}|ASIA[A-Z0-9]{16}"
            + "|AIza[A-Za-z0-9_-]{35}"
            + "|eyJ[A-Za-z0-9_-]{8,4096}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]+"
            + "|-----BEGIN [A-Z ]*PRIVATE KEY-----"
            + "|[a-z0-9+.-]://[^/\\s:@]+:[^/\\s@]+@"
            + ").*");
    private static final Pattern NAME =
            Pattern.compile("(^|_)(API_?KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|PRIVATE_KEY|ACCESS_KEY)$");
    private static final Set<String> PLACEHOLDERS = Set.of(
            "", "placeholder", "dummy", "none", "null", "unused", "changeme", "redacted", "test", "true", "false");

    private CredentialShapes() {}

    /** Whether the value has the form of a real key, token or password, whatever its name. */
    public static boolean isCredential(String value) {
        return VALUE.matcher(value).matches();
    }

    /** Whether the name says that the value is secret and the value is not a known placeholder. */
    public static boolean isNamedCredential(String name, String value) {
        String plain = value.toLowerCase(Locale.ROOT).strip();
        boolean placeholder = PLACEHOLDERS.contains(plain) || plain.chars().allMatch(c -> c == 'x' || c == '*');
        return !placeholder && NAME.matcher(name.toUpperCase(Locale.ROOT)).find();
    }
}

package io.clawpod.spawner.plan;

import io.clawpod.spawner.session.CredentialText;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells environment variables that look as if they held a real credential. An agent must not get one: the credential
 * proxy is where they belong.
 */
public final class CredentialShapes {
    private static final Pattern VALUE = Pattern.compile(
            "(?s).*?(?:" + CredentialText.ISSUED + "|" + CredentialText.SIGNED + "\\.[A-Za-z0-9_-]+).*");
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

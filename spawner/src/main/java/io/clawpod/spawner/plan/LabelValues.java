package io.clawpod.spawner.plan;

import io.clawpod.common.Digests;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Texts as Kubernetes label keys and values. */
final class LabelValues {
    private static final int MAX_LENGTH = 63;
    private static final int DIGEST_LENGTH = 8;
    private static final Pattern VALUE = Pattern.compile("([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?");
    private static final Pattern KEY = Pattern.compile(
            "((?=.{1,253}/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

    private LabelValues() {}

    static boolean isValue(String text) {
        return VALUE.matcher(text).matches();
    }

    static boolean isKey(String text) {
        return KEY.matcher(text).matches();
    }

    /** The text itself if it is a label value; else its readable part and a digest, so that two texts stay two. */
    static String of(String text) {
        if (!text.isEmpty() && isValue(text)) {
            return text;
        }
        String digest = Digests.hex("SHA-256", text.getBytes(StandardCharsets.UTF_8), DIGEST_LENGTH);
        String plain = text.replaceAll("[^A-Za-z0-9._-]+", "-").replaceAll("^[^A-Za-z0-9]+", "");
        String readable = plain.substring(0, Math.min(plain.length(), MAX_LENGTH - DIGEST_LENGTH - 1));
        return readable.isEmpty() ? digest : readable + "-" + digest;
    }
}

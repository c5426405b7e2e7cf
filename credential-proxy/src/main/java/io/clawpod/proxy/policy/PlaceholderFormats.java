package io.clawpod.proxy.policy;

import io.clawpod.common.InvalidValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The shapes that a session token may come in, for tools that look at a key before they use it: {@code
 * sk-ant-api03-{token}-AA}. Which shape a token has says nothing about it: what is between is verified as ever. Pure.
 */
public final class PlaceholderFormats {
    public static final PlaceholderFormats NONE = new PlaceholderFormats(List.of());

    private static final String TOKEN = "{token}";
    private static final int MAX = 32;

    private final List<Format> formats;

    private record Format(String prefix, String suffix) {}

    private PlaceholderFormats(List<Format> formats) {
        this.formats = formats;
    }

    /** @throws InvalidValue if one has not {@code {token}} once after other text; its field is {@code [i]} */
    public static PlaceholderFormats of(List<String> texts) {
        List<Format> formats = new ArrayList<>();
        if (texts.size() > MAX) {
            throw new InvalidValue("", "are too many", "list at most " + MAX);
        }
        for (String text : texts) {
            String field = "[" + formats.size() + "]";
            int at = text.indexOf(TOKEN);
            if (at < 0 || text.indexOf(TOKEN, at + 1) >= 0) {
                throw new InvalidValue(field, "has not {token} once", "write it as sk-ant-api03-{token}-AA");
            }
            // A bare token begins with eyJ, and must not be taken for one in a shape because of how it happens to end.
            if (at == 0 || text.startsWith("eyJ")) {
                throw new InvalidValue(field, "has no prefix of its own", "put text before {token}, other than eyJ");
            }
            if (text.length() > 256 || text.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
                throw new InvalidValue(field, "is no header value", "use up to 256 printable ASCII characters");
            }
            formats.add(new Format(text.substring(0, at), text.substring(at + TOKEN.length())));
        }
        formats.sort(Comparator.comparingInt((Format format) ->
                        format.prefix().length() + format.suffix().length())
                .reversed());
        return new PlaceholderFormats(List.copyOf(formats));
    }

    /** The token in {@code presented}; {@code presented} itself if it has none of the shapes. */
    public String unwrap(String presented) {
        for (int i = 0; i < formats.size(); i++) {
            Format format = formats.get(i);
            if (presented.length() > format.prefix().length() + format.suffix().length()
                    && presented.startsWith(format.prefix())
                    && presented.endsWith(format.suffix())) {
                return presented.substring(
                        format.prefix().length(),
                        presented.length() - format.suffix().length());
            }
        }
        return presented;
    }
}

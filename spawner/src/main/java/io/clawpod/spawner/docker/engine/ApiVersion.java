package io.clawpod.spawner.docker.engine;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A version of the Docker Engine API (docs.docker.com/reference/api/engine/#versioned-api-and-sdk). */
record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {
    static final ApiVersion LEAST = new ApiVersion(1, 24);
    static final ApiVersion GREATEST = new ApiVersion(1, 48);

    private static final Pattern FORM = Pattern.compile("([0-9]{1,3})\\.([0-9]{1,3})");

    /** @throws EngineRefusal if it is none that is spoken here */
    static ApiVersion parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new EngineRefusal(
                    400, "'" + Call.cut(text) + "' is no API version; use " + LEAST + " to " + GREATEST);
        }
        ApiVersion version = new ApiVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        // Docker's own words: its clients look for them.
        if (version.compareTo(LEAST) < 0) {
            throw new EngineRefusal(
                    400,
                    "client version " + version + " is too old. Minimum supported API version is " + LEAST
                            + ", please upgrade your client to a newer version");
        }
        if (version.compareTo(GREATEST) > 0) {
            throw new EngineRefusal(
                    400, "client version " + version + " is too new. Maximum supported API version is " + GREATEST);
        }
        return version;
    }

    /** The one that a call asks for; without one, the greatest. */
    static ApiVersion of(Call call) {
        String text = call.part("version");
        return text.isEmpty() ? GREATEST : parse(text);
    }

    boolean isAtLeast(int otherMajor, int otherMinor) {
        return compareTo(new ApiVersion(otherMajor, otherMinor)) >= 0;
    }

    @Override
    public int compareTo(ApiVersion other) {
        return Comparator.comparingInt(ApiVersion::major)
                .thenComparingInt(ApiVersion::minor)
                .compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}

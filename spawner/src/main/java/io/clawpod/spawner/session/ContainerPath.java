package io.clawpod.spawner.session;

import io.clawpod.common.InvalidValue;
import java.util.ArrayDeque;
import java.util.Deque;

/** Absolute paths as text, made plain without looking at any file system. */
public final class ContainerPath {
    /** Linux PATH_MAX without the final NUL, in characters. */
    public static final int MAX_LENGTH = 4095;

    private ContainerPath() {}

    /**
     * Takes {@code .}, {@code ..} and doubled or final slashes out of an absolute path.
     *
     * @param field what to call the path in an error
     * @throws InvalidValue if the path is not absolute, climbs above {@code /}, is too long or has a control character
     */
    public static String normalise(String field, String path) {
        if (!path.startsWith("/")) {
            throw new InvalidValue(field, "is not an absolute path", "begin it with /");
        }
        if (path.length() > MAX_LENGTH || path.chars().anyMatch(Character::isISOControl)) {
            throw new InvalidValue(
                    field, "is not a path", "use at most " + MAX_LENGTH + " characters and no control characters");
        }
        Deque<String> parts = new ArrayDeque<>();
        for (String part : path.split("/", -1)) {
            if (part.equals("..")) {
                if (parts.pollLast() == null) {
                    throw new InvalidValue(field, "climbs above /", "leave out the '..'");
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.addLast(part);
            }
        }
        return "/" + String.join("/", parts);
    }

    /** Whether {@code path} is {@code folder} or lies below it; both normalised. */
    public static boolean isWithin(String path, String folder) {
        return folder.equals("/") || path.equals(folder) || path.startsWith(folder + "/");
    }
}

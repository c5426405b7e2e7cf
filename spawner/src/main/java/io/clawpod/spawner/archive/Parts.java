package io.clawpod.spawner.archive;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Objects cannot be added to. A file that grows is kept as objects under its name, each with the bytes from one offset to
 * another; some are put together into one later, and what that replaces may still be there. Pure.
 */
final class Parts {
    /** How many small parts at the end are put together. */
    static final int MANY = 32;
    /** What is small, and how much is put together at most, in bytes. */
    static final long SMALL = 1 << 18;

    static final long MOST = 1 << 22;

    private static final Pattern NAME = Pattern.compile("(.+\\.gz)/([0-9]{15})-([0-9]{15})");

    private Parts() {}

    /** The bytes of a file from one offset up to, and without, another. */
    record Part(String file, long from, long to) {
        String name() {
            return String.format(Locale.ROOT, "%s/%015d-%015d", file, from, to);
        }

        long bytes() {
            return to - from;
        }

        /** Null for what is no part. */
        static @Nullable Part parse(String name) {
            Matcher part = NAME.matcher(name);
            return part.matches()
                    ? new Part(part.group(1), Long.parseLong(part.group(2)), Long.parseLong(part.group(3)))
                    : null;
        }
    }

    /** Those that make up the file, in order; what others hold as well is left out. */
    static List<Part> cover(List<Part> all) {
        List<Part> sorted = new ArrayList<>(all);
        sorted.sort(Comparator.comparingLong(Part::from).thenComparing(Part::to, Comparator.reverseOrder()));
        List<Part> cover = new ArrayList<>();
        long at = 0;
        for (Part part : sorted) {
            if (part.from() == at && part.to() > at) {
                cover.add(part);
                at = part.to();
            }
        }
        return cover;
    }

    static long length(List<Part> cover) {
        return cover.isEmpty() ? 0 : cover.get(cover.size() - 1).to();
    }

    /** The parts at the end that are to be put together now; empty if none. */
    static List<Part> toMerge(List<Part> cover) {
        int from = cover.size();
        long bytes = 0;
        while (from > 0
                && cover.get(from - 1).bytes() < SMALL
                && bytes + cover.get(from - 1).bytes() <= MOST) {
            from--;
            bytes += cover.get(from).bytes();
        }
        return cover.size() - from >= MANY ? List.copyOf(cover.subList(from, cover.size())) : List.of();
    }
}

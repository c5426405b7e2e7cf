package io.clawpod.spawner.archive;

import io.clawpod.spawner.archive.Member.Head;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log as it is stored: its files, oldest first. Blocks.
 *
 * @param segments of ascending number; the first ones may be gone
 */
record StoredLog(Store store, List<Segment> segments) {
    /** How much is read at a time; no member is longer. */
    private static final int WINDOW = 1 << 18;

    record Segment(String path, int number, long bytes) {}

    static StoredLog find(Store store, String folder) throws StoreFault {
        List<Segment> segments = new ArrayList<>();
        for (Store.Entry entry : store.list(folder)) {
            Paths.Named named = Paths.parse(entry.path());
            if (named != null && named.segment() >= 0) {
                segments.add(new Segment(entry.path(), named.segment(), entry.bytes()));
            }
        }
        segments.sort(Comparator.comparingInt(Segment::number));
        return new StoredLog(store, segments);
    }

    /** Where a member lies. */
    record Found(Segment segment, long offset, Head head) {}

    /**
     * A way through a file.
     *
     * @param members those that are whole
     * @param end behind the last of them
     */
    record Walk(List<Found> members, long end) {
        @Nullable
        Head lastWhole() {
            return members.isEmpty() ? null : members.get(members.size() - 1).head();
        }

        long raw() {
            return members.stream().mapToLong(found -> found.head().raw()).sum();
        }
    }

    /** Goes from head to head; the last member is looked at in full, since only that can be damaged. */
    Walk walk(Segment segment) throws StoreFault {
        List<Found> members = new ArrayList<>();
        long at = 0;
        byte[] window = new byte[0];
        long windowAt = 0;
        while (at < segment.bytes()) {
            if (at < windowAt || at + Member.HEAD > windowAt + window.length) {
                windowAt = at;
                window = store.read(segment.path(), at, WINDOW);
            }
            Head head = Member.head(window, (int) (at - windowAt));
            if (head == null || at + head.length() > segment.bytes()) {
                break;
            }
            members.add(new Found(segment, at, head));
            at += head.length();
        }
        while (!members.isEmpty() && unpack(members.get(members.size() - 1)) == null) {
            at = members.remove(members.size() - 1).offset();
        }
        return new Walk(members, at);
    }

    /** What is in a member; null if it is damaged, or gone in the meantime. */
    byte @Nullable [] unpack(Found found) throws StoreFault {
        byte[] bytes =
                store.read(found.segment().path(), found.offset(), found.head().length());
        return Member.unpack(bytes, 0);
    }
}

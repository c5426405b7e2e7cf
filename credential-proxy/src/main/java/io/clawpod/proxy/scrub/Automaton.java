package io.clawpod.proxy.scrub;

import java.util.Arrays;
import java.util.Collection;

/**
 * Finds many byte strings at once: Aho and Corasick's automaton (1975), with Wu and Manber's shifts (1994) to leap over
 * text in which no string can begin. A state is a number; 0 says that no string has begun. Immutable, so thread-safe.
 *
 * <p>Size: about 25 bytes for each byte of the strings, and 8 KiB. Most states have one child, so children are lists.
 */
final class Automaton {
    private static final int BLOCKS = 1 << 13;

    private final int[] fromRoot = new int[256];
    private final byte[] label;
    private final int[] child;
    private final int[] sibling;
    private final int[] fail;
    private final int[] found;
    private final int[] held;
    private final byte[] shifts = new byte[BLOCKS];
    private final int shortest;
    private int states = 1;

    Automaton(Collection<String> strings) {
        int size = 1 + strings.stream().mapToInt(String::length).sum();
        label = new byte[size];
        child = new int[size];
        sibling = new int[size];
        fail = new int[size];
        found = new int[size];
        held = new int[size];
        int least = strings.stream().mapToInt(String::length).min().orElse(0);
        shortest = least;
        int[] depth = new int[size];
        for (String string : strings) {
            add(string, depth);
        }
        link(depth);
        // A leap is at most to where a string of the least length would still end behind the block.
        Arrays.fill(shifts, (byte) Math.min(Byte.MAX_VALUE, Math.max(0, least - 1)));
        for (String string : strings) {
            for (int end = 1; end < least; end++) {
                int block = block((byte) string.charAt(end - 1), (byte) string.charAt(end));
                shifts[block] = (byte) Math.min(shifts[block], least - 1 - end);
            }
        }
    }

    private void add(String string, int[] depth) {
        int state = 0;
        for (int i = 0; i < string.length(); i++) {
            byte b = (byte) string.charAt(i);
            int next = childOf(state, b);
            if (next == 0) {
                next = states++;
                label[next] = b;
                depth[next] = i + 1;
                if (state == 0) {
                    fromRoot[b & 0xff] = next;
                } else {
                    sibling[next] = child[state];
                    child[state] = next;
                }
            }
            state = next;
        }
        found[state] = string.length();
    }

    /** Sets, breadth first, the state of each state's longest other suffix, and what follows from it. */
    private void link(int[] depth) {
        int[] queue = new int[states];
        int last = 0;
        for (int first : fromRoot) {
            if (first != 0) {
                queue[last++] = first;
            }
        }
        for (int i = 0; i < last; i++) {
            int state = queue[i];
            found[state] = Math.max(found[state], found[fail[state]]);
            held[state] = child[state] == 0 ? held[fail[state]] : depth[state];
            for (int next = child[state]; next != 0; next = sibling[next]) {
                fail[next] = step(fail[state], label[next]);
                queue[last++] = next;
            }
        }
    }

    private int childOf(int state, byte b) {
        if (state == 0) {
            return fromRoot[b & 0xff];
        }
        int next = child[state];
        while (next != 0 && label[next] != b) {
            next = sibling[next];
        }
        return next;
    }

    /** The state after one more byte. */
    int step(int state, byte b) {
        int from = state;
        int next = childOf(from, b);
        while (next == 0 && from != 0) {
            from = fail[from];
            next = childOf(from, b);
        }
        return next;
    }

    /** The length of the longest string that ends here; 0 if none does. */
    int found(int state) {
        return found[state];
    }

    /** How many of the last bytes may still become part of a string; less than the longest string's length. */
    int held(int state) {
        return held[state];
    }

    /** In state 0, the first place from {@code at} at which a string may begin; none of them is passed over. */
    int leap(byte[] text, int at) {
        if (shortest < 2) {
            return shortest == 0 ? text.length : at;
        }
        int i = at;
        int last = text.length - shortest;
        while (i <= last) {
            int shift = shifts[block(text[i + shortest - 2], text[i + shortest - 1])];
            if (shift == 0) {
                return i;
            }
            i += shift;
        }
        return i;
    }

    private static int block(byte first, byte second) {
        return ((first & 0xff) << 5 ^ (second & 0xff)) & (BLOCKS - 1);
    }
}

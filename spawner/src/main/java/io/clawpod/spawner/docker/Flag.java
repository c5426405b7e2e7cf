package io.clawpod.spawner.docker;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A flag of {@code docker run}.
 *
 * @param name the long form without its dashes
 * @param shorthand the letter of its short form, or {@link #NO_SHORTHAND}
 * @param shown the part of a value that a report may show; empty for none
 */
record Flag(String name, char shorthand, Kind kind, UnaryOperator<String> shown, Handler handler) {
    static final char NO_SHORTHAND = 0;

    /** How often a flag takes a value. */
    enum Kind {
        /** Needs no value; {@code --flag=false} turns it off. */
        SWITCH,
        /** One value; the last one given holds. */
        SINGLE,
        /** A value each time that it is given. */
        LIST
    }

    /** Carries a flag out. */
    @FunctionalInterface
    interface Handler {
        /** @throws io.clawpod.common.InvalidValue if the value is malformed; its field may be empty or a part's name */
        void apply(Option option, Draft draft);
    }

    static Flag toggle(String name, Handler handler) {
        return new Flag(name, NO_SHORTHAND, Kind.SWITCH, UnaryOperator.identity(), handler);
    }

    static Flag single(String name, Handler handler) {
        return new Flag(name, NO_SHORTHAND, Kind.SINGLE, UnaryOperator.identity(), handler);
    }

    static Flag list(String name, Handler handler) {
        return new Flag(name, NO_SHORTHAND, Kind.LIST, UnaryOperator.identity(), handler);
    }

    Flag shorthand(char letter) {
        return new Flag(name, letter, kind, shown, handler);
    }

    Flag showing(UnaryOperator<String> part) {
        return new Flag(name, shorthand, kind, part, handler);
    }

    /** Only what stands before the first {@code =} may be shown. */
    Flag showingName() {
        return showing(value -> value.split("=", 2)[0]);
    }

    Flag showingNothing() {
        return showing(value -> "");
    }

    /**
     * A flag as it was given.
     *
     * @param written the flag as it stood there, such as {@code -v}
     * @param value its value; of a switch {@code true} or {@code false}
     * @param index of the argv element in which the flag stands
     */
    record Option(Flag flag, String written, String value, int index) {
        private static final int MAX_SHOWN = 512;

        boolean isOn() {
            return value.equals("true");
        }

        /** The value as a report may show it; absent if it may not, or if there is none to show. */
        @Nullable
        String shownValue() {
            if (flag.kind == Kind.SWITCH) {
                return isOn() ? null : value;
            }
            String part = flag.shown.apply(value);
            if (part.isEmpty()) {
                return null;
            }
            return part.length() <= MAX_SHOWN
                    ? part
                    : part.substring(0, part.offsetByCodePoints(0, MAX_SHOWN / 2)) + "…";
        }
    }
}

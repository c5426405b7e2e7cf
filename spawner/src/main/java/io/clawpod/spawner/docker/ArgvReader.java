package io.clawpod.spawner.docker;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.Flag.Kind;
import io.clawpod.spawner.docker.Flag.Option;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the flags of an argv as Docker's own command line does (github.com/spf13/pflag, not interspersed): {@code --flag
 * value}, {@code --flag=value}, {@code -f value}, {@code -f=value}, {@code -fvalue}, switches bundled as {@code -it}, and
 * {@code --} or the first word without a dash ends the flags. Used once.
 */
final class ArgvReader {
    /**
     * What was read.
     *
     * @param image index of the image; absent if there is none, or if it cannot be told
     * @param whole whether all flags could be told from values
     */
    record Reading(
            List<Option> options,
            List<Fault> faults,
            @Nullable Integer image,
            boolean whole) {}

    /** An element that cannot be read. */
    record Fault(String flag, int index, ErrorCode code, InvalidValue why) {}

    private final List<String> argv;
    private final List<Option> options = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();
    private int next;
    private boolean whole = true;

    private ArgvReader(List<String> argv, int start) {
        this.argv = argv;
        this.next = start;
    }

    /** @param start index of the first element after {@code run} */
    static Reading read(List<String> argv, int start) {
        ArgvReader reader = new ArgvReader(argv, start);
        Integer image = reader.flags();
        return new Reading(List.copyOf(reader.options), List.copyOf(reader.faults), image, reader.whole);
    }

    private @Nullable Integer flags() {
        while (next < argv.size()) {
            String element = argv.get(next);
            if (element.equals("--")) {
                return next + 1 < argv.size() ? next + 1 : null;
            }
            if (!isFlag(element)) {
                return next;
            }
            int index = next++;
            boolean known = element.startsWith("--") ? longForm(element, index) : shortForms(element, index);
            // Whether an unknown flag takes a value is unknown too, so what follows may be its value or the image.
            if (!known && !element.contains("=") && next < argv.size() && !isFlag(argv.get(next))) {
                whole = false;
                return null;
            }
        }
        return null;
    }

    private static boolean isFlag(String element) {
        return element.startsWith("-") && element.length() > 1;
    }

    private boolean longForm(String element, int index) {
        int equals = element.indexOf('=');
        String written = equals < 0 ? element : element.substring(0, equals);
        Flag flag = FlagTable.byName(written.substring(2));
        if (flag == null) {
            return unknown(written, index);
        }
        if (equals >= 0) {
            add(flag, written, element.substring(equals + 1), index);
        } else if (flag.kind() == Kind.SWITCH) {
            add(flag, written, "true", index);
        } else {
            addNext(flag, written, index);
        }
        return true;
    }

    private boolean shortForms(String element, int index) {
        for (int i = 1; i < element.length(); i++) {
            String written = "-" + element.charAt(i);
            String rest = element.substring(i + 1);
            Flag flag = FlagTable.byShorthand(element.charAt(i));
            if (flag == null) {
                return unknown(written, index);
            }
            if (rest.length() > 1 && rest.startsWith("=")) {
                add(flag, written, rest.substring(1), index);
                return true;
            }
            if (flag.kind() == Kind.SWITCH) {
                add(flag, written, "true", index);
            } else if (!rest.isEmpty()) {
                add(flag, written, rest, index);
                return true;
            } else {
                addNext(flag, written, index);
            }
        }
        return true;
    }

    private boolean unknown(String written, int index) {
        faults.add(new Fault(
                written,
                index,
                ErrorCode.UNSUPPORTED_FLAG,
                new InvalidValue("", "is no flag of docker run", "leave it out; docker run --help lists the flags")));
        return false;
    }

    private void addNext(Flag flag, String written, int index) {
        if (next < argv.size()) {
            add(flag, written, argv.get(next++), index);
        } else {
            fault(written, index, new InvalidValue("", "has no value", "write the value after the flag"));
        }
    }

    private void add(Flag flag, String written, String value, int index) {
        if (flag.kind() != Kind.SWITCH) {
            options.add(new Option(flag, written, value, index));
            return;
        }
        // Go's strconv.ParseBool
        switch (value) {
            case "1", "t", "T", "true", "TRUE", "True" -> options.add(new Option(flag, written, "true", index));
            case "0", "f", "F", "false", "FALSE", "False" -> options.add(new Option(flag, written, "false", index));
            default ->
                fault(
                        written,
                        index,
                        new InvalidValue("", "is neither true nor false", "write " + written + "=true or =false"));
        }
    }

    private void fault(String written, int index, InvalidValue why) {
        faults.add(new Fault(written, index, ErrorCode.INVALID_SPEC, why));
    }
}

package io.clawpod.spawner.docker;

import io.clawpod.common.InvalidValue;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers as Docker's command line takes them. All throw {@link InvalidValue} with an empty field. */
final class Sizes {
    // docker/go-units, RAMInBytes: every unit is a power of 1024, and "1.5G", "1g", "1gb" and "1 GiB" are all read.
    private static final Pattern BYTES =
            Pattern.compile("([0-9]{1,19}(?:\\.[0-9]{0,19})?) ?(?:b|([kmgtp])(?:i?b)?)?", Pattern.CASE_INSENSITIVE);
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,12}(?:\\.[0-9]{0,9})?|\\.[0-9]{1,9}");
    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]{1,18}");
    private static final String UNITS = "kmgtp";

    private Sizes() {}

    /** Bytes; 0 or more. */
    static long bytes(String text) {
        Matcher matcher = BYTES.matcher(text);
        if (!matcher.matches()) {
            throw size("is not a size");
        }
        BigDecimal value = new BigDecimal(matcher.group(1));
        String unit = matcher.group(2);
        if (unit != null) {
            int power = UNITS.indexOf(unit.toLowerCase(Locale.ROOT)) + 1;
            value = value.multiply(BigDecimal.valueOf(1024).pow(power));
        }
        BigDecimal whole = value.setScale(0, RoundingMode.DOWN);
        if (whole.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw size("is too large");
        }
        return whole.longValueExact();
    }

    private static InvalidValue size(String fault) {
        return new InvalidValue("", fault, "write a number and b, k, m, g or t, such as 512m or 1.5g");
    }

    /** Thousandths, rounded up; 0 or more. */
    static long millis(String text) {
        if (!DECIMAL.matcher(text).matches()) {
            throw new InvalidValue("", "is not a number of CPUs", "write a decimal number such as 1.5");
        }
        return new BigDecimal(text)
                .movePointRight(3)
                .setScale(0, RoundingMode.UP)
                .longValueExact();
    }

    static long integer(String text, long least, long greatest) {
        if (INTEGER.matcher(text).matches()) {
            long value = Long.parseLong(text);
            if (value >= least && value <= greatest) {
                return value;
            }
        }
        throw new InvalidValue(
                "", "is not a whole number in its bounds", "write a number from " + least + " to " + greatest);
    }
}

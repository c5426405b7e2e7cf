package io.clawpod.spawner.api;

import io.clawpod.common.InvalidValue;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads quantities as Kubernetes writes them (Kubernetes API, Quantity). Pure. */
final class Quantities {
    private static final Pattern SYNTAX = Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{1,9})?)([A-Za-z]{0,2})");
    private static final Map<String, BigDecimal> UNITS = Map.ofEntries(
            Map.entry("m", BigDecimal.valueOf(1, 3)),
            Map.entry("", BigDecimal.ONE),
            Map.entry("k", BigDecimal.valueOf(1_000)),
            Map.entry("M", BigDecimal.valueOf(1_000_000)),
            Map.entry("G", BigDecimal.valueOf(1_000_000_000L)),
            Map.entry("T", BigDecimal.valueOf(1_000_000_000_000L)),
            Map.entry("Ki", BigDecimal.valueOf(1L << 10)),
            Map.entry("Mi", BigDecimal.valueOf(1L << 20)),
            Map.entry("Gi", BigDecimal.valueOf(1L << 30)),
            Map.entry("Ti", BigDecimal.valueOf(1L << 40)));

    private Quantities() {}

    /** Thousandths of a core, from {@code 2}, {@code 0.5} or {@code 500m}. */
    static @Nullable Long cpuMillis(String field, @Nullable String text) {
        return text == null ? null : scaled(field, text, 1000, "use cores or thousandths: 2, 0.5 or 500m");
    }

    /** Bytes, from {@code 1073741824}, {@code 1Gi} or {@code 1G}. */
    static @Nullable Long bytes(String field, @Nullable String text) {
        return text == null ? null : scaled(field, text, 1, "use bytes with or without a unit: 1073741824, 1Gi or 1G");
    }

    private static long scaled(String field, String text, long scale, String remedy) {
        Matcher matcher = SYNTAX.matcher(text);
        BigDecimal unit = matcher.matches() ? UNITS.get(matcher.group(2)) : null;
        if (unit != null) {
            BigDecimal value = new BigDecimal(matcher.group(1)).multiply(unit).multiply(BigDecimal.valueOf(scale));
            // As Kubernetes does, what is finer than the scale is rounded up.
            BigDecimal whole = value.setScale(0, RoundingMode.CEILING);
            if (whole.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0) {
                return whole.longValueExact();
            }
        }
        throw new InvalidValue(field, "is no quantity", remedy);
    }
}

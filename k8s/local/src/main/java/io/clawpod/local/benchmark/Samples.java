package io.clawpod.local.benchmark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Times of one thing done many times, in milliseconds. */
final class Samples {
    private final List<Double> millis = new ArrayList<>();

    void add(long nanos) {
        millis.add(nanos / 1e6);
    }

    /** @param share of the samples that are not above, 0 to 1 */
    double quantile(double share) {
        List<Double> sorted = new ArrayList<>(millis);
        Collections.sort(sorted);
        return sorted.get((int) Math.min(sorted.size() - 1L, Math.round(share * (sorted.size() - 1))));
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "p50 %8.1f ms   p99 %8.1f ms", quantile(0.5), quantile(0.99));
    }
}

package io.clawpod.spawner.api;

import io.clawpod.common.InvalidValue;

/** Whole numbers in query parameters. */
final class NumberParameter {
    private NumberParameter() {}

    /** @throws InvalidValue if it is not a whole number from {@code least} to {@code greatest} */
    static int parse(String name, String text, int least, int greatest) {
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= greatest) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Falls through to the same fault.
        }
        throw new InvalidValue(name, "is not a number in bounds", "use " + least + " to " + greatest);
    }
}

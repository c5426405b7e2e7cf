package io.clawpod.spawner.session;

/**
 * Tells equal specs from different ones.
 *
 * @param value 64 hex digits of SHA-256
 */
public record SpecHash(String value) {
    @Override
    public String toString() {
        return value;
    }
}

package io.clawpod.proxy.audit;

/** Tokens that an upstream said it has used for a call. All counts are 0 or more. */
public record Usage(long input, long output, long cacheCreation, long cacheRead) {
    public static final Usage NONE = new Usage(0, 0, 0, 0);

    Usage plus(long moreInput, long moreOutput, long moreCacheCreation, long moreCacheRead) {
        return new Usage(
                input + moreInput, output + moreOutput, cacheCreation + moreCacheCreation, cacheRead + moreCacheRead);
    }
}

package io.clawpod.spawner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Settings of the archive; with neither a folder nor a bucket there is none. */
@ConfigMapping(prefix = "clawpod.archive")
public interface ArchiveConfig {
    /** Where it lies: a folder of a mounted volume. */
    Optional<Path> folder();

    /** A bucket in its stead. */
    Optional<S3> s3();

    /** A bucket that speaks S3. */
    interface S3 {
        /** {@code https://host[:port]}. */
        URI endpoint();

        String bucket();

        /** Before every key. */
        Optional<String> prefix();

        // No defaults here: they would make a bucket of no settings at all.
        /** As requests are signed for; us-east-1 if absent. */
        Optional<String> region();

        /** Whether the bucket stands in the path, and not before the host's name; true if absent. */
        Optional<Boolean> pathStyle();

        /** A file with the access key's id; read again for each request. */
        Path accessKeyFile();

        /** A file with the secret key; read again for each request. */
        Path secretKeyFile();
    }

    /** Whether no session is made while it cannot be written. */
    @WithDefault("true")
    boolean required();

    /** Of the Lease {@code spawner-archiver}, by which one of several replicas writes: the spawner's own. */
    @WithDefault("clawpod")
    String namespace();

    /** How long a session is kept after its end. */
    @WithDefault("P30D")
    Duration maxAge();

    /** How much is kept in all, packed, in bytes. */
    @WithDefault("10737418240")
    long maxBytes();

    /** How much of a log goes into one file, unpacked, in bytes. */
    @WithDefault("8388608")
    long rotateBytes();

    /** How long a line may wait in memory. */
    @WithDefault("PT10S")
    Duration flushEvery();

    /** How often it is looked at what a session uses, by a command in its container; PT0S for never. */
    @WithDefault("PT60S")
    Duration usageEvery();
}

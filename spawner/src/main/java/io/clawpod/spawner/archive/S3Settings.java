package io.clawpod.spawner.archive;

import io.clawpod.common.InvalidValue;
import java.net.URI;
import java.nio.file.Path;

/**
 * A bucket that speaks S3, and how to get into it.
 *
 * @param endpoint http or https
 * @param prefix before every key: empty, or ends with {@code /}
 * @param region as requests are signed for
 * @param pathStyle whether the bucket stands in the path, and not before the host's name
 * @param accessKeyFile a file with the access key's id, read for each request
 * @param secretKeyFile a file with the secret key, read for each request
 */
public record S3Settings(
        URI endpoint,
        String bucket,
        String prefix,
        String region,
        boolean pathStyle,
        Path accessKeyFile,
        Path secretKeyFile) {
    /** @throws InvalidValue if one cannot be used */
    public S3Settings {
        String scheme = String.valueOf(endpoint.getScheme());
        if (!(scheme.equals("http") || scheme.equals("https")) || endpoint.getHost() == null) {
            throw new InvalidValue("s3.endpoint", "is no URL of http or https", "write https://host[:port]");
        }
        if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
            throw new InvalidValue("s3.bucket", "is no name of a bucket", "use 3 to 63 of a-z, 0-9, '.' and '-'");
        }
        prefix = prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/";
        if (prefix.startsWith("/") || prefix.contains("..")) {
            throw new InvalidValue("s3.prefix", "begins with / or has ..", "write it as clusters/one/");
        }
    }
}

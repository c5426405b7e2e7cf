package io.clawpod.spawner.archive;

import io.clawpod.spawner.archive.Parts.Part;
import io.clawpod.spawner.archive.StoreFault.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A bucket that speaks S3. Files that grow are kept in {@link Parts}. A part is only made where none is, so that of two writers
 * one is told (If-None-Match); a store that does not know that takes it all the same.
 */
final class S3Store implements Store {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ATTEMPT = Duration.ofSeconds(10);
    private static final Duration CALL = Duration.ofSeconds(20);
    /** Files whose parts are known; others are looked for when they are asked for. */
    private static final int KNOWN = 2000;

    private static final Set<String> FULL =
            Set.of("QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded");
    private static final Set<Integer> PRECONDITION = Set.of(409, 412);

    private final S3Settings settings;
    private final S3Client client;
    private final Map<String, List<Part>> known = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, List<Part>> eldest) {
            return size() > KNOWN;
        }
    });

    S3Store(S3Settings settings) {
        this.settings = settings;
        this.client = S3Client.builder()
                .endpointOverride(settings.endpoint())
                .region(Region.of(settings.region()))
                .forcePathStyle(settings.pathStyle())
                .credentialsProvider(() -> credentials(settings))
                .httpClient(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(ATTEMPT)
                        .build())
                // Many stores that speak S3 do not know the newer checksums.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(
                        override -> override.apiCallAttemptTimeout(ATTEMPT).apiCallTimeout(CALL))
                .build();
    }

    private static AwsCredentials credentials(S3Settings settings) {
        return AwsBasicCredentials.create(
                line(settings.accessKeyFile(), "access-key-file"), line(settings.secretKeyFile(), "secret-key-file"));
    }

    private static String line(Path file, String setting) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw SdkClientException.create("clawpod.archive.s3." + setting + " cannot be read", e);
        }
    }

    @Override
    public String place() {
        return "bucket " + settings.bucket() + " at " + settings.endpoint();
    }

    private String key(String path) {
        return settings.prefix() + path;
    }

    @FunctionalInterface
    private interface Call<T> {
        T get();
    }

    private <T> T call(Call<T> call) throws StoreFault {
        try {
            return call.get();
        } catch (SdkException e) {
            throw fault(e);
        }
    }

    private StoreFault fault(SdkException e) {
        if (!(e instanceof S3Exception answer)) {
            boolean files = String.valueOf(e.getMessage()).startsWith("clawpod.archive.s3.");
            return files
                    ? new StoreFault(Kind.REFUSED, String.valueOf(e.getMessage()), "mount the keys there", e)
                    : new StoreFault(
                            Kind.UNREACHABLE,
                            place() + " does not answer",
                            "check clawpod.archive.s3.endpoint and the network",
                            e);
        }
        int status = answer.statusCode();
        String code = answer.awsErrorDetails() == null
                ? ""
                : String.valueOf(answer.awsErrorDetails().errorCode());
        if (status == 507 || FULL.contains(code)) {
            return new StoreFault(
                    Kind.FULL, place() + " is full", "raise its quota, or lower clawpod.archive.max-bytes", e);
        }
        if (PRECONDITION.contains(status)) {
            return new StoreFault(
                    Kind.CHANGED, place() + " was changed by another writer", "let one spawner write it", e);
        }
        if (code.equals("NoSuchBucket")) {
            return new StoreFault(
                    Kind.REFUSED, place() + " is not there", "create it, or change clawpod.archive.s3.bucket", e);
        }
        if (status == 401 || status == 403) {
            return new StoreFault(
                    Kind.REFUSED,
                    place() + " refuses us (" + (code.isEmpty() ? status : code) + ")",
                    "give the key the right to list, get, put and delete, and check the region",
                    e);
        }
        return new StoreFault(
                status >= 500 ? Kind.UNREACHABLE : Kind.REFUSED,
                place() + " answers " + status + " " + code,
                "look at the store's own log",
                e);
    }

    @Override
    public List<Entry> list(String folder) throws StoreFault {
        String below = folder.isEmpty() ? "" : folder + "/";
        List<Entry> found = new ArrayList<>();
        Map<String, List<Part>> files = new HashMap<>();
        for (S3Object object : objects(below)) {
            String path = object.key().substring(settings.prefix().length());
            Part part = Part.parse(path);
            if (part == null) {
                found.add(new Entry(path, object.size(), String.valueOf(object.eTag())));
            } else {
                files.computeIfAbsent(part.file(), file -> new ArrayList<>()).add(part);
            }
        }
        files.forEach((file, parts) -> {
            List<Part> cover = Parts.cover(parts);
            found.add(new Entry(file, Parts.length(cover), Long.toString(Parts.length(cover))));
            if (!folder.isEmpty()) {
                known.put(file, cover);
            }
        });
        return found;
    }

    private List<S3Object> objects(String below) throws StoreFault {
        return call(() ->
                client
                        .listObjectsV2Paginator(
                                list -> list.bucket(settings.bucket()).prefix(key(below)))
                        .contents()
                        .stream()
                        .toList());
    }

    private List<Part> parts(String path) throws StoreFault {
        List<Part> cover = known.get(path);
        return cover == null ? lookedUp(path) : cover;
    }

    private List<Part> lookedUp(String path) throws StoreFault {
        List<Part> parts = new ArrayList<>();
        for (S3Object object : objects(path + "/")) {
            Part part = Part.parse(object.key().substring(settings.prefix().length()));
            if (part != null) {
                parts.add(part);
            }
        }
        List<Part> cover = Parts.cover(parts);
        known.put(path, cover);
        return cover;
    }

    @Override
    public byte[] read(String path, long offset, int max) throws StoreFault {
        if (!path.endsWith(".gz")) {
            byte[] all = get(path, offset, max);
            return all == null ? new byte[0] : all;
        }
        byte[] read = readParts(parts(path), offset, max);
        // Put together by the writer in the meantime: what is known is old.
        read = read == null ? readParts(lookedUp(path), offset, max) : read;
        return read == null ? new byte[0] : read;
    }

    private byte @Nullable [] readParts(List<Part> cover, long offset, int max) throws StoreFault {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Part part : cover) {
            long from = Math.max(offset, part.from());
            long to = Math.min(offset + max, part.to());
            if (from < to) {
                byte[] piece = get(part.name(), from - part.from(), (int) (to - from));
                if (piece == null) {
                    return null;
                }
                bytes.writeBytes(piece);
            }
        }
        return bytes.toByteArray();
    }

    private byte @Nullable [] get(String path, long offset, int max) throws StoreFault {
        try {
            return client.getObjectAsBytes(get -> get.bucket(settings.bucket())
                            .key(key(path))
                            .range("bytes=" + offset + "-" + (offset + max - 1)))
                    .asByteArray();
        } catch (NoSuchKeyException e) {
            return null;
        } catch (S3Exception e) {
            if (e.statusCode() == 416) {
                return new byte[0];
            }
            throw fault(e);
        } catch (SdkException e) {
            throw fault(e);
        }
    }

    @Override
    public void write(String path, byte[] bytes) throws StoreFault {
        call(() -> client.putObject(put -> put.bucket(settings.bucket()).key(key(path)), RequestBody.fromBytes(bytes)));
    }

    @Override
    public void append(String path, long length, byte[] bytes) throws StoreFault {
        List<Part> cover = parts(path);
        if (Parts.length(cover) != length) {
            known.remove(path);
            throw StoreFault.changed(path);
        }
        Part part = new Part(path, length, length + bytes.length);
        known.remove(path);
        call(() -> client.putObject(
                put -> put.bucket(settings.bucket()).key(key(part.name())).ifNoneMatch("*"),
                RequestBody.fromBytes(bytes)));
        List<Part> now = new ArrayList<>(cover);
        now.add(part);
        try {
            known.put(path, merged(path, now));
        } catch (StoreFault later) {
            // What was asked for is done; they are put together another time.
            known.remove(path);
        }
    }

    private List<Part> merged(String path, List<Part> cover) throws StoreFault {
        List<Part> small = Parts.toMerge(cover);
        if (small.isEmpty()) {
            return List.copyOf(cover);
        }
        Part one =
                new Part(path, small.get(0).from(), small.get(small.size() - 1).to());
        byte[] bytes = readParts(small, one.from(), (int) one.bytes());
        if (bytes == null || bytes.length != one.bytes()) {
            throw StoreFault.changed(path);
        }
        write(one.name(), bytes);
        for (Part part : small) {
            remove(part.name());
        }
        List<Part> left = new ArrayList<>(cover.subList(0, cover.size() - small.size()));
        left.add(one);
        return List.copyOf(left);
    }

    @Override
    public void truncate(String path, long length) throws StoreFault {
        List<Part> cover = lookedUp(path);
        known.remove(path);
        for (int i = cover.size() - 1; i >= 0 && cover.get(i).to() > length; i--) {
            Part part = cover.get(i);
            if (part.from() < length) {
                byte[] kept = get(part.name(), 0, (int) (length - part.from()));
                if (kept != null) {
                    write(new Part(path, part.from(), length).name(), kept);
                }
            }
            remove(part.name());
        }
    }

    @Override
    public void delete(String path) throws StoreFault {
        if (path.endsWith(".gz")) {
            for (S3Object object : objects(path + "/")) {
                remove(object.key().substring(settings.prefix().length()));
            }
            known.remove(path);
        } else {
            remove(path);
        }
    }

    private void remove(String path) throws StoreFault {
        call(() ->
                client.deleteObject(delete -> delete.bucket(settings.bucket()).key(key(path))));
    }

    @Override
    public void close() {
        client.close();
    }
}

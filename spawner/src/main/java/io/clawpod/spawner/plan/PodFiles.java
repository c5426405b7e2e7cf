package io.clawpod.spawner.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.clawpod.common.Labels;
import io.clawpod.spawner.session.FileContent;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The small files that a pod expects in its Secret, as the pod itself tells. Where each came from is kept, never what it holds. */
public final class PodFiles {
    private static final JsonMapper JSON = new JsonMapper();

    private PodFiles() {}

    /** @param sources by key: the path on the host, or nothing for what the caller sent */
    static void annotate(Pod pod, SortedMap<String, Optional<String>> sources) {
        Map<String, @Nullable String> written = new LinkedHashMap<>();
        sources.forEach((key, path) -> written.put(key, path.orElse(null)));
        try {
            pod.getMetadata().getAnnotations().put(Labels.ANNOTATION_FILES, JSON.writeValueAsString(written));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of texts always has a JSON form", e);
        }
    }

    /** Whether {@code pod} expects any. */
    public static boolean areExpectedBy(Pod pod) {
        return pod.getMetadata().getAnnotations().containsKey(Labels.ANNOTATION_FILES);
    }

    /**
     * Reads a pod's files again.
     *
     * @param read the file at a path of the host as it is now, or empty
     * @return all of them by their keys, none if the pod expects none; empty if one was sent by its caller or cannot be read
     */
    public static Optional<SortedMap<String, FileContent>> again(
            Pod pod, Function<String, Optional<FileContent>> read) {
        SortedMap<String, FileContent> files = new TreeMap<>();
        int bytes = 0;
        for (Map.Entry<String, @Nullable String> source : sources(pod).entrySet()) {
            String path = source.getValue();
            Optional<FileContent> content = path == null ? Optional.empty() : read.apply(path);
            if (content.isEmpty()) {
                return Optional.empty();
            }
            bytes += content.get().size();
            files.put(source.getKey(), content.get());
        }
        return bytes > FileContent.MAX_TOTAL_BYTES ? Optional.empty() : Optional.of(files);
    }

    /** Where the file of {@code key} came from on the host; empty if its caller sent it, or there is none. */
    public static Optional<String> source(Pod pod, String key) {
        return Optional.ofNullable(sources(pod).get(key));
    }

    private static Map<String, @Nullable String> sources(Pod pod) {
        String written = pod.getMetadata().getAnnotations().get(Labels.ANNOTATION_FILES);
        if (written == null) {
            return Map.of();
        }
        try {
            return JSON.readValue(written, new TypeReference<TreeMap<String, @Nullable String>>() {});
        } catch (JsonProcessingException e) {
            // Not as we write it: a file that is not known cannot be read.
            Map<String, @Nullable String> unknown = new TreeMap<>();
            unknown.put("", null);
            return unknown;
        }
    }
}

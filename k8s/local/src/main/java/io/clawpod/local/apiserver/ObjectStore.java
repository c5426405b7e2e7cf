package io.clawpod.local.apiserver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The objects of the cluster. They lie in fabric8's CRUD store, which gives them uid, version and creation time; added are
 * what its clients would miss: optimistic locking on every update, preconditions, status as a subresource, graceful
 * deletion of pods, finalizers, collection of dependents, and a history from which a watch goes on.
 *
 * <p>Every method may be called from every thread. Listeners are called in the order of versions, under the store's lock,
 * and so must not block.
 */
public final class ObjectStore extends KubernetesCrudDispatcher {
    private static final int HISTORY = 5_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Admission admission = new Admission();
    private final Deque<Change> history = new ArrayDeque<>();
    private final List<Consumer<Change>> listeners = new CopyOnWriteArrayList<>();
    private long version;
    private long forgotten;

    /**
     * @param preconditionUid refuse when the object has another uid
     * @param preconditionVersion refuse when the object has another version
     * @param grace seconds; absent means what the pod itself says
     */
    record Deletion(
            @Nullable String preconditionUid,
            @Nullable String preconditionVersion,
            @Nullable Long grace,
            boolean orphan) {
        static final Deletion PLAIN = new Deletion(null, null, null, false);
    }

    /** An object and where it lies. */
    record Located(ResourcePath path, ObjectNode object) {}

    @Override
    public long requestResourceVersion() {
        version = super.requestResourceVersion();
        return version;
    }

    synchronized long version() {
        return version;
    }

    private static ObjectNode read(String json) {
        try {
            return (ObjectNode) JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the store holds no JSON", e);
        }
    }

    private Map.@Nullable Entry<AttributeSet, String> entry(ResourcePath path) {
        return findResource(getKey(path.text()));
    }

    /** @return a copy; null when there is no such object */
    public synchronized @Nullable ObjectNode find(ResourcePath path) {
        Map.Entry<AttributeSet, String> entry = entry(path);
        return entry == null ? null : read(entry.getValue());
    }

    /** @return a copy; null when there is no such object */
    public <T> @Nullable T find(ResourcePath path, Class<T> type) {
        ObjectNode object = find(path);
        return object == null ? null : JSON.convertValue(object, type);
    }

    ObjectNode require(ResourcePath path) {
        ObjectNode object = find(path);
        if (object == null) {
            throw ApiFailure.notFound(path);
        }
        return object;
    }

    /** Copies of the objects of a collection, oldest first. */
    public synchronized List<ObjectNode> list(ResourcePath collection) {
        AttributeSet query = getKey(collection.text());
        List<ObjectNode> objects = new ArrayList<>();
        map.forEach((key, json) -> {
            if (key.matches(query)) {
                objects.add(read(json));
            }
        });
        return objects;
    }

    /** Copies of the objects of a collection, oldest first. */
    public <T> List<T> list(ResourcePath collection, Class<T> type) {
        return list(collection).stream()
                .map(object -> JSON.convertValue(object, type))
                .toList();
    }

    synchronized ObjectNode create(ResourcePath collection, ObjectNode object) {
        ResourcePath namespace = ResourcePath.core(null, "namespaces", collection.namespace());
        if (collection.namespace() != null && entry(namespace) == null) {
            throw ApiFailure.notFound(namespace);
        }
        admission.onCreate(collection, object);
        String name = object.path("metadata").path("name").asText("");
        if (name.isEmpty()) {
            throw ApiFailure.invalid(collection, "metadata.name: Required value: name or generateName is required");
        }
        ResourcePath path = collection.named(name);
        if (entry(path) != null) {
            throw ApiFailure.alreadyExists(path);
        }
        MockResponse response = handleCreate(new RecordedRequest(
                "HTTP/1.1",
                HttpMethod.POST,
                collection.text(),
                Headers.builder().add("Content-Type", "application/json").build(),
                new Buffer(object.toString().getBytes(StandardCharsets.UTF_8))));
        if (response.code() >= 300) {
            throw ApiFailure.badRequest(
                    read(response.getBody().readUtf8()).path("message").asText());
        }
        return require(path);
    }

    /** PUT: the whole object, or only its status. */
    synchronized ObjectNode replace(ResourcePath path, ObjectNode body) {
        return update(path, current -> body);
    }

    /** PATCH, and every other change that begins from what is there. */
    synchronized ObjectNode update(ResourcePath path, UnaryOperator<ObjectNode> change) {
        ObjectNode current = require(path);
        ObjectNode wanted = change.apply(current.deepCopy());
        JsonNode metadata = wanted.path("metadata");
        String wantedVersion = metadata.path("resourceVersion").asText("");
        if (!wantedVersion.isEmpty() && !wantedVersion.equals(text(current, "resourceVersion"))) {
            throw ApiFailure.conflict(
                    path,
                    "the object has been modified; please apply your changes to the latest version and try again");
        }
        String wantedUid = metadata.path("uid").asText("");
        if (!wantedUid.isEmpty() && !wantedUid.equals(text(current, "uid"))) {
            throw ApiFailure.conflict(
                    path,
                    "Precondition failed: UID in precondition: " + wantedUid + ", UID in object meta: "
                            + text(current, "uid"));
        }
        if (metadata.hasNonNull("name") && !text(wanted, "name").equals(path.name())) {
            throw ApiFailure.badRequest("the name of the object (" + text(wanted, "name")
                    + ") does not match the name on the URL (" + path.name() + ")");
        }
        ObjectNode updated = current.deepCopy();
        if ("status".equals(path.subresource())) {
            updated.set("status", wanted.path("status").isMissingNode() ? updated.objectNode() : wanted.get("status"));
        } else {
            updated = wanted.deepCopy();
            keep(path, current, updated);
            Admission.onUpdate(path, current, updated);
        }
        return store(path, current, updated);
    }

    /** Keeps what no update changes: what the server itself set, and the status where it is a subresource. */
    private static void keep(ResourcePath path, ObjectNode current, ObjectNode updated) {
        ObjectNode metadata = updated.withObject("/metadata");
        for (String field : List.of(
                "name",
                "namespace",
                "uid",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "generation",
                "resourceVersion")) {
            copy(current.path("metadata"), metadata, field);
        }
        for (String field : List.of("apiVersion", "kind")) {
            copy(current, updated, field);
        }
        if (Admission.hasStatusSubresource(path)) {
            copy(current, updated, "status");
        }
    }

    private static void copy(JsonNode from, ObjectNode to, String field) {
        if (from.has(field)) {
            to.set(field, from.get(field));
        } else {
            to.remove(field);
        }
    }

    private static String text(JsonNode object, String field) {
        return object.path("metadata").path(field).asText("");
    }

    /**
     * Changes an object on behalf of the cluster itself, for which the rules that bind clients do not hold.
     *
     * @param uid the object that is meant; nothing happens when it is gone, or another has its name
     * @return whether it was there
     */
    public synchronized boolean edit(ResourcePath path, String uid, UnaryOperator<ObjectNode> change) {
        ObjectNode current = find(path);
        if (current == null || !text(current, "uid").equals(uid)) {
            return false;
        }
        store(path, current, change.apply(current.deepCopy()));
        return true;
    }

    private ObjectNode store(ResourcePath path, ObjectNode current, ObjectNode updated) {
        if (updated.equals(current)) {
            return current;
        }
        ObjectNode metadata = updated.withObject("/metadata");
        if (!updated.path("spec").equals(current.path("spec"))) {
            metadata.put("generation", metadata.path("generation").asLong() + 1);
        }
        if (metadata.has("deletionTimestamp")
                && !finalizers(current).isEmpty()
                && finalizers(updated).isEmpty()) {
            return removed(path, updated);
        }
        metadata.put("resourceVersion", String.valueOf(requestResourceVersion()));
        Map.Entry<AttributeSet, String> entry = Objects.requireNonNull(entry(path));
        processEvent(path.text(), getKey(path.text()), entry.getKey(), null, updated.toString());
        return updated;
    }

    private static JsonNode finalizers(JsonNode object) {
        return object.path("metadata").path("finalizers");
    }

    /** @return the object as it was, or as it is while it is being deleted */
    synchronized ObjectNode delete(ResourcePath path, Deletion deletion) {
        ObjectNode current = require(path);
        check(path, "UID", deletion.preconditionUid(), text(current, "uid"));
        check(path, "ResourceVersion", deletion.preconditionVersion(), text(current, "resourceVersion"));
        if (path.isCore("namespaces")) {
            deleteContents(Objects.requireNonNull(path.name()));
        }
        long grace = path.isPod() ? grace(current, deletion.grace()) : 0;
        JsonNode already = current.path("metadata").path("deletionGracePeriodSeconds");
        boolean shortens = already.isMissingNode() || grace < already.asLong();
        if (grace == 0 && finalizers(current).isEmpty()) {
            if (deletion.orphan()) {
                release(text(current, "uid"));
            }
            return removed(path, current);
        }
        if (!shortens) {
            return current;
        }
        ObjectNode marked = current.deepCopy();
        marked.withObject("/metadata")
                .put(
                        "deletionTimestamp",
                        Instant.now()
                                .truncatedTo(ChronoUnit.SECONDS)
                                .plusSeconds(grace)
                                .toString())
                .put("deletionGracePeriodSeconds", grace);
        return store(path, current, marked);
    }

    private static void check(ResourcePath path, String what, @Nullable String wanted, String is) {
        if (wanted != null && !wanted.equals(is)) {
            throw ApiFailure.conflict(
                    path,
                    "Precondition failed: " + what + " in precondition: " + wanted + ", " + what + " in object meta: "
                            + is);
        }
    }

    /** As the real server does it: a pod on no node, or whose containers have ended, goes at once. */
    private static long grace(ObjectNode pod, @Nullable Long asked) {
        String phase = pod.path("status").path("phase").asText();
        boolean ended = phase.equals("Succeeded") || phase.equals("Failed");
        if (ended || !pod.path("spec").hasNonNull("nodeName")) {
            return 0;
        }
        return asked != null
                ? Math.max(0, asked)
                : pod.path("spec").path("terminationGracePeriodSeconds").asLong(30);
    }

    /** Takes an object away at once, when it is still the one with that uid. */
    public synchronized void remove(ResourcePath path, String uid) {
        ObjectNode current = find(path);
        if (current != null && text(current, "uid").equals(uid)) {
            removed(path, current);
        }
    }

    private ObjectNode removed(ResourcePath path, ObjectNode object) {
        Map.Entry<AttributeSet, String> entry = Objects.requireNonNull(entry(path));
        processEvent(path.text(), getKey(path.text()), entry.getKey(), null, null);
        collectGarbage();
        return object;
    }

    private List<Located> all() {
        List<Located> all = new ArrayList<>();
        map.forEach((key, json) -> {
            ObjectNode object = read(json);
            all.add(new Located(pathOf(object, plural(key)), object));
        });
        return all;
    }

    /** Deletes every object whose owners are all gone. In a real cluster a controller of its own does it, some time later. */
    synchronized void collectGarbage() {
        Dependents.orphans(all()).forEach(this::deleteIfThere);
    }

    private void deleteIfThere(Located located) {
        if (entry(located.path()) != null) {
            delete(located.path(), Deletion.PLAIN);
        }
    }

    private void release(String owner) {
        for (Located located : all()) {
            store(located.path(), located.object(), Dependents.without(owner, located.object()));
        }
    }

    private void deleteContents(String namespace) {
        all().stream()
                .filter(located -> namespace.equals(located.path().namespace()))
                .forEach(this::deleteIfThere);
    }

    private static String plural(AttributeSet key) {
        return key.getAttribute("plural").getValues().iterator().next().toString();
    }

    private static ResourcePath pathOf(ObjectNode object, String plural) {
        String apiVersion = object.path("apiVersion").asText();
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "" : apiVersion.substring(0, slash);
        return new ResourcePath(group, apiVersion.substring(slash + 1), null, plural, null, null).of(object);
    }

    /** Called by the mock's own handler and by ours for every change, under the lock. */
    @Override
    public void processEvent(
            String path,
            AttributeSet pathAttributes,
            @Nullable AttributeSet oldAttributes,
            @Nullable GenericKubernetesResource resource,
            @Nullable String newState) {
        String existing = oldAttributes == null ? null : map.get(oldAttributes);
        ObjectNode before = existing == null ? null : read(existing);
        ObjectNode after = newState == null ? null : read(newState);
        if (before == null && after != null) {
            // The mock counts; a real uid is never seen twice, in no other cluster either.
            after.withObject("/metadata").put("uid", UUID.randomUUID().toString());
        }
        super.processEvent(path, pathAttributes, oldAttributes, resource, after == null ? null : after.toString());
        ObjectNode latest =
                Objects.requireNonNull(after != null ? after : before).deepCopy();
        if (after == null) {
            latest.withObject("/metadata").put("resourceVersion", String.valueOf(requestResourceVersion()));
        }
        ResourcePath changed = Objects.requireNonNull(ResourcePath.parse(path)).of(latest);
        Change change = new Change(version, changed, before, after, latest);
        history.addLast(change);
        if (history.size() > HISTORY) {
            forgotten = history.removeFirst().version();
        }
        listeners.forEach(listener -> listener.accept(change));
    }

    /**
     * Follows all changes after a version.
     *
     * @param since a version; null begins with what is there now, told as created
     * @throws ApiFailure with code 410 if the history no longer reaches back to {@code since}
     */
    synchronized Closeable follow(ResourcePath collection, @Nullable Long since, Consumer<Change> listener) {
        if (since == null) {
            for (ObjectNode object : list(collection)) {
                long at = Long.parseLong(text(object, "resourceVersion"));
                listener.accept(new Change(at, collection.of(object), null, object, object));
            }
        } else if (since < forgotten) {
            throw ApiFailure.expired("too old resource version: " + since + " (" + forgotten + ")");
        } else {
            history.stream()
                    .filter(change -> change.version() > since && collection.collects(change.path()))
                    .forEach(listener);
        }
        Consumer<Change> filtered = change -> {
            if (collection.collects(change.path())) {
                listener.accept(change);
            }
        };
        listeners.add(filtered);
        return () -> listeners.remove(filtered);
    }

    /** Follows a collection from its present state on; for the parts of the cluster itself. */
    public Closeable follow(ResourcePath collection, Consumer<Change> listener) {
        return follow(collection, null, listener);
    }
}

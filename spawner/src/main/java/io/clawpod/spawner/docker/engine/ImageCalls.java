package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.ImageInfo;
import io.clawpod.spawner.session.Images;
import io.clawpod.spawner.session.Images.Found;
import io.clawpod.spawner.session.Images.Tagging;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.Sessions;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Images as Docker's clients ask for them. A cluster has none of its own: they are where its nodes pull them from, so the
 * registry is asked. What it cannot answer, sessions that run an image may.
 */
final class ImageCalls {
    private static final Set<String> FILTERS = Set.of("reference", "dangling", "label", "before", "since", "until");

    /** How many sessions' pods a list looks at; each costs a call of the Kubernetes API. */
    private static final int MAX_ASKED = 16;

    private final Images images;
    private final Sessions sessions;
    private final Containers containers;
    private final KnownImages known = new KnownImages();

    ImageCalls(Images images, Sessions sessions, Containers containers) {
        this.images = images;
        this.sessions = sessions;
        this.containers = containers;
    }

    /** Docker Engine API, ImageList: those that sessions are made from. */
    Uni<Reply> list(Call call) {
        Filters filters = call.filters(FILTERS);
        for (String name : List.of("label", "before", "since", "until")) {
            if (filters.has(name)) {
                throw new EngineRefusal(
                        400,
                        "invalid filter '" + name + "': only a registry knows that of an image; filter by reference");
            }
        }
        boolean dangling = filters.of("dangling").stream().anyMatch(value -> value.matches("1|true"));
        return dangling ? Uni.createFrom().item(Reply.json(Json.array())) : Off.loop(() -> list(filters));
    }

    private Reply list(Filters filters) {
        ArrayNode list = Json.array();
        KnownImages.byImage(containers.all()).forEach((image, users) -> {
            if (!filters.has("reference")
                    || filters.of("reference").stream().anyMatch(glob -> ImageViews.matches(image, glob))) {
                ImageInfo info = known.of(image);
                // The node's word, so that the id is the one that an inspection tells.
                SessionDetail detail = info == null && list.size() < MAX_ASKED ? detail(users) : null;
                list.add(ImageViews.entry(image, users.size(), info, detail));
            }
        });
        return Reply.json(list);
    }

    /** Docker Engine API, ImageInspect. */
    Uni<Reply> inspect(Call call) {
        String name = call.part("name");
        if (ImageViews.isId(name)) {
            return Off.loop(() -> byId(name));
        }
        return find(name).chain(found -> {
            if (found instanceof Found.Present present) {
                return Uni.createFrom().item(Reply.json(ImageViews.image(present.image())));
            } else if (found instanceof Found.Unreachable unreachable) {
                return Off.loop(() -> byDetail(name, unreachable.problem()));
            } else if (found instanceof Found.Refused refused
                    && refused.problem().code() == ErrorCode.FORBIDDEN) {
                // Nodes may have other credentials, or the image already.
                return Off.loop(() -> byDetail(name, refused.problem()));
            }
            throw absent(found, name);
        });
    }

    private Reply byId(String id) {
        ImageInfo info = known.byId(id);
        if (info != null) {
            return Reply.json(ImageViews.image(info));
        }
        SessionDetail detail =
                detail(shown -> ImageViews.hex(ImageViews.id(shown)).startsWith(ImageViews.hex(id)));
        if (detail == null) {
            throw new EngineRefusal(
                    404, "No such image: " + Call.cut(id) + "; a registry finds images by name and not by id");
        }
        return Reply.json(ImageViews.image(detail));
    }

    /**
     * An image that nobody here runs and no registry tells of is not here, as far as can be seen: docker inspect asks for an
     * image of each name that no container has, and goes on only from a 404.
     */
    private Reply byDetail(String name, Problem problem) {
        SessionDetail detail = detail(shown -> Listing.isImage(shown.session().image(), name));
        if (detail == null) {
            throw new EngineRefusal(404, "No such image: " + Call.cut(name) + "; " + problem.detail());
        }
        return Reply.json(ImageViews.image(detail));
    }

    private @Nullable SessionDetail detail(Function<SessionDetail, Boolean> wanted) {
        // One of each image is enough.
        for (List<Session> users : KnownImages.byImage(containers.all()).values()) {
            SessionDetail detail = detail(users);
            if (detail != null && wanted.apply(detail)) {
                return detail;
            }
        }
        return null;
    }

    private @Nullable SessionDetail detail(List<Session> users) {
        return users.stream()
                .filter(session -> !containers.isDeparted(session) && session.isRunning())
                .findFirst()
                .map(session -> sessions.detail(session.key()))
                .orElse(null);
    }

    /** Docker Engine API, ImageHistory. */
    Uni<Reply> history(Call call) {
        String name = call.part("name");
        return find(name).map(found -> Reply.json(ImageViews.history(present(found, name))));
    }

    /** Docker Engine API, ImageCreate: nodes pull by themselves, so this looks whether they will find it. */
    Uni<Reply> pull(Call call) {
        String from = call.parameter("fromImage");
        if (call.parameter("fromSrc") != null) {
            throw EngineRefusal.notImplemented(
                    "an image cannot be imported from a file system",
                    "build it from one (FROM scratch, ADD) with a builder of your own, and push it");
        } else if (from == null) {
            throw new EngineRefusal(400, "fromImage: is missing; name an image");
        }
        String tag = call.parameter("tag");
        String name = ImageViews.joined(from, tag);
        return find(name).map(found -> {
            if (!(found instanceof Found.Present present)) {
                return failedPull(absent(found, name));
            }
            ImageInfo image = present.image();
            String platform = call.parameter("platform");
            if (platform != null && !ImageViews.isFor(image, platform)) {
                return failedPull(new EngineRefusal(
                        404,
                        "image with reference " + name + " was found for " + image.os() + "/" + image.architecture()
                                + ", which the cluster's nodes run, and not for the platform " + Call.cut(platform)));
            }
            return lines(200, ImageViews.pulled(image));
        });
    }

    private static Reply failedPull(EngineRefusal refusal) {
        ObjectNode line = Json.object().put("message", refusal.getMessage());
        line.putObject("errorDetail").put("message", refusal.getMessage());
        line.put("error", refusal.getMessage());
        return lines(refusal.status(), List.of(line));
    }

    private static Reply lines(int status, List<ObjectNode> lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(line).append("\r\n"));
        return new Reply(status, "application/json", Buffer.buffer(text.toString()), Map.of());
    }

    /** Docker Engine API, ImageTag: a tag in the registry, which everybody sees. */
    Uni<Reply> tag(Call call) {
        String source = call.part("name");
        String repository = call.parameter("repo");
        if (repository == null) {
            throw new EngineRefusal(400, "repo: is missing; name the repository that the tag goes to");
        }
        String tag = call.parameter("tag");
        String target = tag == null ? repository : repository + ":" + tag;
        if (ImageViews.isId(source)) {
            ImageInfo info = known.byId(source);
            if (info == null) {
                throw new EngineRefusal(
                        404, "No such image: " + Call.cut(source) + "; a registry finds images by name and not by id");
            }
            source = info.name() + "@" + info.digest();
        }
        String named = source;
        return images.tag(source, target).map(tagging -> {
            if (tagging instanceof Tagging.Tagged) {
                return Reply.status(201);
            } else if (tagging instanceof Tagging.Missing) {
                throw noSuchImage(named);
            } else if (tagging instanceof Tagging.Refused refused) {
                throw failed(refused.problem(), 0);
            }
            throw failed(((Tagging.Unreachable) tagging).problem(), 500);
        });
    }

    /** Docker Engine API, ImagePush: there are no images here that are not in a registry. */
    Uni<Reply> push(Call call) {
        String tag = call.parameter("tag");
        String name = ImageViews.joined(call.part("name"), tag);
        return find(name).map(found -> {
            if (found instanceof Found.Present present) {
                throw EngineRefusal.notImplemented(
                        "there is nothing to push: " + name + " already lies in the registry, with digest "
                                + present.image().digest(),
                        "go on without it; to push another image under this name, use a builder of your own (docker"
                                + " buildx build --push, or any other daemon)");
            } else if (found instanceof Found.Missing) {
                throw new EngineRefusal(
                        404,
                        "An image does not exist locally with the tag: " + name
                                + "; build and push it with a builder of your own (docker buildx build --push, or any"
                                + " other daemon)");
            }
            throw absent(found, name);
        });
    }

    private Uni<Found> find(String name) {
        return images.find(name).invoke(found -> {
            if (found instanceof Found.Present present) {
                known.take(name, present.image());
            } else if (found instanceof Found.Missing) {
                known.forget(name);
            }
        });
    }

    private static ImageInfo present(Found found, String name) {
        if (found instanceof Found.Present present) {
            return present.image();
        }
        throw absent(found, name);
    }

    private static EngineRefusal absent(Found found, String name) {
        if (found instanceof Found.Refused refused) {
            return failed(refused.problem(), 0);
        } else if (found instanceof Found.Unreachable unreachable) {
            return failed(unreachable.problem(), 500);
        }
        return noSuchImage(name);
    }

    /** In Docker's words, which clients look for. */
    private static EngineRefusal noSuchImage(String name) {
        return new EngineRefusal(404, "No such image: " + (name.length() > 512 ? Call.cut(name) : name));
    }

    /** @param status 0 for the problem's own */
    private static EngineRefusal failed(Problem problem, int status) {
        EngineRefusal plain = EngineRefusal.of(problem);
        String remedy = problem.remedy() == null ? "" : "; " + problem.remedy();
        return new EngineRefusal(status == 0 ? plain.status() : status, problem.detail() + remedy);
    }
}

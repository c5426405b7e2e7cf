package io.clawpod.spawner.image;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.ImageName;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image, read and completed as Docker does (github.com/distribution/reference, grammar and
 * {@code ParseDockerRef}).
 *
 * @param registry host, perhaps with a port; {@code docker.io} if none was named
 * @param repository path in the registry
 * @param tag absent only beside a digest
 * @param digest as {@code sha256:…} or {@code sha512:…}; decides over the tag
 */
record ImageReference(
        String registry,
        String repository,
        @Nullable String tag,
        @Nullable String digest) {
    static final String HUB = "docker.io";

    /** Of the repository, in characters ({@code RepositoryNameTotalLengthMax}). */
    private static final int MAX_REPOSITORY = 255;

    private static final int MAX_TEXT = 1024;
    private static final int MAX_PORT = 65535;
    private static final String LIBRARY = "library/";

    // Possessive where it can be: a long name must not make the matcher try again and again.
    private static final Pattern REGISTRY = Pattern.compile(
            "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*"
                    + "|\\[[a-fA-F0-9:]+\\])(?::(?<port>[0-9]{1,5}))?");
    private static final Pattern REPOSITORY_PART = Pattern.compile("[a-z0-9]++(?:(?:\\.|__?|-++)[a-z0-9]++)*+");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}");
    private static final Pattern BARE_ID = Pattern.compile("[0-9a-f]{64}");

    /**
     * @param prefix the configured registry, put before what names none; empty for none
     * @throws InvalidValue if {@code text} names no image; its field is {@code image}
     */
    static ImageReference parse(String text, String prefix) {
        if (text.isEmpty() || text.length() > MAX_TEXT) {
            throw wrong("is empty or longer than " + MAX_TEXT + " characters");
        }
        if (BARE_ID.matcher(text).matches()) {
            throw wrong("is an id and no name");
        }
        String rest = ImageName.qualified(text, prefix);
        String digest = null;
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = rest.substring(at + 1);
            if (!isDigest(digest)) {
                throw wrong("has a digest that is none (sha256: and 64 hexadecimal digits)");
            }
            rest = rest.substring(0, at);
        }
        String tag = null;
        int colon = rest.lastIndexOf(':');
        if (colon > rest.lastIndexOf('/')) {
            tag = rest.substring(colon + 1);
            if (!TAG.matcher(tag).matches()) {
                throw wrong("has a tag that is none (letters, digits, _ . -, at most 128)");
            }
            rest = rest.substring(0, colon);
        }
        if (tag == null && digest == null) {
            tag = "latest";
        }
        return named(rest, tag, digest);
    }

    private static ImageReference named(String name, @Nullable String tag, @Nullable String digest) {
        int slash = name.indexOf('/');
        String first = slash < 0 ? "" : name.substring(0, slash);
        boolean isRegistry = first.contains(".")
                || first.contains(":")
                || first.equals("localhost")
                || !first.equals(first.toLowerCase(Locale.ROOT));
        String registry = isRegistry ? first : HUB;
        String repository = isRegistry ? name.substring(slash + 1) : name;
        if (registry.equals("index.docker.io")) {
            registry = HUB;
        }
        requireRegistry(registry);
        if (registry.equals(HUB) && !repository.contains("/")) {
            repository = LIBRARY + repository;
        }
        requireRepository(repository);
        return new ImageReference(registry, repository, tag, digest);
    }

    private static void requireRegistry(String registry) {
        Matcher matcher = REGISTRY.matcher(registry);
        if (!matcher.matches()) {
            throw wrong("has a registry that is no host name");
        }
        String port = matcher.group("port");
        if (port != null && (Integer.parseInt(port) < 1 || Integer.parseInt(port) > MAX_PORT)) {
            throw wrong("has a registry whose port is none");
        }
    }

    private static void requireRepository(String repository) {
        if (!repository.equals(repository.toLowerCase(Locale.ROOT))) {
            throw wrong("has upper-case letters in its repository");
        }
        if (repository.length() > MAX_REPOSITORY) {
            throw wrong("has a repository that is longer than " + MAX_REPOSITORY + " characters");
        }
        for (String part : repository.split("/", -1)) {
            if (!REPOSITORY_PART.matcher(part).matches()) {
                throw wrong("has a repository that is none (lower-case letters and digits, joined by . _ - and /)");
            }
        }
    }

    private static InvalidValue wrong(String fault) {
        return new InvalidValue("image", fault, "write [registry/]repository[:tag] or …@sha256:…");
    }

    /** Whether it is of a kind that can be checked here. */
    static boolean isDigest(String text) {
        return DIGEST.matcher(text).matches();
    }

    /** What a registry calls it: the digest, or else the tag (OCI distribution, {@code <reference>}). */
    String named() {
        return digest != null ? digest : tag != null ? tag : "latest";
    }

    /** The name without tag and digest, as Docker shows it: Docker Hub is not told. */
    String name() {
        if (!registry.equals(HUB)) {
            return registry + "/" + repository;
        }
        boolean official = repository.startsWith(LIBRARY) && repository.indexOf('/', LIBRARY.length()) < 0;
        return official ? repository.substring(LIBRARY.length()) : repository;
    }

    /** The name in full, as Docker shows it: with the digest, or else with the tag. */
    @Override
    public String toString() {
        return name() + (digest != null ? "@" + digest : ":" + tag);
    }
}

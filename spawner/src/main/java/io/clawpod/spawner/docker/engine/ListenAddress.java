package io.clawpod.spawner.docker.engine;

import io.clawpod.common.InvalidValue;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * An address as Docker writes it.
 *
 * @param path of the socket; empty for TCP
 */
record ListenAddress(String host, int port, String path) {
    private static final String SETTING = "clawpod.docker-engine.listen";
    private static final int MAX_PORT = 65_535;
    // unix(7): sun_path has 108 bytes, the last one a NUL.
    private static final int MAX_PATH = 107;

    /** @throws InvalidValue whose field is the setting */
    static List<ListenAddress> parse(List<String> texts) {
        List<ListenAddress> addresses = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            addresses.add(parse(texts.get(i).strip(), SETTING + "[" + i + "]"));
        }
        return addresses;
    }

    private static ListenAddress parse(String text, String field) {
        InvalidValue fault =
                new InvalidValue(field, "is no address to listen at", "write tcp://host:port or unix:///path");
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw fault;
        }
        boolean bare = uri.getQuery() == null && uri.getFragment() == null && uri.getUserInfo() == null;
        String path = uri.getPath() == null ? "" : uri.getPath();
        if ("unix".equals(uri.getScheme()) && bare && path.startsWith("/") && uri.getHost() == null) {
            if (path.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > MAX_PATH) {
                throw new InvalidValue(field, "has a path that is too long", "use at most " + MAX_PATH + " bytes");
            }
            return new ListenAddress("", 0, path);
        }
        boolean tcp = "tcp".equals(uri.getScheme()) && bare && (path.isEmpty() || path.equals("/"));
        if (!tcp || uri.getHost() == null || uri.getPort() < 0 || uri.getPort() > MAX_PORT) {
            throw fault;
        }
        String host = uri.getHost();
        return new ListenAddress(host.startsWith("[") ? host.substring(1, host.length() - 1) : host, uri.getPort(), "");
    }

    boolean isUnix() {
        return !path.isEmpty();
    }

    /** Takes away the socket of a process that was killed, and nothing else. */
    void prepare() {
        if (!isUnix()) {
            return;
        }
        Path file = Path.of(path);
        try {
            if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            boolean socket = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isOther();
            if (!socket || isServed(file)) {
                throw new InvalidValue(
                        SETTING,
                        "has a path that is taken: " + path,
                        socket ? "stop the process that serves it" : "choose a path where nothing is");
            }
            Files.delete(file);
        } catch (IOException e) {
            throw new InvalidValue(SETTING, "has a path that cannot be used: " + path, "choose another");
        }
    }

    private static boolean isServed(Path file) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(file));
        } catch (IOException e) {
            return false;
        }
    }

    /** Who may open the socket may call: its owner and its group. */
    void protect() {
        if (isUnix()) {
            try {
                Files.setPosixFilePermissions(Path.of(path), PosixFilePermissions.fromString("rw-rw----"));
            } catch (IOException e) {
                throw new InvalidValue(SETTING, "has a path that cannot be protected: " + path, "choose another");
            }
        }
    }

    @Override
    public String toString() {
        return isUnix() ? "unix://" + path : "tcp://" + host + ":" + port;
    }
}

package io.clawpod.proxy.credential;

import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The mounted folder with the credential. Read anew every {@link #RELOAD} off the event loop: the kubelet swaps a Secret's
 * files by a symbolic link, which file notifications on the file itself do not show. Thread-safe.
 */
@Singleton
public final class CredentialFolder {
    static final Duration RELOAD = Duration.ofSeconds(2);

    private static final Logger LOG = Logger.getLogger(CredentialFolder.class);

    private final Path folder;
    private final Vertx vertx;
    private volatile CredentialState state;

    CredentialFolder(Vertx vertx, @ConfigProperty(name = "clawpod.credential.directory") Path folder) {
        this.folder = folder;
        this.vertx = vertx;
        this.state = CredentialFiles.read(folder);
    }

    /** What the folder held when it was last read. */
    public CredentialState current() {
        return state;
    }

    void start(@Observes StartupEvent event) {
        log(state);
        vertx.setPeriodic(
                RELOAD.toMillis(),
                timer -> vertx.executeBlocking(
                        () -> {
                            reload();
                            return null;
                        },
                        false));
    }

    private synchronized void reload() {
        CredentialState read = CredentialFiles.read(folder);
        if (!read.equals(state)) {
            state = read;
            log(read);
        }
    }

    private static void log(CredentialState state) {
        if (state instanceof CredentialState.Present present) {
            LOG.infof("credential loaded name=%s", present.credential().name());
        } else if (state instanceof CredentialState.Missing missing) {
            LOG.warnf("credential missing reason=\"%s\"", missing.reason());
        }
    }
}

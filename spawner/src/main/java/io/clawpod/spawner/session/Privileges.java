package io.clawpod.spawner.session;

import io.clawpod.common.InvalidValue;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What the agent asks for beyond, or gives up below, an ordinary container. All capabilities are dropped in any case.
 *
 * @param addCapabilities Linux capabilities without {@code CAP_}, in capitals
 * @param readOnlyRootFilesystem whether the image's file system cannot be written
 */
public record Privileges(Set<String> addCapabilities, boolean readOnlyRootFilesystem) {
    public static final Privileges NONE = new Privileges(Set.of(), false);

    private static final Pattern CAPABILITY = Pattern.compile("[A-Z][A-Z_]{1,40}");

    /** @throws InvalidValue if a name cannot be a capability */
    public Privileges {
        for (String capability : addCapabilities) {
            if (!CAPABILITY.matcher(capability).matches()) {
                throw new InvalidValue(
                        "addCapabilities", "has a name that is no capability", "use names such as NET_BIND_SERVICE");
            }
        }
        addCapabilities = Collections.unmodifiableSet(new TreeSet<>(addCapabilities));
    }
}

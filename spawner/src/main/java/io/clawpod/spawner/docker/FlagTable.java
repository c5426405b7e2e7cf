package io.clawpod.spawner.docker;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Every flag that {@code docker run} of Docker 28 knows, by name, so that what is refused is told from what is no flag. */
final class FlagTable {
    /** Older spellings that Docker still reads but no longer lists. */
    private static final Map<String, String> ALIASES =
            Map.of("net", "network", "net-alias", "network-alias", "dns-opt", "dns-option");

    private static final Map<String, Flag> BY_NAME = new HashMap<>();
    private static final Map<Character, Flag> BY_SHORTHAND = new HashMap<>();

    static {
        Stream.of(
                        ContainerFlags.FLAGS,
                        LabelFlags.FLAGS,
                        MountFlags.FLAGS,
                        ResourceFlags.FLAGS,
                        SecurityFlags.FLAGS,
                        NetworkFlags.FLAGS,
                        LifeFlags.FLAGS)
                .flatMap(List::stream)
                .forEach(FlagTable::add);
    }

    private FlagTable() {}

    private static void add(Flag flag) {
        if (BY_NAME.put(flag.name(), flag) != null) {
            throw new IllegalStateException("two flags --" + flag.name());
        }
        if (flag.shorthand() != Flag.NO_SHORTHAND && BY_SHORTHAND.put(flag.shorthand(), flag) != null) {
            throw new IllegalStateException("two flags -" + flag.shorthand());
        }
    }

    static @Nullable Flag byName(String name) {
        return BY_NAME.get(ALIASES.getOrDefault(name, name));
    }

    static @Nullable Flag byShorthand(char letter) {
        return BY_SHORTHAND.get(letter);
    }

    /** The long names, sorted. */
    static Set<String> names() {
        return new TreeSet<>(BY_NAME.keySet());
    }
}

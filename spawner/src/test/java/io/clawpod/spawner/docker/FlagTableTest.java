package io.clawpod.spawner.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.clawpod.spawner.docker.Flag.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class FlagTableTest {
    @Test
    void theTableHasExactlyTheFlagsOfDocker28() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String line : flags()) {
            String[] words = line.split(" ", -1);
            Flag flag = known(words[0]);
            names.add(words[0]);
            assertEquals(words[1].equals("-") ? Flag.NO_SHORTHAND : words[1].charAt(0), flag.shorthand(), line);
            Kind kind = switch (words[2]) {
                case "switch" -> Kind.SWITCH;
                case "list", "map", "mount", "network", "ulimit" -> Kind.LIST;
                default -> Kind.SINGLE;
            };
            assertEquals(kind, flag.kind(), line);
        }
        assertEquals(names, FlagTable.names());
    }

    private static Flag known(String name) {
        Flag flag = FlagTable.byName(name);
        if (flag == null) {
            throw new AssertionError("no flag --" + name);
        }
        return flag;
    }

    @Test
    void olderSpellingsAreTheSameFlags() {
        assertEquals(FlagTable.byName("network"), FlagTable.byName("net"));
        assertEquals(FlagTable.byName("network-alias"), FlagTable.byName("net-alias"));
        assertEquals(FlagTable.byName("dns-option"), FlagTable.byName("dns-opt"));
        assertNull(FlagTable.byName("nets"));
        assertNull(FlagTable.byShorthand('Z'));
    }

    private static List<String> flags() throws IOException {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(Cases.open("flags-28.txt"), StandardCharsets.UTF_8))) {
            return lines.lines().filter(line -> !line.startsWith("#")).toList();
        }
    }
}

package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import io.clawpod.proxy.credential.CredentialSpec;
import io.clawpod.proxy.policy.PlaceholderFormats;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns a routes file into a table, or into everything that is wrong with it. Pure: the folder for credentials is only a
 * name here.
 */
final class RoutesFile {
    static final int MAX_ROUTES = 64;

    /** In a route, instead of a credential's name. Not a name that a credential may have. */
    static final String NO_CREDENTIAL = "none";

    private final List<InvalidValue> faults = new ArrayList<>();
    private final Path credentialsFolder;

    private RoutesFile(Path credentialsFolder) {
        this.credentialsFolder = credentialsFolder;
    }

    static RouteTable parse(byte[] bytes, Path credentialsFolder) throws InvalidRoutes {
        try {
            return new RoutesFile(credentialsFolder).table(new Fields("", Yaml.read(bytes)));
        } catch (InvalidValue e) {
            throw new InvalidRoutes(List.of(e));
        }
    }

    private RouteTable table(Fields file) throws InvalidRoutes {
        Map<String, CredentialSpec> credentials = new HashMap<>();
        Set<String> declared = new HashSet<>();
        Fields section = attempt(() -> file.mapping("credentials"));
        if (section != null) {
            for (Object name : section.values().keySet()) {
                declared.add(String.valueOf(name));
                CredentialSpec spec =
                        attempt(() -> CredentialReader.read(section, String.valueOf(name), credentialsFolder));
                if (spec != null) {
                    credentials.put(spec.name(), spec);
                }
            }
        }
        PlaceholderFormats placeholders = attempt(() -> placeholders(file));
        List<Route> routes = new ArrayList<>();
        List<?> list = attempt(() -> file.list("routes", "list at least the route with prefix /"));
        if (list != null) {
            for (int i = 0; i < list.size(); i++) {
                String at = "routes[" + i + "]";
                Object each = list.get(i);
                Route route = attempt(() -> RouteReader.read(Fields.of(at, each)));
                if (route != null) {
                    attempt(() -> distinct(at, route, routes));
                    attempt(() -> hasCredential(at, route, declared));
                    routes.add(route);
                }
            }
            if (list.isEmpty() || list.size() > MAX_ROUTES) {
                faults.add(new InvalidValue("routes", "has no or too many routes", "list 1 to " + MAX_ROUTES));
            }
        }
        attempt(() -> {
            file.done();
            return true;
        });
        if (!faults.isEmpty() || placeholders == null) {
            throw new InvalidRoutes(faults);
        }
        for (CredentialSpec spec : credentials.values()) {
            if (spec instanceof CredentialSpec.Oauth oauth) {
                Endpoint endpoint = Endpoint.parse("", oauth.tokenEndpoint().toString());
                routes.replaceAll(route -> route.knowing(endpoint));
            }
        }
        return new RouteTable(routes, List.copyOf(credentials.values()), placeholders);
    }

    private static PlaceholderFormats placeholders(Fields file) {
        List<String> texts = file.texts("placeholders", "list texts such as ghp_{token}, or leave the field out");
        try {
            return texts == null ? PlaceholderFormats.NONE : PlaceholderFormats.of(texts);
        } catch (InvalidValue e) {
            throw new InvalidValue("placeholders" + e.field(), e.fault(), e.remedy());
        }
    }

    private static boolean distinct(String at, Route route, List<Route> others) {
        for (Route other : others) {
            if (other.name().equals(route.name())) {
                throw new InvalidValue(at + ".name", "is that of another route", "give each a name of its own");
            }
            if (other.prefix().equals(route.prefix())) {
                throw new InvalidValue(at + ".prefix", "is that of another route", "give each a prefix of its own");
            }
        }
        return true;
    }

    private static boolean hasCredential(String at, Route route, Set<String> declared) {
        String credential = route.credential();
        if (credential != null && !declared.contains(credential)) {
            throw new InvalidValue(
                    at + ".credential", "is not under credentials", "declare it there, or write " + NO_CREDENTIAL);
        }
        return true;
    }

    /** Goes on after a fault, so that one reading shows every one of them. */
    private <T> @Nullable T attempt(Supplier<@Nullable T> step) {
        try {
            return step.get();
        } catch (InvalidValue e) {
            faults.add(e);
            return null;
        }
    }
}

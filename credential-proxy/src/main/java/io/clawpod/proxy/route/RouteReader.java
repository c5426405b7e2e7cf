package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import io.clawpod.proxy.policy.NamePattern;
import io.clawpod.proxy.policy.PathPattern;
import io.clawpod.proxy.policy.Policies;
import io.clawpod.proxy.policy.Rule;
import io.clawpod.proxy.policy.TokenPaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads one entry under {@code routes}. */
final class RouteReader {
    static final int MAX_POLICIES = 256;
    static final int MAX_CALLS = 1_000_000;
    static final Duration MAX_TIME = Duration.ofHours(24);

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private RouteReader() {}

    static Route read(Fields fields) {
        String name = name(fields, "name");
        String prefix = fields.requiredText("prefix", "write / or /name/");
        boolean strip = fields.truth("stripPrefix", true);
        boolean allowPrivate = fields.truth("allowPrivate", false);
        Endpoint upstream = Endpoint.parse(
                        fields.at("upstream"), fields.requiredText("upstream", "write https://host[:port][/base]"))
                .requireTlsUnless(allowPrivate, fields.at("upstream"));
        String credential = fields.requiredText(
                "credential", "name one of those under credentials, or write " + RoutesFile.NO_CREDENTIAL);
        boolean required = fields.truth("required", prefix.equals("/"));
        Policies policies = policies(fields);
        Limits limits = limits(fields.mapping("limits"));
        TokenPaths tokenPaths = TokenPaths.of(each(fields, "tokenPaths", PathPattern::of));
        fields.done();
        return within(
                fields.at(""),
                () -> new Route(
                        name,
                        prefix,
                        strip,
                        upstream,
                        allowPrivate,
                        credential.equals(RoutesFile.NO_CREDENTIAL) ? null : credential,
                        required,
                        policies,
                        limits,
                        tokenPaths));
    }

    static String name(Fields fields, String field) {
        String name = fields.requiredText(field, "give it a short name");
        checkName(fields.at(field), name);
        return name;
    }

    /** Names become tags of meters and values in log lines. */
    static void checkName(String at, String name) {
        if (!name.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
            throw new InvalidValue(at, "is no name", "use up to 63 lower case letters, digits and dashes");
        }
    }

    private static Policies policies(Fields route) {
        String remedy = "list policies; without one that allows, nothing is let through";
        List<?> list = route.list("policies", remedy);
        if (list.size() > MAX_POLICIES) {
            throw new InvalidValue(route.at("policies"), "has too many", "list at most " + MAX_POLICIES);
        }
        List<Rule> rules = new ArrayList<>();
        for (Object each : list) {
            rules.add(rule(Fields.of(route.at("policies") + "[" + rules.size() + "]", each)));
        }
        return new Policies(rules);
    }

    private static Rule rule(Fields fields) {
        String effect = fields.requiredText("effect", "write allow or deny");
        if (!effect.equals("allow") && !effect.equals("deny")) {
            throw new InvalidValue(fields.at("effect"), "is neither allow nor deny", "write allow or deny");
        }
        List<NamePattern> groups = each(fields, "groups", NamePattern::new);
        List<NamePattern> roles = each(fields, "roles", NamePattern::new);
        Set<String> methods = methods(fields);
        List<PathPattern> paths = each(fields, "paths", PathPattern::of);
        if (paths.isEmpty()) {
            throw new InvalidValue(fields.at("paths"), "is missing", "list patterns; /** is every path");
        }
        fields.done();
        return new Rule(effect.equals("allow"), groups, roles, methods, paths);
    }

    private static Set<String> methods(Fields fields) {
        String remedy = "list some of " + METHODS.stream().sorted().toList() + ", or \"*\" alone";
        List<String> texts = fields.texts("methods", remedy);
        if (texts == null) {
            throw new InvalidValue(fields.at("methods"), "is missing", remedy);
        }
        if (texts.equals(List.of("*"))) {
            return Set.of();
        }
        Set<String> methods = new HashSet<>();
        for (String text : texts) {
            if (!METHODS.contains(text) || !methods.add(text)) {
                throw new InvalidValue(
                        fields.at("methods") + "[" + methods.size() + "]", "is unknown or stands twice", remedy);
            }
        }
        return methods;
    }

    /** Empty if the field is not there. */
    private static <T> List<T> each(Fields fields, String name, Function<String, T> parse) {
        List<String> texts = fields.texts(name, "list texts, or leave the field out");
        List<T> parsed = new ArrayList<>();
        for (String text : texts == null ? List.<String>of() : texts) {
            parsed.add(within(fields.at(name) + "[" + parsed.size() + "]", () -> parse.apply(text)));
        }
        return parsed;
    }

    private static Limits limits(@Nullable Fields fields) {
        if (fields == null) {
            return Limits.DEFAULT;
        }
        Limits limits = new Limits(
                fields.whole("bodyBytes", Limits.DEFAULT.bodyBytes(), Long.MAX_VALUE),
                (int) fields.whole("concurrentCalls", Limits.DEFAULT.concurrentCalls(), MAX_CALLS),
                (int) fields.whole("callsPerMinute", Limits.DEFAULT.callsPerMinute(), MAX_CALLS),
                fields.duration("timeToFirstByte", Limits.DEFAULT.timeToFirstByte(), MAX_TIME),
                fields.duration("idle", Limits.DEFAULT.idle(), MAX_TIME));
        fields.done();
        return limits;
    }

    /** Puts where a value stood before the field that its own check names. */
    static <T> T within(String at, java.util.function.Supplier<T> made) {
        try {
            return made.get();
        } catch (InvalidValue e) {
            String parent = at.endsWith(".") ? at.substring(0, at.length() - 1) : at;
            throw e.under(parent);
        }
    }
}

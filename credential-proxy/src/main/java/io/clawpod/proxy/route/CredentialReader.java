package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import io.clawpod.proxy.credential.CredentialSpec;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads one entry under {@code credentials}: what it is and where its files are. */
final class CredentialReader {
    private static final String KINDS = "anthropic, api-key, bearer, basic, header or oauth";
    private static final Duration SKEW = Duration.ofMinutes(5);

    private CredentialReader() {}

    static CredentialSpec read(Fields section, String name, Path folder) {
        RouteReader.checkName(section.at(name), name);
        if (name.equals(RoutesFile.NO_CREDENTIAL)) {
            throw new InvalidValue(section.at(name), "means no credential", "choose another name");
        }
        Fields fields = Objects.requireNonNull(section.mapping(name));
        String kind = fields.requiredText("kind", "write " + KINDS);
        Path files = directory(fields, folder.resolve(name));
        CredentialSpec spec = read(fields, kind, name, files);
        fields.done();
        return spec;
    }

    private static CredentialSpec read(Fields fields, String kind, String name, Path files) {
        return switch (kind) {
            case "anthropic" -> new CredentialSpec.Anthropic(name, files);
            case "api-key" ->
                header(
                        fields,
                        name,
                        files,
                        "api-key",
                        fields.textOr("header", "x-api-key"),
                        CredentialSpec.Header.SECRET);
            case "bearer" -> header(fields, name, files, "token", "authorization", "Bearer {secret}");
            case "basic" ->
                RouteReader.within(fields.at(""), () -> new CredentialSpec.Basic(name, files, fields.text("username")));
            case "header" ->
                header(
                        fields,
                        name,
                        files,
                        "secret",
                        fields.requiredText("header", "name the header"),
                        fields.requiredText("template", "write the value with {secret} in it"));
            case "oauth" -> oauth(fields, name, files);
            default -> throw new InvalidValue(fields.at("kind"), "is unknown", "write " + KINDS);
        };
    }

    private static CredentialSpec header(
            Fields fields, String name, Path files, String file, String header, String template) {
        return RouteReader.within(fields.at(""), () -> new CredentialSpec.Header(name, files, file, header, template));
    }

    private static CredentialSpec oauth(Fields fields, String name, Path files) {
        String url = fields.requiredText("tokenEndpoint", "write the https URL that refreshes tokens");
        boolean allowPrivate = fields.truth("allowPrivate", false);
        Endpoint.parse(fields.at("tokenEndpoint"), url).requireTlsUnless(allowPrivate, fields.at("tokenEndpoint"));
        String format = fields.textOr("format", "form");
        if (!format.equals("form") && !format.equals("json")) {
            throw new InvalidValue(fields.at("format"), "is neither form nor json", "write form (RFC 6749) or json");
        }
        return new CredentialSpec.Oauth(
                name,
                files,
                URI.create(url.strip()),
                allowPrivate,
                fields.requiredText("clientId", "write the client's id, which is no secret"),
                fields.text("scope"),
                format.equals("json"),
                fields.truth("anthropic", false),
                fields.duration("skew", SKEW, RouteReader.MAX_TIME),
                writeBack(fields.mapping("writeBack")));
    }

    private static CredentialSpec.@Nullable SecretName writeBack(@Nullable Fields fields) {
        if (fields == null) {
            return null;
        }
        String namespace = fields.requiredText("namespace", "name the Secret's namespace");
        String name = fields.requiredText("name", "name the Secret");
        fields.done();
        return RouteReader.within(fields.at(""), () -> new CredentialSpec.SecretName(namespace, name));
    }

    private static Path directory(Fields fields, Path otherwise) {
        String text = fields.text("directory");
        if (text == null) {
            return otherwise;
        }
        if (!text.startsWith("/")
                || text.indexOf('\0') >= 0
                || !Path.of(text).normalize().equals(Path.of(text))) {
            throw new InvalidValue(fields.at("directory"), "is no absolute path", "write where the Secret is mounted");
        }
        return Path.of(text);
    }
}

package io.clawpod.proxy.credential;

import io.clawpod.common.SecretText;
import io.clawpod.proxy.credential.SecretFiles.Unusable;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An OAuth pair as files, in one of two forms: {@code access-token}, {@code refresh-token} and {@code expires-at}, or Claude
 * Code's own {@code credentials.json}. Beside either, {@code client-secret} if the endpoint wants one. Reading blocks.
 *
 * @param document the JSON form's whole text; null in the other form
 */
record TokenFiles(
        TokenPair pair,
        @Nullable SecretText clientSecret,
        @Nullable SecretText document) {
    static final String ACCESS = "access-token";
    static final String REFRESH = "refresh-token";
    static final String EXPIRES = "expires-at";
    static final String CLIENT_SECRET = "client-secret";
    static final String JSON = "credentials.json";

    private static final String MEMBER = "claudeAiOauth";
    private static final Pattern TOKEN = Pattern.compile("[!-~]{1,8192}");
    /** Numbers from here on are milliseconds: as seconds they would be after the year 5000. */
    private static final long MILLISECONDS = 100_000_000_000L;

    static TokenFiles read(Path folder) throws Unusable {
        SecretText clientSecret = SecretFiles.token(folder, CLIENT_SECRET);
        SecretText document = SecretFiles.document(folder, JSON);
        SecretText access = SecretFiles.token(folder, ACCESS);
        SecretText refresh = SecretFiles.token(folder, REFRESH);
        if (document != null && (access != null || refresh != null)) {
            throw new Unusable("The folder " + folder + " holds both credentials.json and single token files.");
        }
        if (document != null) {
            return new TokenFiles(parse(folder.resolve(JSON), document), clientSecret, document);
        }
        SecretText expires = SecretFiles.token(folder, EXPIRES);
        if (access == null && refresh == null) {
            throw new Unusable("The folder " + folder + " holds neither access-token nor credentials.json.");
        }
        Instant expiresAt = expires == null ? null : instant(folder.resolve(EXPIRES), expires.reveal());
        // A refresh token alone is enough to begin with: the access token is then one that has already run out.
        TokenPair pair = access == null
                ? new TokenPair(SecretText.of("-"), refresh, Instant.EPOCH)
                : new TokenPair(access, refresh, expiresAt);
        return new TokenFiles(pair, clientSecret, null);
    }

    /** What is written back for {@code refreshed}, in the form that was read: file names and contents. */
    Map<String, SecretText> with(TokenPair refreshed) {
        Map<String, SecretText> files = new LinkedHashMap<>();
        Instant expiresAt = refreshed.expiresAt();
        SecretText refresh = refreshed.refresh();
        if (document != null) {
            JsonObject root = new JsonObject(document.reveal());
            JsonObject oauth = root.getJsonObject(MEMBER);
            oauth.put("accessToken", refreshed.access().reveal());
            if (refresh != null) {
                oauth.put("refreshToken", refresh.reveal());
            }
            if (expiresAt != null) {
                oauth.put("expiresAt", expiresAt.toEpochMilli());
            }
            files.put(JSON, SecretText.of(root.encode()));
            return files;
        }
        files.put(ACCESS, refreshed.access());
        if (refresh != null) {
            files.put(REFRESH, refresh);
        }
        if (expiresAt != null) {
            files.put(EXPIRES, SecretText.of(expiresAt.toString()));
        }
        return files;
    }

    private static TokenPair parse(Path file, SecretText document) throws Unusable {
        try {
            JsonObject oauth = new JsonObject(document.reveal()).getJsonObject(MEMBER);
            String access = oauth == null ? null : oauth.getString("accessToken");
            if (oauth == null || access == null || !isToken(access)) {
                throw new Unusable("The file " + file + " has no claudeAiOauth.accessToken.");
            }
            String refresh = oauth.getString("refreshToken");
            Object expires = oauth.getValue("expiresAt");
            return new TokenPair(
                    SecretText.of(access),
                    refresh == null || !isToken(refresh) ? null : SecretText.of(refresh),
                    expires == null ? null : instant(file, expires.toString()));
        } catch (DecodeException | ClassCastException e) {
            throw new Unusable("The file " + file + " is not the JSON that Claude Code writes.");
        }
    }

    static boolean isToken(String text) {
        return TOKEN.matcher(text).matches();
    }

    private static Instant instant(Path file, String text) throws Unusable {
        try {
            if (text.matches("[0-9]{1,15}")) {
                long number = Long.parseLong(text);
                return number < MILLISECONDS ? Instant.ofEpochSecond(number) : Instant.ofEpochMilli(number);
            }
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new Unusable("The time of expiry in " + file + " is neither ISO 8601 nor a Unix time.");
        }
    }
}

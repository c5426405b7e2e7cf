package io.clawpod.spawner.onecli;

/** Where agents find the credential proxy: the URL that every pod gets as {@code ANTHROPIC_BASE_URL}. */
@FunctionalInterface
public interface ProxyUrl {
    String value();
}

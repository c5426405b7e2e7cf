package io.clawpod.spawner.session;

/** What the configured registry makes of an image's name. */
public final class ImageName {
    private ImageName() {}

    /**
     * An image that names no registry gets the configured one. It names one if what stands before its first slash has a dot
     * or a colon, or is {@code localhost}, as Docker reads it.
     *
     * @param registry host, perhaps with a port and a path; empty for none
     */
    public static String qualified(String image, String registry) {
        int slash = image.indexOf('/');
        String first = slash < 0 ? "" : image.substring(0, slash);
        boolean named = first.contains(".") || first.contains(":") || first.equals("localhost");
        return registry.isEmpty() || named ? image : registry + "/" + image;
    }
}

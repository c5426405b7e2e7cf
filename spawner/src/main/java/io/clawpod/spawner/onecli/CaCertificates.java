package io.clawpod.spawner.onecli;

import io.clawpod.common.InvalidValue;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Collection;

/** Reads the certificates that agents shall trust. What it gives holds certificates and nothing else of the file. */
final class CaCertificates {
    /** The greatest size of the file, in bytes: hosts put it on every agent's disk. */
    static final int MAX_BYTES = 256 * 1024;

    private static final String SETTING = "clawpod.onecli.ca-certificate";
    private static final String REMEDY = "name a PEM file of CA certificates";
    private static final int LINE = 64;

    private CaCertificates() {}

    /**
     * Reads the file; blocks.
     *
     * @return PEM (RFC 7468 section 5)
     * @throws InvalidValue if it cannot be read, is too large, holds a private key, or holds anything but CA certificates
     */
    static String read(Path file) {
        byte[] bytes;
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw wrong("is too large", "use at most " + MAX_BYTES + " bytes");
            }
            bytes = Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw wrong("cannot be read: " + file, "name a file that the spawner may read");
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (text.contains("PRIVATE KEY-----")) {
            throw wrong("holds a private key", "leave only certificates in it: every agent gets it");
        }
        if (!text.contains("-----BEGIN CERTIFICATE-----")) {
            throw wrong("holds no certificate", REMEDY);
        }
        StringBuilder pem = new StringBuilder();
        int number = 0;
        for (Certificate certificate : parse(bytes)) {
            number++;
            // RFC 5280 section 4.2.1.9: without the basic constraint its key signs no certificates.
            if (!(certificate instanceof X509Certificate x509) || x509.getBasicConstraints() < 0) {
                throw wrong("holds a certificate of no authority, number " + number, REMEDY);
            }
            pem.append(encode(certificate));
        }
        return pem.toString();
    }

    private static Collection<? extends Certificate> parse(byte[] bytes) {
        try {
            return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes));
        } catch (CertificateException broken) {
            throw wrong("holds a broken certificate", REMEDY);
        }
    }

    private static String encode(Certificate certificate) {
        try {
            String body = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
            return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
        } catch (CertificateEncodingException impossible) {
            throw new IllegalStateException("a certificate that was read can be written", impossible);
        }
    }

    private static InvalidValue wrong(String fault, String remedy) {
        return new InvalidValue(SETTING, fault, remedy);
    }
}

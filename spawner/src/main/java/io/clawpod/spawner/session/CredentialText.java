package io.clawpod.spawner.session;

/** What real credentials look like, wherever they stand. */
public final class CredentialText {
    // Nothing in it may look far ahead from every place of a text, since texts are as long as their senders like.
    /**
     * A regular expression without groups that count: prefixes that the issuers document for their keys and tokens, the marks of
     * private keys, and passwords in URLs. Tokens that are signed come apart, see {@link #SIGNED}.
     */
    public static final String ISSUED = "sk-ant-[A-Za-z0-9_-]{16,}"
            + "|sk-(?:proj-)?[A-Za-z0-9_-]{20,}"
            + "|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
            + "|glpat-[A-Za-z0-9_-]{20,}"
            + "|xox[abprs]-[A-Za-z0-9-]{10,}"
            + "|AKIA[A-Z0-9]{16}|ASIA[A-Z0-9]{16}"
            + "|AIza[A-Za-z0-9_-]{35}"
            + "|-----BEGIN [A-Z ]*PRIVATE KEY-----"
            + "|[a-z0-9+.-]://[^/\\s:@]+:[^/\\s@]+@";

    /** Header and payload of a signed token (RFC 7519), ours among them. */
    public static final String SIGNED = "eyJ[A-Za-z0-9_-]{8,4096}\\.eyJ[A-Za-z0-9_-]{8,}";

    private CredentialText() {}
}

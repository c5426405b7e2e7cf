package io.clawpod.proxy.credential;

import io.vertx.core.Future;

/** A credential that its files hold as it is. */
final class FileSource implements Source {
    private final CredentialSpec spec;
    private volatile CredentialState state;

    FileSource(CredentialSpec spec) {
        this.spec = spec;
        this.state = CredentialFiles.read(spec);
        Credentials.log(spec.name(), state);
    }

    @Override
    public CredentialState state() {
        return state;
    }

    @Override
    public Future<CredentialState> obtain() {
        return Future.succeededFuture(state);
    }

    @Override
    public void rejected(Credential carried) {}

    @Override
    public synchronized void reread() {
        CredentialState read = CredentialFiles.read(spec);
        if (!read.equals(state)) {
            state = read;
            Credentials.log(spec.name(), read);
        }
    }

    @Override
    public void tick() {}
}

package io.clawpod.proxy.exchange;

import io.clawpod.proxy.scrub.Undecodable;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;

/** Keeps a small body until it is whole, to take the tokens out of it: the one kind of body that is not streamed. */
final class Collected implements AnswerBody.Sink {
    private final Buffer body = Buffer.buffer();
    private final Consumer<Buffer> whole;
    private final Consumer<Throwable> failed;
    private boolean refused;

    /** @param whole takes the body without tokens */
    Collected(Consumer<Buffer> whole, Consumer<Throwable> failed) {
        this.whole = whole;
        this.failed = failed;
    }

    @Override
    public void write(Buffer piece) {
        if (refused) {
            return;
        }
        if (body.length() + piece.length() > TokenAnswers.MAX_BYTES) {
            refuse("a token endpoint's answer beyond " + TokenAnswers.MAX_BYTES + " bytes");
        } else {
            body.appendBuffer(piece);
        }
    }

    @Override
    public boolean full() {
        return false;
    }

    @Override
    public void whenDrained(Runnable goOn) {
        goOn.run();
    }

    @Override
    public void end() {
        if (refused) {
            return;
        }
        Buffer clean = body.length() == 0 ? body : TokenAnswers.redact(body);
        if (clean == null) {
            refuse("a token endpoint's answer that is not JSON");
        } else {
            whole.accept(clean);
        }
    }

    @Override
    public void failed(Throwable cause) {
        failed.accept(cause);
    }

    private void refuse(String why) {
        refused = true;
        failed.accept(new Undecodable(why));
    }
}

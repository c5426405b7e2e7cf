package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.clawpod.spawner.session.RemoteProcess.Output;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class OutputQueueTest {
    private static final Output PIECE = new Output(false, new byte[1]);

    @Test
    void whatIsPutWhileTheReaderFindsNothingIsNotLostToTheEnd() {
        AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
        OutputQueue<Output> output = new OutputQueue<>(new ConcurrentLinkedQueue<>() {
            @Override
            public boolean isEmpty() {
                boolean empty = super.isEmpty();
                meanwhile.getAndSet(() -> {}).run();
                return empty;
            }

            @Override
            public Output poll() {
                Output piece = super.poll();
                meanwhile.getAndSet(() -> {}).run();
                return piece;
            }
        });
        AssertSubscriber<Output> reader = output.subscribe().withSubscriber(AssertSubscriber.create());
        meanwhile.set(() -> {
            output.put(PIECE);
            output.end(null);
        });
        reader.request(Long.MAX_VALUE);
        reader.assertCompleted();
        assertEquals(List.of(PIECE), reader.getItems());
    }

    @Test
    void theEndNeedsNoRequestButWaitsForWhatIsBeforeIt() {
        OutputQueue<Output> output = new OutputQueue<>(new ConcurrentLinkedQueue<>());
        output.put(PIECE);
        output.end(new IOException("broken"));
        AssertSubscriber<Output> reader = output.subscribe().withSubscriber(AssertSubscriber.create());
        reader.assertNotTerminated();
        reader.request(1);
        reader.assertFailedWith(IOException.class, "broken");
        assertEquals(List.of(PIECE), reader.getItems());
    }

    @Test
    void nothingComesAfterCancelling() {
        OutputQueue<Output> output = new OutputQueue<>(new ConcurrentLinkedQueue<>());
        AssertSubscriber<Output> reader = output.subscribe().withSubscriber(AssertSubscriber.create(5));
        output.put(PIECE);
        reader.cancel();
        output.put(PIECE);
        output.end(null);
        reader.assertNotTerminated();
        assertEquals(1, reader.getItems().size());
    }

    @Test
    void thereIsOneReader() {
        OutputQueue<Output> output = new OutputQueue<>(new ConcurrentLinkedQueue<>());
        output.subscribe().withSubscriber(AssertSubscriber.create(1));
        output.subscribe().withSubscriber(AssertSubscriber.create(1)).assertFailedWith(IllegalStateException.class);
    }
}

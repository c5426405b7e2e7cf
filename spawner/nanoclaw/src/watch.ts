/** One stream of server-sent events that is opened again whenever it ends, where it ended. */
import { pause } from './pause.js';
import { SseParser, type ServerSentEvent } from './sse.js';

export interface WatchTiming {
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** The spawner sends a comment every 15 seconds, so a stream that is silent for longer is dead. */
  readonly silenceMs: number;
}

export const WATCH_TIMING: WatchTiming = { firstPauseMs: 250, longestPauseMs: 30_000, silenceMs: 45_000 };

export interface WatchListener {
  /** If it throws, the stream is opened anew from the beginning. */
  event(event: ServerSentEvent): void;
  /** Something has come, if only a comment, and was understood. */
  alive(): void;
  /** The stream has ended, or could not be opened; it will be opened again. */
  lost(why: Error): void;
}

export type OpenStream = (lastEventId: string | undefined, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

/** Never gives up: whoever follows sessions by it would else never hear of their ends. */
export class Watch {
  readonly #open: OpenStream;
  readonly #listener: WatchListener;
  readonly #timing: WatchTiming;
  readonly #closed = new AbortController();
  #lastEventId: string | undefined;
  #attempt = 0;

  constructor(open: OpenStream, listener: WatchListener, timing: WatchTiming = WATCH_TIMING) {
    this.#open = open;
    this.#listener = listener;
    this.#timing = timing;
    void this.#run();
  }

  close(): void {
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      let why: Error;
      try {
        await this.#read();
        why = new Error('the spawner ended the watch');
      } catch (failure) {
        why = failure instanceof Error ? failure : new Error(String(failure));
      }
      if (this.#closed.signal.aborted) {
        return;
      }
      this.#listener.lost(why);
      await this.#pause();
    }
  }

  async #read(): Promise<void> {
    let silent = false;
    const end = new AbortController();
    const close = (): void => end.abort();
    const timer = setTimeout(() => {
      silent = true;
      close();
    }, this.#timing.silenceMs);
    this.#closed.signal.addEventListener('abort', close);
    try {
      const chunks = await this.#open(this.#lastEventId, end.signal);
      const parser = new SseParser();
      for await (const chunk of chunks) {
        timer.refresh();
        this.#take(parser, chunk);
        this.#listener.alive();
      }
    } catch (failure) {
      throw silent ? new Error(`the watch was silent for ${this.#timing.silenceMs} ms`) : failure;
    } finally {
      this.#closed.signal.removeEventListener('abort', close);
      clearTimeout(timer);
    }
  }

  #take(parser: SseParser, chunk: Uint8Array): void {
    try {
      for (const event of parser.push(chunk)) {
        if (this.#closed.signal.aborted) {
          return;
        }
        this.#listener.event(event);
        this.#attempt = 0;
        this.#lastEventId = parser.lastEventId ?? this.#lastEventId;
      }
    } catch (failure) {
      // What was understood of it is not known, so nothing may be built on it.
      this.#lastEventId = undefined;
      throw failure;
    }
  }

  #pause(): Promise<void> {
    const { firstPauseMs, longestPauseMs } = this.#timing;
    const longest = Math.min(firstPauseMs * 2 ** this.#attempt, longestPauseMs);
    this.#attempt = Math.min(this.#attempt + 1, 30);
    // Not all readers at the same moment, when a spawner comes back.
    return pause(longest / 2 + (Math.random() * longest) / 2, this.#closed.signal);
  }
}

/** Server-sent events from bytes (WHATWG HTML, section 9.2.6). */

export interface ServerSentEvent {
  readonly type: string;
  readonly data: string;
}

/** No event of the spawner comes near it; whoever sends more without an end is no spawner. */
const MAX_PENDING = 4 * 1024 * 1024;

export class SseParser {
  readonly #decoder = new TextDecoder('utf-8');
  #pending = '';
  #skipLineFeed = false;
  #type = '';
  #data: string[] = [];
  #size = 0;
  #id: string | undefined;
  #lastEventId: string | undefined;

  /** The id as of the last event that was complete; what to send as `Last-Event-ID`. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** The events that end in this chunk. Chunks may end anywhere, also within a character. */
  *push(chunk: Uint8Array): Generator<ServerSentEvent> {
    this.#pending += this.#decoder.decode(chunk, { stream: true });
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const event = this.#take(line);
      if (event) {
        yield event;
      }
    }
    if (this.#pending.length + this.#size > MAX_PENDING) {
      throw new Error(`an event of more than ${MAX_PENDING} characters`);
    }
  }

  /** A line ends with CR, LF or both; a CR at the end of a chunk ends it at once, and a LF after it is skipped. */
  #line(): string | undefined {
    if (this.#skipLineFeed && this.#pending !== '') {
      this.#skipLineFeed = false;
      if (this.#pending.startsWith('\n')) this.#pending = this.#pending.slice(1);
    }
    const end = this.#pending.search(/[\r\n]/);
    if (end < 0) {
      return undefined;
    }
    const line = this.#pending.slice(0, end);
    this.#skipLineFeed = this.#pending[end] === '\r';
    this.#pending = this.#pending.slice(end + 1);
    return line;
  }

  #take(line: string): ServerSentEvent | undefined {
    if (line === '') {
      return this.#dispatch();
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') {
      this.#type = value;
    } else if (field === 'data') {
      this.#data.push(value);
      this.#size += value.length;
    } else if (field === 'id' && !value.includes('\0')) {
      this.#id = value;
    }
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = this.#data.length === 0 ? undefined : { type: this.#type || 'message', data: this.#data.join('\n') };
    this.#lastEventId = this.#id;
    this.#type = '';
    this.#data = [];
    this.#size = 0;
    return event;
  }
}

/** An agent's output out of a log that is read in several pieces. */

const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
/** RFC 3339 with nanoseconds and an offset is no longer. */
const LONGEST_TIME = 40;

/**
 * Takes the times off the lines, and by them leaves out what a read before has had already: a log that is opened again
 * begins with the second of the last line seen (Kubernetes API, PodLogOptions.sinceTime).
 */
export class LogLines {
  /** Of the last line seen: its time, how many lines had that time, and how much of it has been given out. */
  #time: string | undefined;
  #count = 0;
  #given = 0;

  #head: Buffer = Buffer.alloc(0);
  #inLine = false;
  #skip = 0;
  #again = new Map<string, number>();

  /** Where to open the log again; undefined for its start. */
  get since(): string | undefined {
    return this.#time;
  }

  /** A new read of the log begins. */
  restart(): void {
    this.#head = Buffer.alloc(0);
    this.#inLine = false;
    this.#skip = 0;
    this.#again = new Map();
  }

  /** What of the chunk is the agent's and new. */
  take(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      rest = this.#inLine ? this.#body(rest, out) : this.#start(rest);
    }
    return out;
  }

  /** Reads the time at the start of a line; gives back what follows it. */
  #start(rest: Buffer): Buffer {
    const end = rest.findIndex((byte) => byte === SPACE || byte === LINE_FEED);
    const wanted = end < 0 ? rest.length : end;
    this.#head = Buffer.concat([this.#head, rest.subarray(0, wanted)]);
    if (end < 0 && this.#head.length <= LONGEST_TIME) {
      return Buffer.alloc(0);
    }
    const time = rest[end] === SPACE ? normal(this.#head.toString('latin1')) : undefined;
    const head = this.#head;
    this.#head = Buffer.alloc(0);
    this.#inLine = true;
    if (time === undefined) {
      // No time, so none of it may be lost, and nothing is known to be old.
      this.#skip = 0;
      return Buffer.concat([head, rest.subarray(wanted)]);
    }
    this.#skip = this.#known(time);
    return rest.subarray(wanted + 1);
  }

  /** How many bytes of the line with this time are known: all, those given out before, or none. */
  #known(time: string): number {
    const nth = (this.#again.get(time) ?? 0) + 1;
    this.#again.set(time, nth);
    if (this.#time === undefined || time > this.#time || (time === this.#time && nth > this.#count)) {
      this.#count = time === this.#time ? this.#count + 1 : 1;
      this.#time = time;
      this.#given = 0;
      return 0;
    }
    return time === this.#time && nth === this.#count ? this.#given : Infinity;
  }

  #body(rest: Buffer, out: Buffer[]): Buffer {
    const feed = rest.indexOf(LINE_FEED);
    const line = feed < 0 ? rest : rest.subarray(0, feed + 1);
    const fresh = line.subarray(Math.min(this.#skip, line.length));
    const old = this.#skip === Infinity;
    this.#skip = Math.max(0, this.#skip - line.length);
    if (!old && fresh.length > 0) {
      this.#given += fresh.length;
      out.push(fresh);
    }
    if (feed >= 0) this.#inLine = false;
    return rest.subarray(line.length);
  }
}

/** Times of one offset that compare as texts; undefined for what is no time. */
function normal(text: string): string | undefined {
  const match = TIME.exec(text);
  return match ? `${match[1]}.${(match[2] ?? '').padEnd(9, '0')}${match[3]}` : undefined;
}

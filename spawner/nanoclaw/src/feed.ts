/** All sessions of the spawner, as one watch tells them. */
import type { SessionView } from './api.js';
import { pause } from './pause.js';
import type { ServerSentEvent } from './sse.js';
import { Watch, WATCH_TIMING, type OpenStream, type WatchTiming } from './watch.js';

/** A session as last seen. */
export interface Seen {
  readonly view: SessionView;
  /** Whether its pod is gone. */
  readonly gone: boolean;
}

export type SeenListener = (seen: Seen) => void;

export interface FeedOptions {
  readonly open: OpenStream;
  /** Reads one session; undefined if there is none. */
  readonly lookup: (install: string, key: string) => Promise<SessionView | undefined>;
  readonly log?: (line: string) => void;
  readonly timing?: WatchTiming;
}

/** How many sessions that are gone are remembered, so that their last readers still learn how they ended. */
const REMEMBERED = 4096;

const NEVER = new AbortController().signal;

interface Entry extends Seen {
  /** False while only the answer to a PUT has told of it. */
  readonly told: boolean;
}

export class Feed {
  readonly #options: FeedOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<SeenListener>();
  /** The sessions that follow a resync, until it is complete. */
  #list: Map<string, SessionView> | undefined;
  #watch: Watch | undefined;
  #holders = 0;
  #lost = true;
  #complained = false;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Keeps the watch open until the answer is called, at most once. */
  hold(): () => void {
    this.#holders++;
    this.#watch ??= new Watch(
      this.#options.open,
      { event: (event) => this.#take(event), alive: () => this.#stand(), lost: (why) => this.#break(why) },
      this.#options.timing ?? WATCH_TIMING,
    );
    let held = true;
    return () => {
      if (held && --this.#holders === 0) {
        this.#watch?.close();
        this.#watch = undefined;
        // What is known grows old unwatched; a new watch begins with all there is.
        this.#list = undefined;
        this.#lost = true;
        this.#entries.clear();
      }
      held = false;
    };
  }

  /** Whether the watch is open, so that what is known is news. */
  get stands(): boolean {
    return this.#watch !== undefined && !this.#lost;
  }

  subscribe(listener: SeenListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As the watch has it; undefined if it has not told of the session. */
  seen(install: string, key: string): Seen | undefined {
    return this.#entries.get(idOf(install, key));
  }

  /** Adds what the answer to a call says, which may come before the watch tells it, or after the watch has told more. */
  written(view: SessionView): void {
    const known = this.#entries.get(idOf(view.install, view.key));
    if (this.#watch && known?.view.pod.uid !== view.pod.uid) {
      this.#keep({ view, gone: false, told: false });
    }
  }

  /**
   * The first state of the session that `holds` accepts, from what is known on. Undefined when `withinMs` has passed before;
   * absent means to wait for ever. The feed must be held.
   */
  when(
    install: string,
    key: string,
    holds: (seen: Seen) => boolean,
    withinMs?: number,
  ): Promise<Seen | undefined> {
    const now = this.seen(install, key);
    if (now && holds(now)) {
      return Promise.resolve(now);
    }
    return new Promise((resolve) => {
      const end = (seen: Seen | undefined): void => {
        clearTimeout(timer);
        unsubscribe();
        resolve(seen);
      };
      const timer = withinMs === undefined ? undefined : setTimeout(() => end(undefined), withinMs);
      const unsubscribe = this.subscribe((seen) => {
        if (seen.view.install === install && seen.view.key === key && holds(seen)) {
          end(seen);
        }
      });
    });
  }

  #take(event: ServerSentEvent): void {
    if (event.type === 'resync') {
      this.#list = new Map();
    } else if (event.type === 'synced') {
      const list = this.#list;
      this.#list = undefined;
      if (list) this.#replace(list);
    } else if (event.type === 'session' || event.type === 'removed') {
      const view = parse(event.data);
      if (this.#list && event.type === 'session') {
        this.#list.set(idOf(view.install, view.key), view);
      } else {
        this.#tell({ view, gone: event.type === 'removed', told: true });
      }
    }
  }

  #stand(): void {
    this.#lost = false;
    if (this.#complained) {
      this.#complained = false;
      this.#options.log?.('the watch on sessions stands again');
    }
  }

  #break(why: Error): void {
    this.#list = undefined;
    this.#lost = true;
    if (!this.#complained) {
      this.#complained = true;
      this.#options.log?.(`the watch on sessions is lost: ${why.message}; opening it again`);
    }
  }

  /** What was known and is not in the list has gone unseen. */
  #replace(list: Map<string, SessionView>): void {
    for (const [id, entry] of [...this.#entries]) {
      if (!entry.gone && !list.has(id)) {
        if (entry.told) {
          this.#tell({ ...entry, gone: true });
        } else {
          void this.#confirm(entry);
        }
      }
    }
    for (const view of list.values()) {
      this.#tell({ view, gone: false, told: true });
    }
  }

  /** Another replica may list sessions a moment before it sees one that was just made; so ask for that one. */
  async #confirm(entry: Entry): Promise<void> {
    const { install, key, pod } = entry.view;
    const isCurrent = (): boolean => this.#entries.get(idOf(install, key)) === entry;
    while (isCurrent()) {
      try {
        const found = await this.#options.lookup(install, key);
        if (isCurrent() && found?.pod.uid !== pod.uid) {
          this.#tell({ ...entry, gone: true });
        }
        return;
      } catch {
        // Without an answer it may have gone unseen, and no later event would tell.
        await pause((this.#options.timing ?? WATCH_TIMING).firstPauseMs, NEVER);
      }
    }
  }

  #tell(entry: Entry): void {
    this.#keep(entry);
    for (const listener of [...this.#listeners]) {
      listener(entry);
    }
  }

  #keep(entry: Entry): void {
    const id = idOf(entry.view.install, entry.view.key);
    this.#entries.delete(id); // So that a Map's order is the order of the last news.
    this.#entries.set(id, entry);
    if (entry.gone && this.#entries.size > REMEMBERED) {
      const gone = [...this.#entries].filter(([, each]) => each.gone);
      gone.slice(0, Math.max(0, gone.length - REMEMBERED)).forEach(([old]) => this.#entries.delete(old));
    }
  }
}

function idOf(install: string, key: string): string {
  return `${install}\0${key}`;
}

function parse(data: string): SessionView {
  let view: SessionView;
  try {
    view = JSON.parse(data) as SessionView;
  } catch {
    throw new Error('an event that is no JSON');
  }
  if (typeof view.install !== 'string' || typeof view.key !== 'string' || typeof view.pod?.uid !== 'string') {
    throw new Error('an event that is no session');
  }
  return view;
}

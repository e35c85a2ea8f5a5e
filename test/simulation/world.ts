/** Something that is to happen. */
export interface Planned {
  /** It does not happen. Harmless when it has. */
  cancel(): void;
}

interface Event extends Planned {
  readonly at: number;
  readonly no: number;
  happen: (() => void) | undefined;
}

/**
 * True time, in milliseconds, which nobody in the simulation can read, and all that happens in it, one after the
 * other. After each event everything that it sets going within a process comes to rest before time goes on.
 */
export class World {
  now = 0;
  /** How many events have happened. What happens within one of them happens in one turn of an event loop. */
  turn = 0;
  /** The events as a binary heap, the next one first. */
  readonly #events: Event[] = [];
  #planned = 0;
  readonly #notes: string[] | undefined;

  /** @param tells whether {@link notes} are kept */
  constructor(tells: boolean) {
    this.#notes = tells ? [] : undefined;
  }

  /** What has happened, line by line. */
  get notes(): readonly string[] {
    return this.#notes ?? [];
  }

  /** Writes down what happens; costs nothing unless the world tells. */
  note(text: () => string): void {
    this.#notes?.push(`${this.now.toFixed(3).padStart(10)}  ${text()}`);
  }

  /** Lets something happen at a time; what is planned for the same time happens in the order in which it was planned. */
  at(time: number, happen: () => void): Planned {
    const event: Event = {
      at: Math.max(time, this.now),
      no: this.#planned++,
      happen,
      cancel: () => (event.happen = undefined),
    };
    this.#rise(event);
    return event;
  }

  after(ms: number, happen: () => void): Planned {
    return this.at(this.now + ms, happen);
  }

  /** Lets time pass until `end`, or until `look`, which is asked after every event, says that it has seen enough. */
  async run(end: number, look: () => boolean): Promise<void> {
    for (;;) {
      const [next] = this.#events;
      if (next === undefined || next.at > end) break;
      this.#sink();
      if (next.happen === undefined) continue;
      this.now = next.at;
      this.turn++;
      next.happen();
      await rest();
      if (look()) return;
    }
    this.now = end;
  }

  #rise(event: Event): void {
    const events = this.#events;
    let place = events.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = events[above] as Event;
      if (isBefore(parent, event)) break;
      events[place] = parent;
      place = above;
    }
    events[place] = event;
  }

  /** Takes the first event off. */
  #sink(): void {
    const events = this.#events;
    const last = events.pop() as Event;
    const size = events.length;
    if (size === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= size) break;
      if (below + 1 < size && isBefore(events[below + 1] as Event, events[below] as Event)) below++;
      const child = events[below] as Event;
      if (isBefore(last, child)) break;
      events[place] = child;
      place = below;
    }
    events[place] = last;
  }
}

/**
 * Settles when no promise has anything left to do: a tick comes when the queue of promise jobs is empty, with all that
 * they bring about. The second is for what the first tick finds planned as a tick. (An immediate would do as well, but
 * costs a turn of Node's event loop, which is more than most events.)
 */
function rest(): Promise<void> {
  return new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)));
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.no < b.no);
}

import { ExpiringMap } from "./expiring-map.js";
import type { NoticeSubscription } from "./lock-node.js";
import { QUEUE_LIFE_MS } from "./reserved.js";

/** The wait queues of a memory node, and who hears its notices. */
export class WaitQueues {
  /** Tickets by process, by queue. */
  readonly #queues = new ExpiringMap<Map<string, number>>();
  readonly #listeners = new Map<string, (lock: string) => void>();

  get size(): number {
    return this.#queues.size;
  }

  /** Puts a process into the queue of a lock, or gives it another place there. */
  enrol(queue: string, process: string, ticket: number, now: number): void {
    const tickets = this.#queues.get(queue, now)?.value ?? new Map<string, number>();
    this.#queues.keep(queue, tickets.set(process, ticket), now + QUEUE_LIFE_MS);
  }

  /** Takes a process off the queue of a lock. */
  remove(queue: string, process: string, now: number): void {
    const tickets = this.#queues.get(queue, now)?.value;
    if (tickets?.delete(process) && tickets.size === 0) this.#queues.delete(queue);
  }

  /** Takes the first process that is there to hear of it off the queue, and tells it that `lock` is its to take. */
  callNext(queue: string, lock: string, now: number): string | undefined {
    if (this.#queues.size === 0) return undefined;
    const tickets = this.#queues.get(queue, now)?.value ?? [];
    for (const [process] of [...tickets].sort(inOrder)) {
      this.remove(queue, process, now);
      const hear = this.#listeners.get(process);
      if (hear === undefined) continue;
      // As from a server: never in the middle of what the listener does.
      queueMicrotask(() => hear(lock));
      return process;
    }
    return undefined;
  }

  /** Clears away a little of what has expired. */
  sweep(now: number): void {
    this.#queues.sweep(now);
  }

  listen(process: string, hear: (lock: string) => void): NoticeSubscription {
    const listeners = this.#listeners;
    listeners.set(process, hear);
    return {
      get active() {
        return listeners.get(process) === hear;
      },
      stop: () => void listeners.delete(process),
    };
  }

  /** Forgets every queue; who listens goes on listening. */
  clear(): void {
    this.#queues.clear();
  }
}

/** By ticket, then by name, as a sorted set on a Redis server. */
function inOrder([a, ticketA]: [string, number], [b, ticketB]: [string, number]): number {
  return ticketA - ticketB || (a < b ? -1 : 1);
}

import type { NoticeSubscription } from "./lock-node.js";
import { QUEUE_LIFE_MS } from "./reserved.js";

interface Queue {
  /** Tickets by process. */
  readonly tickets: Map<string, number>;
  expiresAt: number;
}

/** The wait queues of a memory node, and who hears its notices. */
export class WaitQueues {
  readonly #queues = new Map<string, Queue>();
  readonly #listeners = new Map<string, (lock: string) => void>();

  get size(): number {
    return this.#queues.size;
  }

  /** Puts a process into the queue of a lock, or gives it another place there. */
  enrol(queue: string, process: string, ticket: number, now: number): void {
    const { tickets } = this.#live(queue, now) ?? { tickets: new Map<string, number>() };
    tickets.set(process, ticket);
    this.#queues.set(queue, { tickets, expiresAt: now + QUEUE_LIFE_MS });
  }

  /** Takes a process off the queue of a lock. */
  remove(queue: string, process: string): void {
    const { tickets } = this.#queues.get(queue) ?? {};
    if (tickets?.delete(process) && tickets.size === 0) this.#queues.delete(queue);
  }

  /** Takes the first process that is there to hear of it off the queue, and tells it that `lock` is its to take. */
  callNext(queue: string, lock: string, now: number): string | undefined {
    if (this.#queues.size === 0) return undefined;
    const { tickets } = this.#live(queue, now) ?? {};
    if (tickets === undefined) return undefined;
    for (const [process] of [...tickets].sort(inOrder)) {
      this.remove(queue, process);
      const hear = this.#listeners.get(process);
      if (hear === undefined) continue;
      // As from a server: never in the middle of what the listener does.
      queueMicrotask(() => hear(lock));
      return process;
    }
    return undefined;
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

  #live(queue: string, now: number): Queue | undefined {
    const found = this.#queues.get(queue);
    if (found === undefined || found.expiresAt > now) return found;
    this.#queues.delete(queue);
    return undefined;
  }
}

/** By ticket, then by name, as a sorted set on a Redis server. */
function inOrder([a, ticketA]: [string, number], [b, ticketB]: [string, number]): number {
  return ticketA - ticketB || (a < b ? -1 : 1);
}

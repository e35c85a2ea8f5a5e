import { Redis } from "ioredis";

type Send = (this: Redis, ...args: Parameters<Redis["sendCommand"]>) => unknown;

/**
 * Counts what the ioredis clients of this process write, those that a library makes for itself included. The
 * servers' own counters are no measure: they take in what scripts call. Commands that wait for a connection are
 * counted when they are written.
 */
export class CommandCounter {
  readonly #counts = new Map<string, number>();

  constructor() {
    const sendCommand = Object.getOwnPropertyDescriptor(Redis.prototype, "sendCommand")?.value as Send;
    const counts = this.#counts;
    Redis.prototype.sendCommand = function (this: Redis, command, stream) {
      if (this.status === "ready") counts.set(command.name, (counts.get(command.name) ?? 0) + 1);
      return sendCommand.call(this, command, stream);
    };
  }

  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  /** Calls of scripts, the part that the servers count alike. */
  get scripts(): number {
    return ["eval", "evalsha", "fcall"].reduce((sum, name) => sum + (this.#counts.get(name) ?? 0), 0);
  }
}

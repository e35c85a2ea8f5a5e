import type { RedisClient } from "./redis-client.js";
import { Script } from "./script.js";
import * as exclusive from "./scripts/exclusive.js";

export const BATCH = new Script(exclusive.BATCH);

/** What requests have in common, mostly. */
interface Shared {
  /** For how long nodes keep the keys: lease time and lock delay. */
  readonly lifeMs: number;
  readonly fenceTtlMs: number;
  readonly maxSkewMs: number;
  readonly lockDelayMs: number;
  readonly process: string;
}

/** Many requests as the keys and arguments of one call, in the encoding of {@link exclusive.BATCH}. */
export class Batch {
  /** The keys of all requests. */
  readonly keys: string[] = [];
  readonly #args: (string | number)[] = [];
  #program = "";
  #shared: Shared = { lifeMs: 0, fenceTtlMs: 0, maxSkewMs: 0, lockDelayMs: 0, process: "" };

  /** The requests from here on are carried out with these settings; those that are left out don't matter to them. */
  share(wanted: Partial<Shared>): void {
    const now = this.#shared;
    const {
      lifeMs = now.lifeMs,
      fenceTtlMs = now.fenceTtlMs,
      maxSkewMs = now.maxSkewMs,
      lockDelayMs = now.lockDelayMs,
      process = now.process,
    } = wanted;
    if (
      this.#program !== "" &&
      lifeMs === now.lifeMs &&
      fenceTtlMs === now.fenceTtlMs &&
      maxSkewMs === now.maxSkewMs &&
      lockDelayMs === now.lockDelayMs &&
      process === now.process
    ) {
      return;
    }
    this.#shared = { lifeMs, fenceTtlMs, maxSkewMs, lockDelayMs, process };
    this.#program += "s";
    this.#args.push(lifeMs, fenceTtlMs, maxSkewMs, lockDelayMs, process);
  }

  /** A request about `locks` locks. */
  ask(letter: string, locks: number, ...args: readonly (string | number)[]): void {
    if (locks !== 1) {
      this.#program += "n";
      this.#args.push(locks);
    }
    this.#program += letter;
    for (const arg of args) this.#args.push(arg);
  }

  /** The replies to all requests, in their order. */
  run(client: RedisClient): Promise<readonly unknown[]> {
    const args = [this.#program, client.clustered ? 1 : "", ...this.#args];
    return BATCH.run(client, this.keys, args, (replies) => {
      if (!Array.isArray(replies)) throw new Error("the reply can't be read");
      return replies as readonly unknown[];
    });
  }
}

/** What a batch answers to a request that failed. */
export function failureIn(reply: unknown): Error | undefined {
  if (!Array.isArray(reply) || reply.length !== 2 || Number(reply[0]) !== -2) return undefined;
  return new Error(String(reply[1]));
}

import type { RedisClient } from "./redis-client.js";
import { Script } from "./script.js";
import * as exclusive from "./scripts/exclusive.js";

export const BATCH = new Script(exclusive.BATCH);

/** What is said of a reply that the scripts never give. */
export const UNREADABLE = "its reply can't be read";

type Arg = string | number;

/** Many requests as the keys and arguments of one call, in the encoding of {@link exclusive.BATCH}. */
export class Batch {
  /** The keys of all requests. */
  readonly keys: string[] = [];
  readonly #args: Arg[] = [];
  #program = "";
  #requests = 0;
  #lifeMs = 0;
  #fenceTtlMs = 0;
  #maxSkewMs = 0;
  #lockDelayMs = 0;
  #process = "";

  /** The requests from here on share these settings. What is left out does not matter to them. */
  share(
    lockDelayMs = this.#lockDelayMs,
    fenceTtlMs = this.#fenceTtlMs,
    lifeMs = this.#lifeMs,
    maxSkewMs = this.#maxSkewMs,
    process = this.#process,
  ): void {
    if (
      lockDelayMs === this.#lockDelayMs &&
      fenceTtlMs === this.#fenceTtlMs &&
      lifeMs === this.#lifeMs &&
      maxSkewMs === this.#maxSkewMs &&
      process === this.#process
    ) {
      return;
    }
    this.#lockDelayMs = lockDelayMs;
    this.#fenceTtlMs = fenceTtlMs;
    this.#lifeMs = lifeMs;
    this.#maxSkewMs = maxSkewMs;
    this.#process = process;
    this.#program += "s";
    this.#args.push(lockDelayMs, fenceTtlMs, lifeMs, maxSkewMs, process);
  }

  /** Adds a request about so many locks. */
  ask(letter: string, locks: number, first?: Arg, second?: Arg, third?: Arg): void {
    if (locks !== 1) {
      this.#program += "n";
      this.#args.push(locks);
    }
    this.#program += letter;
    this.#requests++;
    if (first !== undefined) this.#args.push(first);
    if (second !== undefined) this.#args.push(second);
    if (third !== undefined) this.#args.push(third);
  }

  /** The replies to all requests, in their order. */
  run(client: RedisClient): Promise<readonly unknown[]> {
    const args = [this.#program, client.clustered ? 1 : "", ...this.#args];
    return BATCH.run(client, this.keys, args, (replies) => {
      if (Array.isArray(replies) && replies.length === this.#requests) return replies as readonly unknown[];
      throw new Error(UNREADABLE);
    });
  }
}

/** What a batch answers to a request that failed. */
export function failureIn(reply: unknown): Error | undefined {
  if (!Array.isArray(reply) || reply.length !== 2 || Number(reply[0]) !== -2) return undefined;
  return new Error(String(reply[1]));
}

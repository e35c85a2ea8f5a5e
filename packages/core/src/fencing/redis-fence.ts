import { invalidArgument, LockError, quoteKeys } from "../errors.js";
import { hashTagOf } from "../keys/lock-key.js";
import { requireKnown, show } from "../option-checks.js";
import { type IoredisClient, ioredisClient, isIoredisClient } from "../redis/clients/ioredis.js";
import type { RedisClient } from "../redis/redis-client.js";
import { Script } from "../redis/script.js";
import {
  requireFencingToken,
  requireFresh,
  requireLifetime,
  requireResource,
  resolveMemory,
} from "./fence-checks.js";
import type { FenceGuard } from "./fence-guard.js";
import * as scripts from "./fence-scripts.js";

/** Options of {@link redisFence}. */
export interface RedisFenceOptions {
  /** An ioredis client, `Redis` or `Cluster`, of the server that has the data. Never closed. */
  readonly client: IoredisClient;
  /** Prefix of the guard's records, without braces and not empty. Default `fence:`. */
  readonly keyPrefix?: string | undefined;
  /**
   * For how long a token is remembered after the last call for its resource, in milliseconds: an integer from 1 to a
   * year. Must exceed the longest time for which a holder can be frozen. Default 86,400,000, a day.
   */
  readonly ttlMs?: number | undefined;
}

/** A guard whose memory is in Redis, for all processes. */
export interface RedisFenceGuard extends FenceGuard {
  /**
   * Sets a Redis key to a string unless the fencing token is stale: check and write are one step, which nothing can
   * come between. The resource is the key itself, so what `admit(key, …)` remembers counts here.
   *
   * @param key the Redis key of the value, as it is: `keyPrefix` is not put before it
   * @param value replaces whatever the key holds
   * @param ttlMs life of the value in milliseconds, an integer from 1 to a year
   * @returns true: written · false: stale, nothing was written
   * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`; `ERR_LOCK_UNAVAILABLE` if Redis gave no answer, in which case
   * the value may have been written or not; to write it again with the same token is harmless
   */
  set(key: string, value: string, fencingToken: number, ttlMs: number): Promise<boolean>;
}

const ADMIT = new Script(scripts.ADMIT);
const SET = new Script(scripts.SET);

const OPTIONS: ReadonlySet<string> = new Set<keyof RedisFenceOptions>(["client", "keyPrefix", "ttlMs"]);

/**
 * A guard whose memory is in Redis, and no more durable than that server's. Make one for a client and share it.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` naming the option that is not usable
 */
export function redisFence(options: RedisFenceOptions): RedisFenceGuard {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument("options", "must be an object with at least { client }");
  }
  requireKnown(options, OPTIONS);
  const { client, keyPrefix = "fence:" } = options;
  if (!isIoredisClient(client)) throw invalidArgument("client", "must be an ioredis client");
  if (client.isCluster && (client.options as { keyPrefix?: string }).keyPrefix) {
    throw invalidArgument(
      "client",
      "is a Cluster client with a keyPrefix, which would tear value and record apart",
    );
  }
  if (typeof keyPrefix !== "string" || !/^[^{}\0]{1,256}$/.test(keyPrefix) || !keyPrefix.isWellFormed()) {
    throw invalidArgument("keyPrefix", "must be a well-formed string of 1 to 256 characters without braces");
  }
  return new RedisFence(ioredisClient(client), keyPrefix, resolveMemory(options.ttlMs));
}

class RedisFence implements RedisFenceGuard {
  readonly #client: RedisClient;
  readonly #keyPrefix: string;
  readonly #ttlMs: number;

  constructor(client: RedisClient, keyPrefix: string, ttlMs: number) {
    this.#client = client;
    this.#keyPrefix = keyPrefix;
    this.#ttlMs = ttlMs;
  }

  async admit(resource: string, fencingToken: number): Promise<boolean> {
    return (await this.#admit(resource, fencingToken)) === fencingToken;
  }

  async admitOrThrow(resource: string, fencingToken: number): Promise<void> {
    requireFresh(resource, fencingToken, await this.#admit(resource, fencingToken));
  }

  async set(key: string, value: string, fencingToken: number, ttlMs: number): Promise<boolean> {
    const record = this.#recordOf(requireResource("key", key));
    if (key.startsWith(this.#keyPrefix)) {
      throw invalidArgument(
        "key",
        `must not begin with ${show(this.#keyPrefix)}, as the guard's records do`,
        [key],
      );
    }
    if (typeof value !== "string")
      throw invalidArgument("value", `must be a string, not ${show(value)}`, [key]);
    const token = requireFencingToken(fencingToken);
    const args = [token, this.#ttlMs, value, requireLifetime(ttlMs)];
    return (await this.#run(SET, key, [record, key], args)) === token;
  }

  #admit(resource: string, fencingToken: number): Promise<number> {
    const record = this.#recordOf(requireResource("resource", resource));
    return this.#run(ADMIT, resource, [record], [requireFencingToken(fencingToken), this.#ttlMs]);
  }

  /** In the resource's own Cluster slot, and different for each: what has a hash tag of its own follows it. */
  #recordOf(resource: string): string {
    const tag = hashTagOf(resource);
    return `${this.#keyPrefix}{${tag}}${tag === resource ? "" : resource}`;
  }

  async #run(
    script: Script,
    resource: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<number> {
    try {
      if (this.#client.state === "connecting") await this.#client.ready();
      return await script.run(this.#client, keys, args, Number);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LockError(
        "ERR_LOCK_UNAVAILABLE",
        `The guard of ${quoteKeys([resource])} gave no answer: ${reason}`,
        {
          keys: [resource],
          votes: [{ node: this.#client.name, outcome: "unknown", reason }],
          cause,
        },
      );
    }
  }
}

import { invalidArgument } from "../errors.js";
import type { LockKeys } from "../lock-manager.js";
import type { LockKey } from "../node/lock-node.js";

const LONGEST_KEY_BYTES = 1024;
const MOST_KEYS = 256;
const FENCE_SUFFIX = ":fence";
const QUEUE_SUFFIX = ":queue";

/** Where the users of a prefix tell each other which nodes they use, behind the prefix. */
export const NODE_SET_KEY = "redlock-kit:nodes";

/** Where they tell each other how long their leases are, behind the prefix. */
export const LONGEST_TTL_KEY = "redlock-kit:longest-ttl";

/**
 * The keys of one lock: checked, in canonical order (by UTF-16 code unit, so that everybody sorts alike) and
 * without repetitions.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`
 */
export function canonicalKeys(key: LockKeys): readonly string[] {
  if (typeof key === "string") return [requireKey("key", key)];
  if (!Array.isArray(key)) {
    throw invalidArgument(
      "key",
      `must be a string or an array of strings, not ${key === null ? "null" : typeof key}`,
    );
  }
  if (key.length === 0) throw invalidArgument("key", "must not be an empty array");
  if (key.length > MOST_KEYS)
    throw invalidArgument("key", `must be at most ${MOST_KEYS} keys, not ${key.length}`);
  // By index: map() passes over the holes of a sparse array.
  const checked = Array.from({ length: key.length }, (_, i) =>
    requireKey(`key[${i}]`, (key as unknown[])[i]),
  );
  return [...new Set(checked)].sort();
}

/** A key that every node can keep and that no other string turns into on its way there. */
export function requireKey(argument: string, key: unknown): string {
  if (typeof key !== "string")
    throw invalidArgument(argument, `must be a string, not ${key === null ? "null" : typeof key}`);
  if (key === "") throw invalidArgument(argument, "must not be empty");
  if (key.length > LONGEST_KEY_BYTES / 3 && Buffer.byteLength(key) > LONGEST_KEY_BYTES) {
    throw invalidArgument(
      argument,
      `must be at most ${LONGEST_KEY_BYTES} bytes in UTF-8, not ${Buffer.byteLength(key)}; hash long keys`,
    );
  }
  if (!key.isWellFormed()) {
    throw invalidArgument(
      argument,
      "must not have lone surrogates: different keys would become the same in UTF-8",
    );
  }
  if (key.includes("\0")) throw invalidArgument(argument, "must not have null characters");
  if (key === NODE_SET_KEY || key === LONGEST_TTL_KEY)
    throw invalidArgument(argument, `must not be "${key}", which the kit keeps for itself`);
  return key;
}

/**
 * The part of a Redis key that decides on its Cluster slot.
 * Source: the Redis Cluster specification, "Hash tags".
 */
export function hashTagOf(redisKey: string): string {
  const open = redisKey.indexOf("{");
  if (open === -1) return redisKey;
  const close = redisKey.indexOf("}", open + 1);
  return close <= open + 1 ? redisKey : redisKey.slice(open + 1, close);
}

/**
 * The names of a lock on a node.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` if the lock would have the name of another's counter or queue
 */
export function lockKeyOf(prefix: string, key: string): LockKey {
  const tagged = (key.includes("{") || prefix.includes("{")) && hashTagOf(prefix + key) !== prefix + key;
  if (tagged && (key.endsWith(FENCE_SUFFIX) || key.endsWith(QUEUE_SUFFIX))) {
    throw invalidArgument(
      "key",
      `must not have a hash tag and end in "${FENCE_SUFFIX}" or "${QUEUE_SUFFIX}", as fencing counters and wait queues do`,
      [key],
    );
  }
  return new LockNames(key, prefix + key, tagged);
}

/** The lock that has this name on a node; `undefined` if it is another thing's. */
export function lockKeyNamed(prefix: string, name: string): LockKey | undefined {
  try {
    return lockKeyOf(prefix, requireKey("key", name.slice(prefix.length)));
  } catch {
    return undefined;
  }
}

/** The companions are named when they are needed, which for most requests is not all of them. */
class LockNames implements LockKey {
  readonly key: string;
  readonly lock: string;
  readonly #tagged: boolean;
  #fence: string | undefined;
  #queue: string | undefined;

  constructor(key: string, lock: string, tagged: boolean) {
    this.key = key;
    this.lock = lock;
    this.#tagged = tagged;
  }

  get fence(): string {
    this.#fence ??= this.#companion(FENCE_SUFFIX);
    return this.#fence;
  }

  get queue(): string {
    this.#queue ??= this.#companion(QUEUE_SUFFIX);
    return this.#queue;
  }

  /** It must share the lock's slot: by the lock's own hash tag, or by making one of the whole lock key. */
  #companion(suffix: string): string {
    return this.#tagged ? this.lock + suffix : `{${this.lock}}${suffix}`;
  }
}

/** Why these keys can't be used together in a Redis Cluster, or `null`. */
export function clusterRefusal(keys: readonly LockKey[]): string | null {
  for (const { key, lock, fence } of keys) {
    if (hashTagOf(fence) !== hashTagOf(lock)) {
      return `key ${JSON.stringify(key)} has a "}" outside a hash tag, so in a Redis Cluster its counter can't share its slot`;
    }
  }
  const tags = new Set(keys.map(({ lock }) => hashTagOf(lock)));
  if (tags.size <= 1) return null;
  return `keys ${keys.map(({ key }) => JSON.stringify(key)).join(", ")} have different Redis Cluster slots; give them one hash tag, as in "{order:7}:paid" and "{order:7}:sent"`;
}

import type { Lease } from "@redlock-kit/core";
import { type RedisFenceGuard, redisFence } from "@redlock-kit/core/fencing";
import type { Redis } from "ioredis";

/** For how long a guard remembers: longer than anybody is frozen. */
const MEMORY_MS = 600_000;
const WEEK_MS = 7 * 24 * 3_600_000;

/** Where the witness keeps how often `key` was counted. */
export function countOf(key: string): string {
  return `count:${key}`;
}

/** How often a key was counted, as the witness has it. */
export function countIn(record: string | null): number {
  return record === null ? 0 : Number(record.split(" ")[0]);
}

/**
 * Counts under locks, on a server of its own, in a way that loses a count when two do it at once. Whoever comes late is
 * refused by the fencing token; that is as it should be for a lease that is over, and a violation for one that is valid:
 * somebody with a newer token had been let in meanwhile.
 */
export class Witness {
  readonly violations: string[] = [];
  /** What this process has counted: never more than there are names, or it would itself be what grows. */
  readonly counts: Record<string, number> = {};
  readonly #client: Redis;
  readonly #fence: RedisFenceGuard;

  constructor(client: Redis) {
    this.#client = client;
    this.#fence = redisFence({ client, ttlMs: MEMORY_MS });
  }

  /** Counts once for `key`, with `work` between reading and writing. One lease counts a key once. */
  async count(lease: Lease, key: string, work: () => Promise<unknown>): Promise<void> {
    const { fencingToken } = lease;
    const place = countOf(key);
    if (!(await this.stillFirst(lease, key))) return;
    const record = await this.#client.get(place);
    if (Number(record?.split(" ")[1]) === fencingToken)
      this.#violated(key, `two leases have the fencing token ${fencingToken}`);
    await work();
    if (await this.#fence.set(place, `${countIn(record) + 1} ${fencingToken}`, fencingToken, WEEK_MS))
      this.counts[key] = (this.counts[key] ?? 0) + 1;
    else this.#refused(lease, key);
  }

  /** Whether nobody with a newer lease was here. */
  async stillFirst(lease: Lease, key: string): Promise<boolean> {
    const admitted = await this.#fence.admit(countOf(key), lease.fencingToken);
    if (!admitted) this.#refused(lease, key);
    return admitted;
  }

  #refused(lease: Lease, key: string): void {
    // Asked after the refusal has come: what is valid now was valid when the other was let in.
    if (lease.valid) this.#violated(key, `a newer holder came while lease ${lease.fencingToken} was valid`);
  }

  #violated(key: string, what: string): void {
    this.violations.push(`${key}: ${what}`);
  }
}

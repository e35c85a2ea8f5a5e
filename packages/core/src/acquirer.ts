import { Acquisition, type Won } from "./acquisition.js";
import { Attempts } from "./attempts.js";
import { invalidArgument } from "./errors.js";
import type { HeldLease } from "./held-lease.js";
import type { HeldLeases } from "./held-leases.js";
import { lockKeyOf } from "./keys/lock-key.js";
import { nestedError, type Nesting } from "./nesting.js";
import type { LockKey } from "./node/lock-node.js";
import type { ResolvedLockOptions, ResolvedOptions } from "./options.js";
import type { AttemptResult, VotePlace } from "./quorum/attempt.js";
import type { Roster } from "./quorum/roster.js";
import { takeAt } from "./quorum/take.js";
import { ReenteredLease } from "./reentered-lease.js";
import { acquireChannel, traced } from "./telemetry.js";
import { abortedError, closedError } from "./waiting/refusal.js";
import type { WaitingRoom } from "./waiting/waiting-room.js";

/** What every acquire of a manager needs. */
interface AcquirerParts {
  readonly options: ResolvedOptions;
  readonly roster: Roster;
  readonly leases: HeldLeases;
  readonly room: WaitingRoom<Won>;
  readonly nesting: Nesting;
}

/** Gets leases: from the surrounding code, from an earlier acquire with the same token, or from the nodes. */
export class Acquirer {
  readonly #parts: AcquirerParts;
  readonly #attempts: Attempts;
  #closed = false;

  constructor(parts: AcquirerParts) {
    this.#parts = parts;
    this.#attempts = new Attempts(parts.roster, parts.options.clock);
  }

  get options(): ResolvedOptions {
    return this.#parts.options;
  }

  get counts(): Attempts["counts"] {
    return this.#attempts.counts;
  }

  /**
   * Waits as long as the options allow.
   *
   * @param onGranted hears of the lease in the very moment in which it begins
   */
  acquire(
    keys: readonly string[],
    options: ResolvedLockOptions,
    onGranted?: (lease: HeldLease) => void,
  ): Promise<HeldLease | ReenteredLease> {
    return this.#traced(keys, options, () => {
      const outer = this.#surrounding(keys, options);
      if (outer !== undefined) return Promise.resolve(outer);
      const entered = this.#parts.room.enter(this.#wanted(keys, options));
      return entered.then((won) => this.#leaseOf(won, options, onGranted));
    });
  }

  /** One attempt. `undefined`: somebody else holds the lock. */
  tryAcquire(
    keys: readonly string[],
    options: ResolvedLockOptions,
  ): Promise<HeldLease | ReenteredLease | undefined> {
    return this.#traced(keys, options, async () => {
      const outer = this.#surrounding(keys, options);
      if (outer !== undefined) return outer;
      const won = await this.#parts.room.tryEnter(this.#wanted(keys, options));
      return won && this.#leaseOf(won, options);
    });
  }

  /** One attempt of an acquisition. */
  attempt(acquisition: Acquisition, place: VotePlace | undefined): Promise<AttemptResult> {
    this.requireOpen(acquisition.keys);
    return this.#attempts.make(acquisition, place);
  }

  /** Whether a lease of one of an acquisition's keys is held under its token, which is the caller's own. */
  holds(acquisition: Acquisition): boolean {
    return this.#parts.leases.holds(acquisition.keys, acquisition.newToken());
  }

  /** Has one more node keep what an acquisition has won. */
  take(acquisition: Acquisition, won: Won, index: number, place: VotePlace): void {
    takeAt(this.#parts.roster, index, won, acquisition, this.#parts.options.clock, place);
  }

  /** The names of a key on the nodes. */
  lockKey(key: string): LockKey {
    const lockKey = lockKeyOf(this.#parts.options.keyPrefix, key);
    this.#requireUsable([lockKey]);
    return lockKey;
  }

  /** The names of keys on the nodes. */
  lockKeys(keys: readonly string[]): LockKey[] {
    const lockKeys = keys.map((key) => lockKeyOf(this.#parts.options.keyPrefix, key));
    this.#requireUsable(lockKeys);
    return lockKeys;
  }

  /** Grants nothing from now on; settles when no attempt is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#parts.room.close();
    await this.#attempts.idle();
  }

  /** Refuses work once the manager is closing, or when a server was given twice. */
  requireOpen(keys: readonly string[]): void {
    if (this.#closed) throw closedError(keys);
    const conflict = this.#parts.roster.conflict();
    if (conflict !== undefined) throw conflict;
  }

  #requireUsable(lockKeys: readonly LockKey[]): void {
    const refusal = this.#parts.roster.refusal(lockKeys);
    if (refusal !== null) {
      throw invalidArgument(
        "key",
        `is not usable: ${refusal}`,
        lockKeys.map(({ key }) => key),
      );
    }
  }

  #traced<T>(keys: readonly string[], options: ResolvedLockOptions, work: () => Promise<T>): Promise<T> {
    const { owner, ttlMs, waitMs } = options;
    return traced(acquireChannel, () => ({ keys, owner, ttlMs, waitMs }), work);
  }

  /** The lease that the code which asks already runs under, if these options take it up. */
  #surrounding(keys: readonly string[], options: ResolvedLockOptions): ReenteredLease | undefined {
    this.requireOpen(keys);
    const { signal, token, nested } = options;
    if (signal?.aborted) throw abortedError(keys, signal.reason);
    if (nested === "wait") return undefined;
    const outer = this.#parts.nesting.covering(keys);
    if (outer === undefined || outer.token === token) return undefined;
    if (nested === "reenter" && !outer.valid) throw outer.lossWith(undefined);
    if (nested === "reenter") return new ReenteredLease(outer);
    if (!outer.valid) return undefined;
    throw nestedError(keys, keys);
  }

  #leaseOf(won: Won, options: ResolvedLockOptions, onGranted?: (lease: HeldLease) => void): HeldLease {
    const { claim, fencingToken, fresh, acquiredAt, end } = won;
    if (this.#closed) {
      claim.fail();
      throw closedError(keysOf(claim));
    }
    const { ttlMs, owner, autoExtend, minHoldMs, maxHoldMs } = options;
    const grant = { claim, fencingToken, acquiredAt, end, ttlMs, owner, autoExtend, minHoldMs, maxHoldMs };
    const { leases } = this.#parts;
    const own = claim.adopted ? leases.find(keysOf(claim), claim.token) : undefined;
    const isOwn = own?.valid === true && (own.fencingToken === fencingToken || !fresh);
    if (isOwn) own.reacquired(grant);
    else own?.superseded();
    const lease = isOwn ? own : leases.add(grant);
    onGranted?.(lease);
    return lease;
  }

  #wanted(keys: readonly string[], options: ResolvedLockOptions): Acquisition {
    return new Acquisition(
      this,
      keys,
      this.lockKeys(keys),
      options,
      this.#parts.leases.fenceTtlFor(options.ttlMs),
    );
  }
}

function keysOf(claim: Won["claim"]): readonly string[] {
  return claim.keys.map(({ key }) => key);
}

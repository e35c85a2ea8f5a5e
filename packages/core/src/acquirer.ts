import { invalidArgument, type LockError } from "./errors.js";
import type { HeldLease } from "./held-lease.js";
import type { HeldLeases } from "./held-leases.js";
import { lockKeyOf } from "./keys/lock-key.js";
import { idOfAdopted } from "./lease-grant.js";
import { nestedError, type Nesting } from "./nesting.js";
import type { LockKey } from "./node/lock-node.js";
import { requireToken } from "./option-checks.js";
import type { ResolvedLockOptions, ResolvedOptions } from "./options.js";
import { attempt } from "./quorum/acquire.js";
import type { AttemptRequest, AttemptResult } from "./quorum/grant-vote.js";
import type { Roster } from "./quorum/roster.js";
import { ReenteredLease } from "./reentered-lease.js";
import { acquireChannel, traced } from "./telemetry.js";
import type { Place } from "./waiting/place.js";
import { abortedError, closedError, type Refusal } from "./waiting/refusal.js";
import type { Wanted } from "./waiting/waiter.js";
import type { WaitingRoom } from "./waiting/waiting-room.js";

/** A vote that was won. */
export type Won = Extract<AttemptResult, { kind: "won" }>;

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
  readonly counts = { contended: 0, unavailable: 0 };
  readonly #parts: AcquirerParts;
  #closed = false;
  #attempts = 0;
  #onIdle: (() => void) | undefined;
  readonly #adopting = new Map<string, Promise<void>>();

  constructor(parts: AcquirerParts) {
    this.#parts = parts;
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
    if (this.#attempts > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
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

  #wanted(keys: readonly string[], options: ResolvedLockOptions): Wanted<Won> {
    const { token, ttlMs } = options;
    const { lockDelayMs, maxSkewMs, driftFactor, generateToken } = this.#parts.options;
    const request: AttemptRequest = {
      keys: this.lockKeys(keys),
      ttlMs,
      token: token === undefined ? () => requireToken(generateToken(keys[0] ?? "")) : () => token,
      adopted: token !== undefined,
      lockDelayMs,
      fenceTtlMs: this.#parts.leases.fenceTtlFor(ttlMs),
      maxSkewMs,
      driftFactor,
    };
    return {
      keys,
      options,
      attempt: (place) => this.#attempt(request, keys, place),
      discard: (won) => won.claim.fail(),
    };
  }

  /**
   * One attempt. Those under one token of the caller's go one after the other: what one of them gives back,
   * another could be counting on.
   */
  #attempt(
    request: AttemptRequest,
    keys: readonly string[],
    place: Place | undefined,
  ): Promise<Won | Refusal> {
    if (!request.adopted) return this.#attemptNow(request, keys, place);
    const id = idOfAdopted(keys, request.token());
    const before = this.#adopting.get(id);
    const attempt =
      before === undefined
        ? this.#attemptNow(request, keys, place)
        : before.then(() => this.#attemptNow(request, keys, place));
    const settled = attempt.then(
      () => {},
      () => {},
    );
    this.#adopting.set(id, settled);
    void settled.then(() => {
      if (this.#adopting.get(id) === settled) this.#adopting.delete(id);
    });
    return attempt;
  }

  #attemptNow(
    request: AttemptRequest,
    keys: readonly string[],
    place: Place | undefined,
  ): Promise<Won | Refusal> {
    this.requireOpen(keys);
    const result = attempt(this.#parts.roster, request, this.#parts.options.clock, place);
    this.#attempts++;
    return result.then(
      (result) => {
        this.#attemptEnded();
        if (result.kind === "held") this.counts.contended++;
        if (result.kind === "unavailable") this.counts.unavailable++;
        const conflict = this.#conflict(result);
        if (conflict !== undefined) throw conflict;
        return result;
      },
      (error: unknown) => {
        this.#attemptEnded();
        throw error;
      },
    );
  }

  #attemptEnded(): void {
    this.#attempts--;
    if (this.#attempts === 0) this.#onIdle?.();
  }

  /** Nodes say who they are when they are first asked, so a twin may show up only with the vote. */
  #conflict(result: AttemptResult): LockError | undefined {
    const conflict = this.#parts.roster.conflict();
    if (conflict !== undefined && result.kind === "won") result.claim.fail();
    return conflict;
  }
}

function keysOf(claim: Won["claim"]): readonly string[] {
  return claim.keys.map(({ key }) => key);
}

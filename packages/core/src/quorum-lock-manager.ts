import { Acquirer } from "./acquirer.js";
import type { Won } from "./acquisition.js";
import { invalidArgument, isLockError } from "./errors.js";
import { HeldLeases } from "./held-leases.js";
import { canonicalKeys, requireKey } from "./keys/lock-key.js";
import type { Lease } from "./lease.js";
import { notHolderError, unavailableError } from "./lease-errors.js";
import type {
  AcquireOptions,
  CloseOptions,
  ListOptions,
  LockKeys,
  LockManager,
  LockState,
  LockStats,
  TryAcquireOptions,
  WithLockOptions,
} from "./lock-manager.js";
import { LockInspector } from "./lock-inspector.js";
import { Nesting } from "./nesting.js";
import type { LockNode } from "./node/lock-node.js";
import { requireToken, requireTtl } from "./option-checks.js";
import { requireOnLost } from "./option-checks.js";
import { type AskedOptions, resolveGrace, resolveLockOptions, type ResolvedOptions } from "./options.js";
import { releaseByToken } from "./quorum/release.js";
import { Roster } from "./quorum/roster.js";
import { takeOver } from "./quorum/take-over.js";
import { ReenteredLease } from "./reentered-lease.js";
import { RunningWork } from "./running-work.js";
import { extendChannel, publish, releaseChannel, traced } from "./telemetry.js";
import { WaitingRoom } from "./waiting/waiting-room.js";

/** The manager over a quorum of nodes. */
export class QuorumLockManager implements LockManager {
  readonly #options: ResolvedOptions;
  readonly #roster: Roster;
  readonly #leases: HeldLeases;
  readonly #room: WaitingRoom<Won>;
  readonly #acquirer: Acquirer;
  readonly #nesting = new Nesting();
  readonly #work: RunningWork;
  readonly #inspector: LockInspector;
  #closing: Promise<void> | undefined;

  constructor(nodes: readonly LockNode[], options: ResolvedOptions) {
    this.#options = options;
    this.#roster = new Roster(nodes, { ...options, ttlMs: options.lock.ttlMs });
    this.#room = new WaitingRoom({ ...options, roster: this.#roster });
    this.#leases = new HeldLeases(this.#roster, options, this.#room);
    this.#work = new RunningWork(options.clock);
    this.#inspector = new LockInspector({
      roster: this.#roster,
      nodeTimeoutMs: options.nodeTimeoutMs,
      waitersFor: (key) => this.#room.waitersFor(key),
    });
    this.#acquirer = new Acquirer({
      options,
      roster: this.#roster,
      leases: this.#leases,
      room: this.#room,
      nesting: this.#nesting,
    });
  }

  acquire(key: LockKeys, options?: AcquireOptions): Promise<Lease> {
    try {
      return this.#acquirer.acquire(canonicalKeys(key), resolveLockOptions(options, this.#options));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async tryAcquire(key: LockKeys, options?: TryAcquireOptions): Promise<Lease | null> {
    const resolved = { ...resolveLockOptions(options, this.#options), waitMs: 0 };
    return (await this.#acquirer.tryAcquire(canonicalKeys(key), resolved)) ?? null;
  }

  async withLock<T>(
    key: LockKeys,
    work: (lease: Lease) => Promise<T> | T,
    options?: AskedOptions & Pick<WithLockOptions, "onLost">,
  ): Promise<T> {
    const keys = canonicalKeys(key);
    if (typeof work !== "function")
      throw invalidArgument("work", "must be a function (lease) => result", keys);
    const resolved = resolveLockOptions(options, this.#options, ["onLost"]);
    const onLost = requireOnLost(options?.onLost);
    const lease = await this.#acquirer.acquire(keys, resolved, (granted) => this.#work.enter(granted));
    if (lease instanceof ReenteredLease) return work(lease);
    const result = await this.#work.run(lease, () => this.#nesting.run(lease, () => work(lease)));
    if (lease.wasLost && onLost === "throw") throw lease.lossWith(result);
    return result;
  }

  async release(key: LockKeys, token: string): Promise<boolean> {
    const keys = this.#open(key);
    requireToken(token);
    if (await this.#leases.find(keys, token)?.release()) return true;
    const lockKeys = this.#acquirer.lockKeys(keys);
    const { kind, votes } = await traced(
      releaseChannel,
      () => ({ keys, owner: undefined, fencingToken: undefined, heldMs: undefined }),
      () => releaseByToken(this.#roster, lockKeys, token, this.#options.lock.ttlMs),
    );
    if (kind === "unavailable") throw unavailableError(keys, "could not be released", votes);
    if (kind === "held")
      throw notHolderError(keys, "is held under another token, so this one can't release it", votes);
    return kind === "released";
  }

  async extend(key: LockKeys, token: string, ttlMs: number): Promise<Lease> {
    const keys = this.#open(key);
    requireToken(token);
    requireTtl(ttlMs, this.#options.driftFactor);
    const own = this.#leases.find(keys, token);
    if (own?.valid) {
      return own.extend(ttlMs).catch((error: unknown) => {
        if (!isLockError(error, "ERR_LOCK_LOST")) throw error;
        throw notHolderError(keys, "is not held by this token, so it can't be extended", error.votes);
      });
    }
    const { driftFactor, lockDelayMs, clock } = this.#options;
    const fenceTtlMs = this.#leases.fenceTtlFor(ttlMs);
    const request = {
      keys: this.#acquirer.lockKeys(keys),
      token,
      ttlMs,
      lockDelayMs,
      fenceTtlMs,
      driftFactor,
    };
    const result = await traced(
      extendChannel,
      () => ({ keys, owner: undefined, fencingToken: undefined, ttlMs, automatic: false }),
      () => takeOver(this.#roster, request, clock),
    );
    if (result.kind === "lost")
      throw notHolderError(keys, "is not held by this token, so it can't be extended", result.votes);
    if (result.kind === "unavailable") throw unavailableError(keys, "could not be extended", result.votes);
    this.#acquirer.requireOpen(keys);
    const { claim, fencingToken, acquiredAt, end } = result;
    return this.#leases.add({
      claim,
      fencingToken,
      acquiredAt,
      end,
      ttlMs,
      owner: undefined,
      autoExtend: false,
      minHoldMs: 0,
      maxHoldMs: Infinity,
    });
  }

  async inspect(key: string): Promise<LockState | null> {
    this.#open(requireKey("key", key));
    return this.#inspector.inspect(this.#acquirer.lockKey(key));
  }

  async list(options?: ListOptions): Promise<LockState[]> {
    this.#acquirer.requireOpen([]);
    return this.#inspector.list(options);
  }

  async forceRelease(key: LockKeys): Promise<boolean> {
    const keys = this.#open(key);
    const { kind, votes } = await releaseByToken(
      this.#roster,
      this.#acquirer.lockKeys(keys),
      null,
      this.#options.lock.ttlMs,
    );
    if (kind === "unavailable") throw unavailableError(keys, "could not be broken", votes);
    const wasHeld = kind === "released";
    publish.forceRelease(() => ({ keys, wasHeld }));
    return wasHeld;
  }

  currentLease(key?: string): Lease | undefined {
    return this.#nesting.innermost(key === undefined ? undefined : requireKey("key", key));
  }

  assertLocked(key: string): Lease {
    const lease = this.#nesting.innermost(requireKey("key", key));
    if (lease === undefined) {
      throw notHolderError(
        [key],
        "is not held by the code that runs here; call it inside withLock, @Locked or the middleware",
      );
    }
    if (!lease.valid) throw lease.lossWith(undefined);
    return lease;
  }

  stats(): LockStats {
    return {
      held: this.#leases.size,
      waiting: this.#room.size,
      ...this.#room.counts,
      overrun: this.#work.overrun,
      ...this.#leases.counts,
      ...this.#acquirer.counts,
      nodes: this.#roster.health().map((node, i) => ({ ...node, notices: this.#room.notices.standing(i) })),
    };
  }

  async close(options?: CloseOptions): Promise<void> {
    const graceMs = resolveGrace(options, this.#options);
    this.#closing ??= this.#close(graceMs);
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(graceMs: number): Promise<void> {
    const granting = this.#acquirer.close();
    const why = "its lock manager was closed";
    const leases = this.#leases.all().filter((lease) => !this.#work.has(lease));
    await Promise.all([granting, this.#work.idle(graceMs), ...leases.map((lease) => lease.revoke(why))]);
    await Promise.all(this.#leases.all().map((lease) => lease.revoke(why)));
    this.#leases.close();
    await this.#roster.close();
  }

  /** The keys of an operation that no closed manager carries out. */
  #open(key: LockKeys): readonly string[] {
    const keys = canonicalKeys(key);
    this.#acquirer.requireOpen(keys);
    return keys;
  }
}

/** Whether `locks` takes a lock as this package does, which needs no signal to be told that its caller has left. */
export function isOwn(locks: LockManager): locks is QuorumLockManager {
  // By the method: a program or its tests may have put their own in its place.
  return locks.withLock === QuorumLockManager.prototype.withLock;
}

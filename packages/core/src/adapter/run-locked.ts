import { type ClockTimer, systemClock } from "../clock.js";
import { LockError } from "../errors.js";
import { LazyAbort } from "../lazy-abort.js";
import type { Lease } from "../lease.js";
import type { LockKeys, LockManager, WithLockOptions } from "../lock-manager.js";
import { isOwn } from "../quorum-lock-manager.js";
import type { Exchange } from "./exchange.js";
import { throwIfLost, watchLoss } from "./lease-loss.js";
import { RequestLease } from "./request-lease.js";

/** What {@link runLocked} needs beside the keys. */
export interface RunLockedOptions {
  /** What the lock is asked for with. A loss is told by {@link answerLost}, so nobody else need hear of it. */
  readonly lock: Omit<WithLockOptions, "signal" | "onLost"> & { readonly onLost: "ignore" };
  /** For how long a handler keeps the lock after its client left, in milliseconds. Default: the lease's `ttlMs`. */
  readonly graceMs: number | undefined;
  /** Answers the client if the lease is lost while the handler is at work and nothing was sent yet. */
  readonly answerLost: (error: LockError) => void;
}

/**
 * Runs the handler of an HTTP request under a lock, and keeps the lock until the response has ended.
 *
 * The wait ends when the exchange is over, and `handle` is never called then. A client that leaves while the handler
 * is at work frees nothing: the lock stays until the handler ends its response, since another request would overlap
 * it otherwise, or until the grace is over.
 *
 * @param handle starts the handler, and gets the lease as the handler shall see it
 * @returns after the release
 * @throws LockError as `withLock`, `ERR_LOCK_ABORTED` if the exchange was over first; whatever `handle` throws
 */
export function runLocked(
  locks: LockManager,
  keys: LockKeys,
  exchange: Exchange,
  options: RunLockedOptions,
  handle: (lease: Lease) => void,
): Promise<void> {
  if (exchange.isOver) return Promise.reject(overBeforeGrant());
  const work = (lease: Lease): Promise<void> => {
    // Both can happen between the grant and this turn.
    if (exchange.isOver) throw overBeforeGrant();
    throwIfLost(lease);
    return untilEnded(lease, exchange, options, handle);
  };
  const { lock } = options;
  if (isOwn(locks)) return locks.withLock(keys, work, { ...lock, signal: exchange.patience });
  return locks.withLock(keys, work, { ...lock, signal: exchange.over });
}

function overBeforeGrant(): LockError {
  return new LockError("ERR_LOCK_ABORTED", "the request was over before its lock was granted");
}

function untilEnded(
  lease: Lease,
  exchange: Exchange,
  { graceMs, answerLost }: RunLockedOptions,
  handle: (lease: Lease) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const abort = new LazyAbort();
    const requestLease = new RequestLease(lease, abort);
    let grace: ClockTimer | undefined;
    const stop = (): void => {
      unwatchLoss();
      unwatch();
      grace?.cancel();
      exchange.leave(requestLease);
    };
    const end = (): void => {
      stop();
      resolve();
    };
    const unwatchLoss = watchLoss(lease, (loss) => {
      // The answer goes first: the signal may make the handler write something that says otherwise.
      if (exchange.canAnswer) answerLost(loss);
      abort.abort(loss);
    });
    const unwatch = exchange.watch((event) => {
      if (event === "ended") return end();
      grace ??= systemClock.setTimer(end, graceMs ?? lease.ttlMs);
      if (event === "left") abort.abort(exchange.patience.reason);
    });
    exchange.enter(requestLease);
    try {
      handle(requestLease);
    } catch (error) {
      stop();
      throw error;
    }
  });
}

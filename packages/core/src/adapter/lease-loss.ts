import type { LockError } from "../errors.js";
import { HeldLease } from "../held-lease.js";
import type { Lease } from "../lease.js";

/*
 * How a lease that is lost tells so. Our own does it without its signal, which costs much to make; a manager of the
 * program's own, as in its tests, may give nothing but a signal.
 */

/** @throws the loss, if there is one */
export function throwIfLost(lease: Lease): void {
  if (lease instanceof HeldLease) lease.throwIfLost();
  else lease.signal.throwIfAborted();
}

/**
 * Calls `onLost` when a lease is lost that was not lost yet.
 *
 * @returns stops it
 */
export function watchLoss(lease: Lease, onLost: (loss: LockError) => void): () => void {
  if (lease instanceof HeldLease) return lease.watchLoss(onLost);
  const { signal } = lease;
  const onAbort = (): void => onLost(signal.reason as LockError);
  signal.addEventListener("abort", onAbort);
  return () => signal.removeEventListener("abort", onAbort);
}

import { channel, tracingChannel } from "node:diagnostics_channel";
import type { LockError, NodeVote } from "./errors.js";

/*
 * Everything that this package says on `node:diagnostics_channel`; docs/telemetry.md describes it, and a test
 * holds the two together. Without subscribers nothing is built and nothing is published.
 */

/** Payload of the tracing channel `redlock-kit:acquire`; one per acquire, wait included. */
export interface AcquireEvent {
  readonly keys: readonly string[];
  readonly owner: string | undefined;
  readonly ttlMs: number;
  readonly waitMs: number;
}

/** Payload of the tracing channel `redlock-kit:extend`; one per round. */
export interface ExtendEvent {
  readonly keys: readonly string[];
  readonly owner: string | undefined;
  /** `undefined` while a lease is taken over by its token: the nodes tell it. */
  readonly fencingToken: number | undefined;
  readonly ttlMs: number;
  /** Whether the kit extended by itself. */
  readonly automatic: boolean;
}

/** Payload of the tracing channel `redlock-kit:release`; one per release. */
export interface ReleaseEvent {
  readonly keys: readonly string[];
  readonly owner: string | undefined;
  /** `undefined` for a lease of another process, which was released by its token. */
  readonly fencingToken: number | undefined;
  /** Milliseconds since it was acquired; `undefined` for a lease of another process. */
  readonly heldMs: number | undefined;
}

/** Payload of `redlock-kit:lost` and of `redlock-kit:at-risk`. */
export interface LeaseEvent {
  readonly keys: readonly string[];
  readonly owner: string | undefined;
  readonly fencingToken: number;
  /** Milliseconds for which the lease can still be proven; 0 for a lost one. */
  readonly remainingMs: number;
  /** Why, with `ERR_LOCK_LOST` for a lost one. `undefined` while only extensions have failed. */
  readonly error: LockError | undefined;
  /** What the nodes said last. */
  readonly votes: readonly NodeVote[];
}

/** Payload of `redlock-kit:contended`: an attempt found the lock held by somebody else. */
export interface ContendedEvent {
  readonly keys: readonly string[];
  readonly owner: string | undefined;
  /** How many attempts this acquire has made; 0 for one that takes its place behind other waiters of this process. */
  readonly attempt: number;
  /** Milliseconds after which the lock is free if nobody extends it. */
  readonly freeInMs: number;
}

/** Payload of `redlock-kit:waited`: an acquire that had to wait waits no more. */
export interface WaitedEvent {
  readonly keys: readonly string[];
  readonly owner: string | undefined;
  /** Milliseconds from the call of acquire. */
  readonly waitedMs: number;
  /** How many attempts were made for it; those behind the first waiter of a process make none. */
  readonly attempts: number;
  /** Whether it got the lock. */
  readonly granted: boolean;
}

/** Payload of `redlock-kit:force-release`: an operator broke a lock. */
export interface ForceReleaseEvent {
  readonly keys: readonly string[];
  readonly wasHeld: boolean;
}

/** Payload of `redlock-kit:node`: something changed about a node. */
export interface NodeEvent {
  readonly node: string;
  /**
   * `ready`: it can be asked and votes · `disconnected` · `silent`: it missed a deadline · `answering`: it is silent no more ·
   * `quarantined`: it restarted and does not vote yet · `admitted`: it votes again · `unfit`: it must not vote ·
   * `warning`: a hazard of its configuration.
   */
  readonly change:
    | "ready"
    | "disconnected"
    | "silent"
    | "answering"
    | "quarantined"
    | "admitted"
    | "unfit"
    | "warning";
  readonly reason: string | undefined;
}

export const acquireChannel = tracingChannel<unknown, AcquireEvent>("redlock-kit:acquire");
export const extendChannel = tracingChannel<unknown, ExtendEvent>("redlock-kit:extend");
export const releaseChannel = tracingChannel<unknown, ReleaseEvent>("redlock-kit:release");

const lost = channel("redlock-kit:lost");
const atRisk = channel("redlock-kit:at-risk");
const contended = channel("redlock-kit:contended");
const waited = channel("redlock-kit:waited");
const forceRelease = channel("redlock-kit:force-release");
const node = channel("redlock-kit:node");

/** Publishes what `event` builds, if anybody listens. */
export const publish = {
  lost: (event: () => LeaseEvent): void => void (lost.hasSubscribers && lost.publish(event())),
  atRisk: (event: () => LeaseEvent): void => void (atRisk.hasSubscribers && atRisk.publish(event())),
  contended: (event: () => ContendedEvent): void =>
    void (contended.hasSubscribers && contended.publish(event())),
  waited: (event: () => WaitedEvent): void => void (waited.hasSubscribers && waited.publish(event())),
  forceRelease: (event: () => ForceReleaseEvent): void =>
    void (forceRelease.hasSubscribers && forceRelease.publish(event())),
  node: (event: NodeEvent): void => void (node.hasSubscribers && node.publish(event)),
};

/** Runs `work`, traced on `on` if anybody listens. */
export function traced<Event extends object, T>(
  on: typeof acquireChannel | typeof extendChannel | typeof releaseChannel,
  event: () => Event,
  work: () => Promise<T>,
): Promise<T> {
  // Node 20 knows subscribers of a tracing channel only per event.
  const { start, end, asyncStart, asyncEnd, error } = on;
  const listened =
    start.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers;
  if (!listened) return work();
  return (on as ReturnType<typeof tracingChannel<unknown, object>>).tracePromise(work, event());
}

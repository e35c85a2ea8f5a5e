import { AsyncLocalStorage } from "node:async_hooks";
import { LockError, quoteKeys } from "./errors.js";
import type { HeldLease } from "./held-lease.js";

/** A lease that async code runs under, and the one around it, of whichever manager. */
interface Frame {
  readonly of: Nesting;
  /**
   * `undefined` when the code has ended. What it started may go on, and Node keeps the frame with it: a job that starts
   * itself again would otherwise drag all its ended leases along.
   */
  lease: HeldLease | undefined;
  readonly outer: Frame | undefined;
}

/** One for all managers: Node has every promise carry something for each storage that was ever run, for good. */
const storage = new AsyncLocalStorage<Frame>();

/**
 * Which leases of its manager the running async code is inside of. A lease that was released is nobody's surroundings any
 * more, so a task that was started inside and outlives it is not nested.
 */
export class Nesting {
  /** Runs `work` inside of `lease`. */
  async run<T>(lease: HeldLease, work: () => Promise<T> | T): Promise<T> {
    const frame: Frame = { of: this, lease, outer: this.#frame() };
    try {
      return await storage.run(frame, work);
    } finally {
      frame.lease = undefined;
    }
  }

  /** The innermost lease that is not released and, if `key` is given, covers it. */
  innermost(key?: string): HeldLease | undefined {
    for (const lease of this.#leases()) {
      if (key === undefined || lease.keys.includes(key)) return lease;
    }
    return undefined;
  }

  /**
   * The outer lease that covers all of `keys`, so that it can be entered again; `undefined` if none of them is
   * held here.
   *
   * @throws LockError `ERR_LOCK_NESTED` if an outer lease covers some of them, and none all
   */
  covering(keys: readonly string[]): HeldLease | undefined {
    if (storage.getStore() === undefined) return undefined;
    const held = keys.filter((key) => this.innermost(key) !== undefined);
    if (held.length === 0) return undefined;
    for (const lease of this.#leases()) {
      if (keys.every((key) => lease.keys.includes(key))) return lease;
    }
    throw nestedError(keys, held);
  }

  /** The innermost frame whose code has not ended. */
  #frame(): Frame | undefined {
    let frame = storage.getStore();
    while (frame !== undefined && frame.lease === undefined) frame = frame.outer;
    return frame;
  }

  /** The leases that were not released, from the innermost to the outermost. */
  *#leases(): Generator<HeldLease> {
    for (let frame = storage.getStore(); frame !== undefined; frame = frame.outer) {
      if (frame.of === this && frame.lease?.released === false) yield frame.lease;
    }
  }
}

/** `ERR_LOCK_NESTED`: waiting would be waiting for oneself. */
export function nestedError(keys: readonly string[], held: readonly string[]): LockError {
  return new LockError(
    "ERR_LOCK_NESTED",
    `Lock ${quoteKeys(held)} is already held by the code that asks for ${quoteKeys(keys)}, which would wait for itself. ` +
      'Pass the lease down, or set nested: "reenter" to go on under the same lease (it must cover all keys), or nested: "wait".',
    { keys },
  );
}

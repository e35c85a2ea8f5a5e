import type { LockError } from "../errors.js";
import { LazyAbort } from "../lazy-abort.js";
import type { Lease } from "../lease.js";

/**
 * What became of a request: `left`, the client is gone, and the handler may still be at work · `answered`, the client
 * got an answer in place of the handler's, which may still be at work · `ended`, the handler has done its part.
 */
export type ExchangeEvent = "left" | "answered" | "ended";

// On the request itself: an entry of a weak map for each request costs the collector more than the lock costs us.
const EXCHANGE = Symbol("redlock-kit.exchange");
/** Those of requests that take nothing new, for a program may seal its own. */
const ofSealed = new WeakMap<object, Exchange>();

interface Asking {
  [EXCHANGE]?: Exchange;
}

/** The exchange that a request has already; `undefined` without one. */
export function exchangeOf(request: object): Exchange | undefined {
  return (request as Asking)[EXCHANGE] ?? ofSealed.get(request);
}

/**
 * How one request and its response end, told apart as a lock needs it. There is one object per request, however many
 * locks it takes.
 */
export abstract class Exchange {
  /** By what the exchange is found. */
  readonly request: object;
  /**
   * Aborted, with an `ERR_LOCK_ABORTED` error, when there is nothing to wait for any more: the client has left or has
   * got an answer.
   */
  readonly patience = new LazyAbort();
  // Copied when they change: mostly there is one of each, for which sets would take much more room.
  #listeners: readonly ((event: ExchangeEvent) => void)[] = [];
  #leases: readonly Lease[] = [];

  protected constructor(request: object) {
    this.request = request;
    if (Object.isExtensible(request)) (request as Asking)[EXCHANGE] = this;
    else ofSealed.set(request, this);
  }

  /** {@link patience} for those who know signals alone. */
  get over(): AbortSignal {
    return this.patience.signal;
  }

  /** Whether {@link over} has come, or somebody has given an answer that is still on its way. */
  get isOver(): boolean {
    return this.patience.aborted;
  }

  /** The lease that the request entered last and has not left. */
  get innermostLease(): Lease | undefined {
    return this.#leases.at(-1);
  }

  /** Whether nothing was sent yet, so that an answer is still possible. */
  abstract get canAnswer(): boolean;

  /**
   * Tells `listener` what becomes of the request from now on. `ended` is the last it hears, and may never come after
   * `left` or `answered`, if the handler does not end its response.
   *
   * @returns stops it
   */
  watch(listener: (event: ExchangeEvent) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => void (this.#listeners = without(this.#listeners, listener));
  }

  /** Makes `lease` the innermost one. */
  enter(lease: Lease): void {
    this.#leases = [...this.#leases, lease];
  }

  /** Takes it away again, in whatever order several of them end. */
  leave(lease: Lease): void {
    this.#leases = without(this.#leases, lease);
  }

  /** Says that the handler will never run, so that other locks of the request don't wait for its end. */
  abstract abandon(): void;

  protected tell(event: ExchangeEvent, reason: LockError): void {
    this.patience.abort(reason);
    for (const listener of this.#listeners) {
      // One may have stopped another.
      if (this.#listeners.includes(listener)) listener(event);
    }
    if (event === "ended") this.#listeners = [];
  }
}

function without<T>(list: readonly T[], item: T): readonly T[] {
  return list.filter((other) => other !== item);
}

import type { LockError } from "../errors.js";
import { LazyAbort } from "./lazy-abort.js";

/**
 * What became of a request: `left`, the client is gone, and the handler may still be at work · `answered`, the client
 * got an answer in place of the handler's, which may still be at work · `ended`, the handler has done its part.
 */
export type ExchangeEvent = "left" | "answered" | "ended";

/** How one request and its response end, told apart as a lock needs it. */
export interface Exchange {
  /** By what the leases of the request are found. */
  readonly request: object;
  /**
   * Aborts, with an `ERR_LOCK_ABORTED` error, when there is nothing to wait for any more: the client has left or has
   * got an answer.
   */
  readonly over: AbortSignal;
  /** Whether {@link over} has come, or somebody has given an answer that is still on its way. */
  readonly isOver: boolean;
  /** Whether nothing was sent yet, so that an answer is still possible. */
  readonly canAnswer: boolean;
  /**
   * Tells `listener` what becomes of the request from now on. `ended` is the last it hears, and may never come after
   * `left` or `answered`, if the handler does not end its response.
   *
   * @returns stops it
   */
  watch(listener: (event: ExchangeEvent) => void): () => void;
  /** Says that the handler will never run, so that other locks of the request don't wait for its end. */
  abandon(): void;
}

/** Tells the listeners of one request; what an {@link Exchange} is made of. */
export class ExchangeEvents {
  readonly #over = new LazyAbort();
  readonly #listeners = new Set<(event: ExchangeEvent) => void>();

  get over(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#over.isAborted;
  }

  watch(listener: (event: ExchangeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(event: ExchangeEvent, reason: LockError): void {
    this.#over.abort(reason);
    for (const listener of this.#listeners) listener(event);
    if (event === "ended") this.#listeners.clear();
  }
}

/**
 * An abort controller that costs next to nothing as long as nobody asks for its signal: whoever belongs to this package
 * watches it by a plain function. Every request under a lock has several of them, and few handlers want a signal.
 */
export class LazyAbort {
  #controller: AbortController | undefined;
  /** Copied when they change: mostly there is one, for which a set would take much more room. */
  #watchers: readonly (() => void)[] = [];
  #reason: unknown;
  #aborted = false;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /**
   * Calls `onAbort` when it is aborted, before the listeners of its signal; not if it has been.
   *
   * @returns stops it
   */
  watch(onAbort: () => void): () => void {
    this.#watchers = [...this.#watchers, onAbort];
    return () => void (this.#watchers = this.#watchers.filter((other) => other !== onAbort));
  }

  /** Only the first time counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    for (const onAbort of this.#watchers) {
      // One may have stopped another.
      if (this.#watchers.includes(onAbort)) callAlone(onAbort);
    }
    this.#watchers = [];
    this.#controller?.abort(reason);
  }
}

/** What can be aborted, and tells so: a program's signal, or one of our own. */
export type AnyAbort = AbortSignal | LazyAbort;

/** As signals do it: what one listener throws is no matter of the others, nor of whoever aborts. */
function callAlone(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

import type { LazyAbort } from "../lazy-abort.js";
import type { Lease } from "../lease.js";

/**
 * A lease as the handler of a request sees it: the manager's own, with a signal that also knows of the request.
 * A wrapper, not a copy, so that what is asked later is answered by the lease itself.
 */
export class RequestLease implements Lease {
  readonly #lease: Lease;
  readonly #abort: LazyAbort;

  constructor(lease: Lease, abort: LazyAbort) {
    this.#lease = lease;
    this.#abort = abort;
  }

  get key(): string {
    return this.#lease.key;
  }

  get keys(): readonly string[] {
    return this.#lease.keys;
  }

  get token(): string {
    return this.#lease.token;
  }

  get fencingToken(): number {
    return this.#lease.fencingToken;
  }

  get ttlMs(): number {
    return this.#lease.ttlMs;
  }

  get owner(): string | undefined {
    return this.#lease.owner;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get valid(): boolean {
    return this.#lease.valid;
  }

  remainingMs(): number {
    return this.#lease.remainingMs();
  }

  async extend(ttlMs?: number): Promise<this> {
    await this.#lease.extend(ttlMs);
    return this;
  }

  release(): Promise<boolean> {
    return this.#lease.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]();
  }
}

import type { Lease } from "./lease.js";

/**
 * An outer lease that inner code entered again. It is the same lease in everything but its end: the
 * outermost holder releases it, so a release here says only that the inner code is done.
 */
export class ReenteredLease implements Lease {
  readonly #outer: Lease;

  constructor(outer: Lease) {
    this.#outer = outer;
  }

  get key(): string {
    return this.#outer.key;
  }

  get keys(): readonly string[] {
    return this.#outer.keys;
  }

  get token(): string {
    return this.#outer.token;
  }

  get fencingToken(): number {
    return this.#outer.fencingToken;
  }

  get ttlMs(): number {
    return this.#outer.ttlMs;
  }

  get owner(): string | undefined {
    return this.#outer.owner;
  }

  get valid(): boolean {
    return this.#outer.valid;
  }

  get signal(): AbortSignal {
    return this.#outer.signal;
  }

  remainingMs(): number {
    return this.#outer.remainingMs();
  }

  async extend(ttlMs?: number): Promise<Lease> {
    await this.#outer.extend(ttlMs);
    return this;
  }

  async release(): Promise<boolean> {
    return this.#outer.valid;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

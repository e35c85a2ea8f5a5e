/** A value and the monotonic time at which it expires. */
export interface Entry<T> {
  readonly value: T;
  readonly expiresAt: number;
}

/** The keys of a memory node, which all have a time to live. */
export class ExpiringMap<T> {
  readonly #entries = new Map<string, Entry<T>>();
  #sweeper = this.#entries.keys();

  /** How many there are, expired ones included that were not cleared yet. */
  get size(): number {
    return this.#entries.size;
  }

  /** What has not expired at monotonic time `now`; what has is gone. */
  get(key: string, now: number): Entry<T> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt > now) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  /** The keys, expired ones included that were not cleared yet. */
  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** Sets a value, which expires no earlier than the one before. */
  keep(key: string, value: T, expiresAt: number): void {
    const before = this.#entries.get(key)?.expiresAt ?? 0;
    this.#entries.set(key, { value, expiresAt: expiresAt > before ? expiresAt : before });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Looks at one entry in turn: what expired is cleared by the requests that come, a little by each. */
  sweep(now: number): void {
    if (this.#entries.size === 0) return;
    const { value: key } = this.#sweeper.next();
    if (key === undefined) this.#sweeper = this.#entries.keys();
    else this.get(key, now);
  }

  clear(): void {
    this.#entries.clear();
  }
}

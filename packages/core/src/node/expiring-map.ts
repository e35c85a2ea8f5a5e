/** A value and the monotonic time at which it expires. */
export interface Entry<T> {
  readonly value: T;
  readonly expiresAt: number;
}

/** What expired is cleared a few entries at a time, by the requests that come. */
const SWEEP = 2;

/** The keys of a memory node, which all have a time to live. */
export class ExpiringMap<T> {
  readonly #entries = new Map<string, Entry<T>>();

  /** How many there are, expired ones included that were not cleared yet. */
  get size(): number {
    return this.#entries.size;
  }

  /** As it was at the last {@link dropExpired}. */
  get(key: string): Entry<T> | undefined {
    return this.#entries.get(key);
  }

  /** Sets a value, which expires no earlier than the one before. */
  keep(key: string, value: T, expiresAt: number): void {
    const before = this.#entries.get(key);
    // Back to the end, since the sweep looks at what was touched longest ago.
    if (before !== undefined) this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt: Math.max(expiresAt, before?.expiresAt ?? 0) });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  dropExpired(key: string, now: number): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAt <= now && this.#entries.delete(key);
  }

  /** Looks at the entries that were touched longest ago. */
  sweep(now: number): void {
    let looks = SWEEP;
    for (const key of this.#entries.keys()) {
      if (looks-- === 0) return;
      this.dropExpired(key, now);
    }
  }

  clear(): void {
    this.#entries.clear();
  }
}

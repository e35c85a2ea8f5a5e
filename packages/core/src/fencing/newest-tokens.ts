interface Entry {
  readonly fencingToken: number;
  readonly expiresAt: number;
}

/** What expired is cleared a few entries at a time, by the calls that come. */
const SWEEP = 2;

/** The newest fencing token of each resource, forgotten `ttlMs` milliseconds after the last call for it. */
export class NewestTokens {
  readonly #ttlMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  /** How many resources are remembered, with those that expired and were not cleared yet. */
  get size(): number {
    return this.#entries.size;
  }

  /** Takes a token into account, and tells the newest of those that were seen, this one included. */
  advance(resource: string, fencingToken: number, now: number): number {
    const before = this.#entries.get(resource);
    const newest =
      before !== undefined && before.expiresAt > now
        ? Math.max(before.fencingToken, fencingToken)
        : fencingToken;
    // Set anew, so that the entries stand in the order in which they expire. A refused call prolongs too: whoever
    // makes it is awake and may try again.
    this.#entries.delete(resource);
    this.#entries.set(resource, { fencingToken: newest, expiresAt: now + this.#ttlMs });
    this.#sweep(now);
    return newest;
  }

  #sweep(now: number): void {
    let looks = SWEEP;
    for (const [resource, { expiresAt }] of this.#entries) {
      if (expiresAt > now || looks-- === 0) return;
      this.#entries.delete(resource);
    }
  }
}

/** What became of one buyer. */
export interface BuyerAnswer {
  /** From 1. */
  readonly buyer: number;
  readonly seatId: string;
  readonly outcome: "sold" | "taken" | "busy" | "failed" | "unavailable";
  /** Of the HTTP answer; 0 if there was none. */
  readonly status: number;
  /** From the request to its answer. */
  readonly waitMs: number;
  /** How long the lock took; `null` for who got none. */
  readonly lockWaitMs: number | null;
  readonly retryAfterS: number | null;
  /** The process that answered. */
  readonly servedBy: string | null;
}

export interface RushResult {
  readonly sold: number;
  readonly refused: number;
  /** Sales of seats that this rush had sold before. */
  readonly doubleSold: number;
  readonly waitMs: { readonly p50: number; readonly p99: number };
  /** The refused ones by what they were told. */
  readonly refusals: Readonly<Record<Exclude<BuyerAnswer["outcome"], "sold">, number>>;
  /** How often a lock went from one buyer to the next. */
  readonly handOffs: number;
  readonly elapsedMs: number;
  /** How many buyers each process answered. */
  readonly servers: Readonly<Record<string, number>>;
}

/** Counts what becomes of the buyers of one rush. */
export class RushTally {
  readonly #since = performance.now();
  readonly #waits: number[] = [];
  readonly #refusals = { taken: 0, busy: 0, failed: 0, unavailable: 0 };
  readonly #sales = new Map<string, number>();
  readonly #lockings = new Map<string, number>();
  readonly #servers: Record<string, number> = {};

  get elapsedMs(): number {
    return performance.now() - this.#since;
  }

  /** Returns whether the seat has been sold twice now. */
  add({ seatId, outcome, waitMs, lockWaitMs, servedBy }: BuyerAnswer): boolean {
    this.#waits.push(waitMs);
    if (lockWaitMs !== null) increment(this.#lockings, seatId);
    if (servedBy !== null) this.#servers[servedBy] = (this.#servers[servedBy] ?? 0) + 1;
    if (outcome === "sold") return increment(this.#sales, seatId) > 1;
    this.#refusals[outcome] += 1;
    return false;
  }

  result(): RushResult {
    const sold = sum(this.#sales.values());
    const waits = this.#waits.toSorted((a, b) => a - b);
    return {
      sold,
      refused: waits.length - sold,
      doubleSold: sold - this.#sales.size,
      waitMs: { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) },
      refusals: this.#refusals,
      handOffs: sum(this.#lockings.values()) - this.#lockings.size,
      elapsedMs: Math.round(this.elapsedMs),
      servers: this.#servers,
    };
  }
}

function increment(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** By nearest rank. */
function percentile(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0) * 10) / 10;
}

import { percentile } from "./percentile.js";
import type { BuyerAnswer, Outcome } from "./rush-answer.js";

/** How an answer is shown: a sale of a seat that was sold already is a kind of its own. */
export type Kind = "sold" | "double" | Exclude<Outcome, "sold">;

export interface WaitPoint {
  readonly waitMs: number;
  readonly kind: Kind;
}

/** Counts the answers of a rush as they come. */
export class RushTally {
  readonly counts: Record<Kind, number> = {
    sold: 0,
    double: 0,
    taken: 0,
    busy: 0,
    failed: 0,
    unavailable: 0,
  };
  readonly points: WaitPoint[] = [];
  readonly salesBySeat = new Map<string, number>();
  readonly servers = new Map<string, number>();
  #shortestRetryS: number | undefined;

  add(answer: BuyerAnswer): void {
    const kind = kindOf(answer);
    this.counts[kind] += 1;
    if (answer.servedBy !== null) increase(this.servers, answer.servedBy);
    if (answer.outcome === "sold") increase(this.salesBySeat, answer.seatId);
    if (answer.retryAfterS !== null) {
      this.#shortestRetryS = Math.min(this.#shortestRetryS ?? Infinity, answer.retryAfterS);
    }
    this.points.push({ waitMs: answer.waitMs, kind });
  }

  get answers(): number {
    return this.points.length;
  }

  get sold(): number {
    return this.counts.sold + this.counts.double;
  }

  get doubleSold(): number {
    return this.counts.double;
  }

  get refused(): number {
    return this.answers - this.sold;
  }

  /** The soonest that anybody was told to try again, in seconds. */
  get shortestRetryS(): number | undefined {
    return this.#shortestRetryS;
  }

  /** The waiting time that this share of the buyers did not exceed. */
  wait(share: number): number | undefined {
    return percentile(
      this.points.map(({ waitMs }) => waitMs),
      share,
    );
  }

  /** Seats that several people paid for, with the number of their sales. */
  seatsSoldTwice(): Map<string, number> {
    return new Map([...this.salesBySeat].filter(([, sales]) => sales > 1));
  }
}

function kindOf({ outcome, doubleSold }: BuyerAnswer): Kind {
  return outcome === "sold" && doubleSold ? "double" : outcome;
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export type Outcome = "sold" | "taken" | "busy" | "failed" | "unavailable";

/** What one buyer was told. */
export interface BuyerAnswer {
  readonly buyer: number;
  readonly seatId: string;
  readonly outcome: Outcome;
  readonly status: number;
  readonly waitMs: number;
  readonly lockWaitMs: number | null;
  readonly retryAfterS: number | null;
  readonly doubleSold: boolean;
  /** The process that answered; `null`: none did. */
  readonly servedBy: string | null;
}

/** The end of a rush, counted by the server. */
export interface RushResult {
  readonly sold: number;
  readonly refused: number;
  readonly doubleSold: number;
  readonly waitMs: { readonly p50: number; readonly p99: number };
  readonly handOffs: number;
  readonly elapsedMs: number;
}

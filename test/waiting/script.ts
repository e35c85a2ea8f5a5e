/** What happens in one step of a play, before a little time passes. */
export type Step =
  | {
      readonly kind: "acquire";
      readonly process: number;
      readonly keys: readonly string[];
      readonly waitMs: number;
      /** Aborted after so long. */
      readonly abortMs: number | undefined;
      readonly holdMs: number;
      readonly ttlMs: number;
      /** Crashes in place of giving it back: the lease runs out. */
      readonly crashes: boolean;
      /** Under a token of its own, which is asked for before it waits. */
      readonly adopts: boolean;
      readonly minHoldMs: number;
      readonly passMs: number;
    }
  | { readonly kind: Trouble; readonly process: number; readonly node: number; readonly passMs: number }
  /** One attempt, which minds nobody's turn. */
  | {
      readonly kind: "try";
      readonly process: number;
      readonly keys: readonly string[];
      readonly passMs: number;
    }
  | { readonly kind: "close"; readonly process: number; readonly passMs: number }
  /** Time passes in which nobody gets to run, or the wall clocks are set. */
  | { readonly kind: "freeze"; readonly ms: number; readonly passMs: number }
  | { readonly kind: "jump"; readonly ms: number; readonly passMs: number };

export const TROUBLES = [
  "deaf",
  "lose requests",
  "lose replies",
  "hold",
  "slow",
  "fail",
  "mend",
  "disconnect",
  "reconnect",
] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface Play {
  readonly nodes: number;
  readonly processes: number;
  readonly lockDelayMs: number;
  readonly steps: readonly Step[];
  readonly seed: number;
}

export const KEYS = ["a", "b", "c"];
export const NODE_TIMEOUT_MS = 50;
export const LONGEST_TTL_MS = 800;
export const LONGEST_DELAY_MS = 150;

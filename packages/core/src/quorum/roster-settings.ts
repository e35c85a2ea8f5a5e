import type { Clock } from "../clock.js";

/** What a roster needs to know. */
export interface RosterSettings {
  readonly clock: Clock;
  readonly nodeTimeoutMs: number;
  readonly keyPrefix: string;
  readonly ttlMs: number;
  readonly lockDelayMs: number;
  readonly restartQuarantineMs: number | undefined;
}

import { longestGapMs, recoveryMs } from "../history/availability-rules.js";
import { violationsOf } from "../history/check.js";
import type { History } from "../history/history.js";
import { exclusion, grantedOf } from "../history/lease-rules.js";
import type { Aim, Expectation } from "./fault.js";

/** What came out of one scene. */
export interface Outcome {
  /** The names of its faults. */
  readonly faults: readonly string[];
  readonly aim: Aim;
  readonly nodes: number;
  readonly expected: Expectation;
  readonly acquisitions: number;
  readonly longestGapMs: number;
  readonly recoveryMs: number;
  /** How often two had a lock at once, whether or not that was to be expected. */
  readonly overlaps: number;
  /** What broke a promise. */
  readonly violations: readonly string[];
}

export function outcomeOf(
  history: History,
  about: Pick<Outcome, "faults" | "aim" | "nodes" | "expected">,
): Outcome {
  return {
    ...about,
    acquisitions: grantedOf(history.acquisitions).length,
    longestGapMs: longestGapMs(history),
    recoveryMs: recoveryMs(history),
    overlaps: exclusion(history.acquisitions).length,
    violations: violationsOf(history, about.expected),
  };
}

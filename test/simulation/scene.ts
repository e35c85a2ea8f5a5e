import { Dice } from "./dice.js";
import type { ClientManners } from "./client.js";
import { LONGEST_WAY_MS, type Manners } from "./path.js";

/**
 * `quiet`: nothing goes wrong, but that messages take time and clocks run apart · `sound`: whatever may go wrong under the
 * assumptions of docs/guarantees.md · `wild`: clocks as no assumption allows them.
 */
export type Flavour = "quiet" | "sound" | "wild";

/** What can go wrong; what each is, faults.ts says. */
const FAULTS = [
  "stop",
  "suspend",
  "kill",
  "close",
  "set wall clock",
  "break",
  "stall",
  "lose",
  "double",
  "slow",
  "deafen",
  "isolate",
  "crash",
  "hang",
  "work slowly",
  "refuse",
] as const;
export type Fault = (typeof FAULTS)[number] | "clocks go wild";

/** One world, as its seed has it. */
export interface Scene {
  readonly seed: number;
  readonly flavour: Flavour;
  readonly nodes: number;
  readonly processes: number;
  /** How many in each process want locks. */
  readonly actors: number;
  /** For how long they do, and things go wrong. */
  readonly workMs: number;
  /** The longest lease. */
  readonly ttlMs: number;
  readonly nodeTimeoutMs: number;
  readonly lockDelayMs: number;
  readonly maxSkewMs: number;
  /**
   * How far wall clocks are off at the beginning, one way or the other. Where nodes forget, fencing tokens need clocks
   * that are apart by less than the time for which such a node stays out of the vote; and nodes must agree to within
   * `maxSkewMs` on what is the future.
   */
  readonly serverSkewMs: number;
  readonly processSkewMs: number;
  readonly restartQuarantineMs: number | undefined;
  readonly maxWaiters: number | undefined;
  /** How long a lock is held, about; three times as long is kept back at most after its release. */
  readonly holdMs: number;
  readonly network: Manners;
  readonly client: ClientManners;
  /** How often timers are late by more than a moment. */
  readonly busy: number;
  /** Whether servers forget nothing when they crash. */
  readonly durable: boolean;
  /** Whether the servers have only just been started for the first time. */
  readonly young: boolean;
  readonly faults: readonly Fault[];
  /** How long it takes for the next thing to go wrong, about. */
  readonly faultEveryMs: number;
  /**
   * Whether locks are asked for under tokens of the caller's, too. A release that arrives a second time, or after more than
   * the ttl, would end the token's next lease: see decision 3.
   */
  readonly ownTokens: boolean;
}

/** Clocks may run apart by 1 % (driftFactor): each is off by so much at most. */
export const MOST_DRIFT = 0.004;

/** Deals out everything that a seed decides about a world as a whole. */
export function sceneOf(seed: number): Scene {
  const dice = new Dice(`seed ${seed}`);
  const flavour = dice.pick<Flavour>(["quiet", "sound", "sound", "sound", "sound", "sound", "wild"]);
  const nodes = dice.pick([1, 2, 3, 3, 3, 4, 5]);
  const ttlMs = dice.pick([150, 300, 300, 600, 1_000]);
  const durable = dice.chance(0.3);
  const isQuiet = flavour === "quiet";
  const faults = faultsOf(flavour, durable, dice);
  const maxSkewMs = dice.pick([60_000, 60_000, 500]);
  const ordered = dice.chance(0.75);
  const ownTokens = !faults.includes("double") && dice.chance(0.6);
  const forgets = faults.includes("crash") && !durable;
  return {
    seed,
    flavour,
    nodes,
    processes: dice.pick([2, 2, 3, 4]),
    actors: dice.pick([1, 2, 2, 3]),
    workMs: dice.between(2, 6) * ttlMs,
    ttlMs,
    nodeTimeoutMs: dice.pick([20, 50, 100]),
    lockDelayMs: dice.pick([0, 0, 0, 40]),
    maxSkewMs,
    serverSkewMs: forgets ? ttlMs / 4 : isQuiet ? 100 : dice.pick([100, maxSkewMs / 3]),
    processSkewMs: forgets ? ttlMs / 4 : dice.pick([100, 100, 100_000]),
    restartQuarantineMs: dice.pick([undefined, undefined, ttlMs, 1.5 * ttlMs]),
    maxWaiters: dice.pick([undefined, undefined, undefined, 1]),
    holdMs: dice.pick([5, 20, 20, 60]),
    network: {
      leastMs: 0.1,
      moreMs: dice.pick([0.2, 0.5, 1, isQuiet ? 1 : 4]),
      mostMs: isQuiet ? ttlMs / 40 : ownTokens ? ttlMs / 3 : LONGEST_WAY_MS,
      ordered,
    },
    client: { resends: dice.chance(0.5), reopens: dice.chance(0.5) },
    busy: dice.pick([0.01, 0.1]),
    durable,
    young: !isQuiet && dice.chance(0.15),
    faults,
    faultEveryMs: dice.pick([40, 100, 200]),
    ownTokens,
  };
}

/** Some of all faults, each time others: what is always there hides what its absence would bring out. */
function faultsOf(flavour: Flavour, durable: boolean, dice: Dice): Fault[] {
  if (flavour === "quiet") return [];
  const share = dice.pick([0.15, 0.3, 0.6]);
  const faults: Fault[] = FAULTS.filter(() => dice.chance(share));
  if (flavour === "wild")
    return ["clocks go wild", ...faults.filter((fault) => durable || fault !== "crash")];
  // A wall clock that is set back hides for how long the machine was suspended, and makes tokens smaller where nodes forget.
  const staysRight = faults.includes("suspend") || (faults.includes("crash") && !durable);
  return staysRight ? faults.filter((fault) => fault !== "set wall clock") : faults;
}

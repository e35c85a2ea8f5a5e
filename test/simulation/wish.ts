import { type AcquireOptions, fixedDelay } from "@redlock-kit/core";
import type { Dice } from "./dice.js";
import type { Machine } from "./machine.js";
import type { Scene } from "./scene.js";

/** One key is hot. */
const KEYS: readonly (readonly string[])[] = [
  ["a"],
  ["a"],
  ["a"],
  ["a"],
  ["b"],
  ["b"],
  ["a", "b"],
  ["b", "c"],
];
export const ALL_KEYS = ["a", "b", "c"];

/** A lock that somebody wants. */
export interface Wish {
  readonly keys: readonly string[];
  readonly options: AcquireOptions;
  /** How long the one who wants it waits for it at most. */
  readonly patienceMs: number;
}

/** @param token the beginning of a token of the caller's own: one is for one set of keys, or a release under it would take another lease's */
export function wishOf(dice: Dice, scene: Scene, machine: Machine, token: string): Wish {
  const keys = dice.pick(KEYS);
  const waitMs = dice.chance(0.1) ? 0 : dice.chance(0.4) ? Infinity : dice.around(scene.ttlMs);
  const abortMs = dice.chance(0.15) ? dice.between(0, scene.ttlMs) : Infinity;
  const options: AcquireOptions = {
    waitMs,
    ttlMs: ttlOf(dice, scene),
    autoExtend: dice.chance(0.5),
    ...(dice.chance(0.1) && { minHoldMs: dice.below(3 * scene.holdMs) }),
    ...(dice.chance(0.1) && { maxHoldMs: Math.ceil(dice.around(scene.ttlMs)) }),
    ...(dice.chance(0.1) && { retry: fixedDelay(dice.between(1, 50)) }),
    ...(scene.ownTokens && dice.chance(0.3) && { token: `${token}-${keys.join("")}` }),
    ...(abortMs < Infinity && { signal: abortAfter(machine, abortMs) }),
  };
  return { keys, options, patienceMs: Math.min(waitMs, abortMs) };
}

/** A lease time: the longest, or a shorter one. */
export function ttlOf(dice: Dice, { ttlMs }: Scene): number {
  return dice.chance(0.5) ? ttlMs : Math.ceil(dice.between(ttlMs / 3, ttlMs));
}

function abortAfter(machine: Machine, ms: number): AbortSignal {
  const aborting = new AbortController();
  machine.setTimer(() => aborting.abort(), ms);
  return aborting.signal;
}

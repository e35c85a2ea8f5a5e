import type { FaultyNode, ManualClock } from "@redlock-kit/core/testing";

/** A repeatable source of chance: numbers in [0, 1). */
export function chance(seed: number): () => number {
  // Neighbouring seeds begin alike, so a few turns go first.
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let turn = 0; turn < 3; turn++) next();
  return next;
}

/** Settles when so much time of a clock has passed. */
export function sleep(clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, ms));
}

/** Connections on which everything takes up to `mostMs`, each time anew, but arrives in the order in which it left. */
export function slowDown(
  connections: readonly FaultyNode[],
  clock: ManualClock,
  random: () => number,
  mostMs: number,
): void {
  for (const { faults } of connections) {
    faults.delay("requests", inOrder(clock, random, mostMs));
    faults.delay("replies", inOrder(clock, random, mostMs));
    // Notices come over a connection of their own.
    faults.delay("replies", inOrder(clock, random, mostMs), "notice");
  }
}

function inOrder(clock: ManualClock, random: () => number, mostMs: number): () => number {
  let last = 0;
  return () => {
    const now = clock.monotonic();
    // Never at the same time, or rounding could change the order after all.
    last = Math.max(last + 1 / 64, now + random() * mostMs);
    return last - now;
  };
}

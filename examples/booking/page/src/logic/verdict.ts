import type { RushOrder } from "./rush-order.js";

/** What a rush came to. */
export interface Figures {
  readonly sold: number;
  readonly refused: number;
  readonly doubleSold: number;
}

/** What will happen, in one sentence. */
export function forecast({ seatId, buyers, lock }: RushOrder, seatCount: number): string {
  if (seatId === undefined && buyers <= seatCount) {
    return `The buyers spread over the hall, which has a seat for each of them. Send more than ${seatCount} to see a difference.`;
  }
  const target = seatId ?? `the ${seatCount} seats`;
  const crowd = `${buyers} ${buyers === 1 ? "buyer wants" : "buyers want"} ${target} at the same moment`;
  return lock
    ? `${crowd}. Under a lock they take turns: each seat is sold once, and everyone else is told no.`
    : `${crowd}. Without a lock whoever finds a seat free pays for it, and it is sold again and again.`;
}

/** What has happened, in one sentence. */
export function verdict({ sold, refused, doubleSold }: Figures, { seatId }: RushOrder): string {
  if (doubleSold > 0) {
    const people = doubleSold === 1 ? "One person paid" : `${doubleSold} people paid`;
    return seatId
      ? `${seatId} was sold ${sold} times. ${people} for a seat that is somebody else's.`
      : `${people} for a seat that is somebody else's.`;
  }
  const others = refused === 0 ? "" : refused === 1 ? " One was refused." : ` ${refused} were refused.`;
  if (sold === 0) return `Nothing was sold.${others}`;
  if (seatId) return `${seatId} was sold once.${others}`;
  return `${sold} ${sold === 1 ? "seat was" : "seats were"} sold, each of them once.${others}`;
}

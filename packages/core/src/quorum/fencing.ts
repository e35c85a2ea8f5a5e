import { majorityOf } from "./majority.js";
import type { Instant } from "./validity.js";

/** Fencing tokens stay below this, so that every one, and every one plus one, is a safe integer. */
export const FENCE_LIMIT = 2 ** 53 - 2 ** 20;

/** 2020-01-01T00:00:00Z, where the clock part of fencing tokens begins. */
export const FENCE_EPOCH_MS = 1_577_836_800_000;

/** Tokens per millisecond: the low 12 bits are random, so that clients rarely propose the same. */
export const FENCE_STEP = 4096;

/**
 * What a node does to the counter `c` of a free key when `proposal` arrives. The counter grows with every
 * grant, whatever is proposed: that alone orders the leases of one node.
 *
 * @param floor the least that a grant answers; see {@link fenceFloor}
 */
export function nextFence(c: number, proposal: number, floor: number): number {
  return Math.max(proposal, c + 1, floor);
}

/**
 * The least that a grant answers. The node can have forgotten a counter, and the client's clock can be behind; and a
 * counter that it knows can have begun again while it was out of the vote. Half of the lease time is left to the client, so
 * that none whose clock is about right meets nodes that answer differently. A node that restarted is out of the vote for
 * longer than that.
 */
export function fenceFloor(nodeTimeMs: number, lifeMs: number): number {
  return (nodeTimeMs - Math.floor(lifeMs / 2) - FENCE_EPOCH_MS) * FENCE_STEP;
}

/**
 * For how many milliseconds longer than others a node remembers a counter that is ahead of its own clock: by as much as
 * that, since proposals may stay below it for so long. Another node's clock may have been ahead when it was granted.
 */
export function leadOf(fence: number, nodeTimeMs: number): number {
  return Math.max(0, Math.floor(fence / FENCE_STEP) + FENCE_EPOCH_MS - nodeTimeMs);
}

/** Whether the clock part of a proposal or counter is beyond a wall time. */
export function isAhead(fence: number, wallMs: number): boolean {
  return fence > (wallMs - FENCE_EPOCH_MS) * FENCE_STEP;
}

/** The counter of a key that a node sets for a lease whose fencing token is `fence`, without having granted it: a repair. */
export function repairedFence(c: number, fence: number): number {
  // A larger one is another lease's, and what is ours must be above it.
  return fence >= c ? fence : c + 1;
}

/**
 * The fencing token on which `granted`, the counters that at least a quorum of `n` nodes answered, agree,
 * or which of them to have confirmed.
 *
 * Why one round is enough when a quorum answered the same value v: each of those nodes had its counter at v
 * while we owned it. Any other acquisition shares one of these nodes with us; there it comes before ours, and
 * then its counter was below v, or after, and then it will be above. Otherwise the largest value T must be
 * made true of a quorum first, or a later owner could be granted a value between ours and T.
 */
export function decideFence(n: number, granted: readonly number[]): { fence: number; agreed: boolean } {
  const quorum = majorityOf(n);
  let largest = 0;
  for (const value of granted) {
    let same = 0;
    for (const other of granted) if (other === value) same++;
    if (same >= quorum) return { fence: value, agreed: true };
    if (value > largest) largest = value;
  }
  return { fence: largest, agreed: false };
}

/** Whether a node accepts that `fence` becomes the fencing token: it must be the owner's, and never lower the counter. */
export function acceptsConfirm(ownsAllKeys: boolean, c: number, fence: number): boolean {
  return ownsAllKeys && c <= fence;
}

/**
 * The client's hybrid logical clock: proposals follow the wall clock, so that they stay ordered even when
 * nodes have lost their counters, and never repeat in this process.
 * Source: Kulkarni et al., "Logical Physical Clocks" (2014).
 */
export class FenceClock {
  #last = 0;
  /** What the nodes' clocks said when this machine's was found to be ahead of them. */
  #limit: Instant | undefined;

  /** A proposal, larger than everything proposed or seen before, unless {@link correct} was called. */
  propose(now: Instant, random: number): number {
    const limit = this.#limit && this.#limit.wall + now.monotonic - this.#limit.monotonic;
    const wallMs = Math.min(now.wall, limit ?? Infinity);
    const byClock = (wallMs - FENCE_EPOCH_MS) * FENCE_STEP + Math.floor(random * FENCE_STEP);
    this.#last = Math.min(Math.max(this.#last + 1, Math.floor(byClock)), FENCE_LIMIT - 1);
    return this.#last;
  }

  /**
   * Never propose less than a counter that was seen.
   *
   * @param latestMs wall time up to which counters are believed: one that a node with a wrong clock began with must not
   * make proposals that all others refuse
   */
  observe(fence: number, latestMs: number): void {
    if (fence <= this.#last || fence >= FENCE_LIMIT) return;
    if (!isAhead(fence, latestMs)) this.#last = fence;
  }

  /** Never be ahead of the nodes' time, which is `nodeTimeMs` now; until this machine's clock is put right. */
  correct(nodeTimeMs: number, monotonic: number): void {
    this.#limit = { wall: nodeTimeMs, monotonic };
    this.#last = 0;
  }
}

/**
 * To which of the nodes' times a client should set back its proposals so that a quorum accepts them:
 * the latest one that does. `accepting` nodes had no objection; `undefined` if they are a quorum.
 */
export function correctedTime(
  n: number,
  accepting: number,
  skewedTimesMs: readonly number[],
): number | undefined {
  if (accepting >= majorityOf(n)) return undefined;
  const latestFirst = [...skewedTimesMs].sort((a, b) => b - a);
  return latestFirst[Math.max(0, majorityOf(n) - accepting - 1)];
}

import type { LockNode } from "@redlock-kit/core";
import * as fc from "fast-check";
import { expect } from "vitest";
import { lockKeyOf } from "../../packages/core/src/keys/lock-key.js";
import { FENCE_EPOCH_MS, FENCE_STEP } from "../../packages/core/src/quorum/fencing.js";

const MINUTE = 60_000;

/** One request to a node, as a sentence for the report of a difference, and how it is put. */
export interface Step {
  readonly name: string;
  readonly put: (node: LockNode) => Promise<unknown>;
}

/*
 * Durations are minutes apart and replies compared to some seconds, so that the real time that passes between two
 * nodes changes nothing.
 */
const keys = fc
  .constantFrom(["a"], ["b"], ["{t}a"], ["a", "b"], ["b", "c"], ["a", "b", "c"])
  .map((names) => names.map((name) => lockKeyOf("lock:", name)));
const token = fc.constantFrom("t1", "t2", "t3");
const ttlMs = fc.constantFrom(2 * MINUTE, 4 * MINUTE, 6 * MINUTE);
const fenceTtlMs = fc.constantFrom(10 * MINUTE, 60 * MINUTE);
const lockDelayMs = fc.constantFrom(0, 0, MINUTE);
/** Around the time of the nodes, near enough for counters to begin with, and too far ahead of it; many collide. */
const now = (Date.now() - FENCE_EPOCH_MS) * FENCE_STEP;
const fence = fc
  .tuple(fc.constantFrom(now, now + 5, now + 10 * MINUTE * FENCE_STEP), fc.nat({ max: 3 }))
  .map(([base, more]) => base + more);
/** Of leases that are extended, there are also such as no grant would give now. */
const oldFence = fc.oneof(fence, fc.constantFrom(1, 5, now - 60 * MINUTE * FENCE_STEP));
/** Nobody hears notices for p3, who has crashed. */
const process = fc.constantFrom("p1", "p2", "p3");
export const LISTENING = ["p1", "p2"];
const place = fc.option(
  fc.record({ process, ticket: fc.option(fc.nat({ max: 9 }), { nil: undefined, freq: 2 }) }),
  { nil: undefined, freq: 3 },
);

function step<R>(
  name: string,
  request: fc.Arbitrary<R>,
  put: (node: LockNode, request: R) => Promise<unknown>,
) {
  return request.map(
    (given): Step => ({ name: `${name} ${JSON.stringify(given)}`, put: (node) => put(node, given) }),
  );
}

const anyStep = fc.oneof(
  {
    arbitrary: step(
      "grant",
      fc.record({
        keys,
        token,
        ttlMs,
        lockDelayMs,
        fenceTtlMs,
        proposal: fence,
        maxSkewMs: fc.constant(MINUTE),
        place,
      }),
      (node, request) => node.grant(request),
    ),
    weight: 4,
  },
  step("confirm", fc.record({ keys, token, fence: oldFence, fenceTtlMs }), (node, request) =>
    node.confirm(request),
  ),
  step(
    "extend",
    fc.record({
      keys,
      token,
      ttlMs,
      lockDelayMs,
      fenceTtlMs,
      fence: fc.oneof(fc.constant(0), oldFence),
      repair: fc.boolean(),
    }),
    (node, request) => node.extend(request),
  ),
  {
    arbitrary: step(
      "release",
      fc.record({
        keys,
        token: fc.oneof({ arbitrary: token, weight: 9 }, fc.constant(null)),
        keepMs: fc.constantFrom(0, 0, 0, MINUTE),
        lockDelayMs: fc.constantFrom(0, 0, MINUTE, 5 * MINUTE),
        quiet: fc.constantFrom(undefined, undefined, true, false),
      }),
      (node, request) => node.release(request),
    ),
    weight: 2,
  },
  step(
    "withdraw",
    fc.record({ keys, process }),
    async (node, request) => (await node.withdraw?.(request)) ?? null,
  ),
  step(
    "announce",
    fc.record({ ttlMs, lifeMs: fenceTtlMs }),
    async (node, { ttlMs, lifeMs }) => (await node.announce?.("lock:record", ttlMs, lifeMs)) ?? null,
  ),
  step(
    "inspect",
    keys.map(([first]) => first ?? lockKeyOf("lock:", "a")),
    (node, key) => node.inspect(key),
  ),
);

/** Sequences in which requests meet what others have left. */
export const steps = fc.array(anyStep, { minLength: 6, maxLength: 20 });

/** What every sequence ends with, to see what it has left. */
export const EVERY_KEY = ["a", "b", "c", "{t}a"].map(
  (name): Step => ({ name: `finally ${name}`, put: (node) => node.inspect(lockKeyOf("lock:", name)) }),
);

/** Times become such that compare as equal when they are seconds apart. */
export function comparable(reply: unknown): unknown {
  if (typeof reply !== "object" || reply === null) return reply;
  return Object.fromEntries(
    Object.entries(reply).map(([name, value]) => [
      name,
      name.endsWith("Ms")
        ? expect.toSatisfy((other: number) => other === value || Math.abs(other - value) < MINUTE / 2)
        : value,
    ]),
  );
}

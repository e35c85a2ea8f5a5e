import { memoryNode } from "@redlock-kit/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptsConfirm, nextFence } from "../../packages/core/src/quorum/fencing.js";
import {
  type Acquisition,
  type FencingNode,
  type Protocol,
  protocol,
  Simulation,
} from "./fencing-simulation.js";

const schedules = fc.record({
  nodes: fc.constantFrom(1, 2, 3, 3, 3, 3, 4, 5, 7),
  contenders: fc.integer({ min: 2, max: 8 }),
  dice: fc.array(fc.nat({ max: 999 }), { minLength: 500, maxLength: 500 }),
});

/** Which promise of fencing tokens the acquisitions break, if any. */
function violation(acquisitions: readonly Acquisition[]): string | undefined {
  for (const [i, a] of acquisitions.entries()) {
    for (const b of acquisitions.slice(i + 1)) {
      if (a.fence === b.fence) return `${a.name} and ${b.name} both have ${a.fence}`;
      const [less, more] = a.fence < b.fence ? [a, b] : [b, a];
      if (more.completedAt <= less.startedAt) return `${less.name} began after ${more.name} and has less`;
      for (const [node, at] of less.vouched) {
        const other = more.vouched.get(node);
        if (other !== undefined && other <= at) return `on node ${node} ${more.name} was before ${less.name}`;
      }
    }
  }
  return undefined;
}

function fencingHolds(variant: Protocol) {
  return fc.asyncProperty(schedules, async (schedule) => {
    const simulation = new Simulation(schedule, variant);
    await simulation.run();
    expect(violation(simulation.completed)).toBeUndefined();
  });
}

/** The memory node with a counter of our own, so that its rules can be broken. */
function counting(rules: { next: typeof nextFence; accepts: typeof acceptsConfirm }): Protocol["node"] {
  return (clock): FencingNode => {
    const node = memoryNode({ clock });
    let counter = 0;
    return {
      release: (request) => node.release(request),
      async grant(request) {
        const reply = await node.grant(request);
        if (reply.kind !== "granted") return reply;
        if (reply.fresh) counter = rules.next(counter, request.proposal, 0);
        return { ...reply, fence: counter };
      },
      async confirm(request) {
        const [key] = request.keys;
        const owns = key !== undefined && (await node.inspect(key)).token === request.token;
        if (!rules.accepts(owns, counter, request.fence)) return false;
        counter = request.fence;
        return true;
      },
    };
  };
}

describe("fencing tokens over independent nodes", () => {
  test("are unique and grow in the order of the acquisitions, whatever is lost, late, repeated or expired", async () => {
    await fc.assert(fencingHolds(protocol), { numRuns: 3_000 });
  });

  test("are still so with the counter of this test, whose rules the tests below break", async () => {
    const node = counting({ next: nextFence, accepts: acceptsConfirm });
    await fc.assert(fencingHolds({ ...protocol, node }), { numRuns: 1_000 });
  });

  test("are told to acquisitions at all, by one round and by two", async () => {
    const rounds = { one: 0, two: 0 };
    const counted: Protocol = {
      ...protocol,
      decide: (n, granted) => {
        const decision = protocol.decide(n, granted);
        rounds[decision.agreed ? "one" : "two"]++;
        return decision;
      },
    };
    let completed = 0;
    for (const schedule of fc.sample(schedules, { numRuns: 300, seed: 1 })) {
      const simulation = new Simulation(schedule, counted);
      await simulation.run();
      completed += simulation.completed.length;
    }
    expect(completed).toBeGreaterThan(100);
    expect(rounds.one).toBeGreaterThan(50);
    expect(rounds.two).toBeGreaterThan(50);
  });
});

describe("a simpler protocol is wrong, and this simulation shows it:", () => {
  const wrong: [string, Protocol][] = [
    [
      "the largest granted value without a second round",
      { ...protocol, decide: (_n, granted) => ({ fence: Math.max(...granted), agreed: true }) },
    ],
    [
      "a second round that sets counters back",
      { ...protocol, node: counting({ next: nextFence, accepts: (owns) => owns }) },
    ],
    [
      "a second round that does not ask who owns the key",
      { ...protocol, node: counting({ next: nextFence, accepts: (_owns, c, fence) => c <= fence }) },
    ],
    [
      "counters that follow the proposals alone",
      { ...protocol, node: counting({ next: (_c, proposal) => proposal, accepts: acceptsConfirm }) },
    ],
    [
      "counters that stand still when a proposal is not above them",
      {
        ...protocol,
        node: counting({ next: (c, proposal) => Math.max(c, proposal), accepts: acceptsConfirm }),
      },
    ],
  ];

  test.each(wrong)("%s", async (_name, variant) => {
    const result = await fc.check(fencingHolds(variant), { numRuns: 20_000, seed: 7, endOnFailure: true });
    expect(String(result.errorInstance)).toMatch(/both have|has less|was before/);
  });
});

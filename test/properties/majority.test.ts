import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  freeOnQuorumMs,
  type GrantCount,
  type GrantVerdict,
  judgeGrants,
  majorityOf,
} from "../../packages/core/src/quorum/majority.js";

const nodes = fc.integer({ min: 1, max: 9 });
const answer = fc.constantFrom("granted", "held by A", "held by B", "held by C", "unknown");
const answers = nodes.chain((n) => fc.array(answer, { minLength: n, maxLength: n }));

function countOf(known: readonly string[], pending: number): GrantCount {
  const count = (answer: string) => known.filter((other) => other === answer).length;
  const held = ["held by A", "held by B", "held by C"].map(count);
  return {
    granted: count("granted"),
    refused: held.reduce((sum, more) => sum + more),
    heldByOne: Math.max(...held),
    pending,
  };
}

function verdictOf(all: readonly string[], heard: number): GrantVerdict | undefined {
  return judgeGrants(all.length, countOf(all.slice(0, heard), all.length - heard));
}

/** The verdict over complete answers, by its definition. */
function complete(all: readonly string[]): GrantVerdict {
  const { granted, refused, heldByOne } = countOf(all, 0);
  const quorum = majorityOf(all.length);
  if (granted >= quorum) return "won";
  if (heldByOne >= quorum) return "held";
  return granted + refused >= quorum ? "split" : "unavailable";
}

/** Every way in which `pending` nodes can answer, but for their order. */
function completions(
  pending: number,
  kinds = ["granted", "held by A", "held by B", "held by C", "unknown"],
): string[][] {
  const [kind, ...others] = kinds;
  if (kind === undefined) return pending === 0 ? [[]] : [];
  return Array.from({ length: pending + 1 }, (_, n) =>
    completions(pending - n, others).map((rest) => [...Array<string>(n).fill(kind), ...rest]),
  ).flat();
}

describe("a quorum", () => {
  test("shares a node with any other quorum, and is the smallest set that does", () => {
    fc.assert(
      fc.property(nodes, (n) => {
        const quorum = majorityOf(n);
        expect(2 * quorum).toBeGreaterThan(n);
        expect(2 * (quorum - 1)).toBeLessThanOrEqual(n);
      }),
    );
  });
});

describe("the verdict of a vote", () => {
  test("is there when the last answer is, so that every attempt settles", () => {
    fc.assert(
      fc.property(answers, (all) => {
        expect(verdictOf(all, all.length)).toBe(complete(all));
      }),
    );
  });

  test("once given is the verdict over complete answers, whatever the order of the answers", () => {
    fc.assert(
      fc.property(answers, (all) => {
        for (let heard = 0; heard <= all.length; heard++) {
          expect([undefined, complete(all)]).toContain(verdictOf(all, heard));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("is given as soon as no outstanding answer can change it", () => {
    fc.assert(
      fc.property(answers, fc.nat({ max: 9 }), (all, heard) => {
        fc.pre(heard <= all.length);
        const possible = new Set<GrantVerdict>();
        for (const rest of completions(all.length - heard))
          possible.add(complete([...all.slice(0, heard), ...rest]));
        expect(verdictOf(all, heard)).toBe(possible.size === 1 ? [...possible][0] : undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is never won by two contenders whose grants a node gives only once", () => {
    const votes = nodes.chain((n) => fc.array(fc.nat({ max: 2 }), { minLength: n, maxLength: n }));
    fc.assert(
      fc.property(votes, (owners) => {
        const winners = [0, 1, 2].filter((me) => {
          const all = owners.map((owner) => (owner === me ? "granted" : "held by A"));
          return verdictOf(all, all.length) === "won";
        });
        expect(winners.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("the moment when a lock is free on a quorum", () => {
  const remaining = nodes.chain((n) =>
    fc.array(fc.oneof(fc.nat({ max: 50 }), fc.constant(Number.POSITIVE_INFINITY)), {
      minLength: n,
      maxLength: n,
    }),
  );

  test("is the earliest at which a quorum of the nodes is free", () => {
    fc.assert(
      fc.property(remaining, (times) => {
        const freeAt = (moment: number) => times.filter((time) => time <= moment).length;
        const moment = freeOnQuorumMs(times.length, times);
        expect(freeAt(moment)).toBeGreaterThanOrEqual(majorityOf(times.length));
        if (moment > 0 && moment < Number.POSITIVE_INFINITY) {
          expect(freeAt(moment - 0.5)).toBeLessThan(majorityOf(times.length));
        }
      }),
    );
  });

  test("does not depend on the order of the nodes", () => {
    fc.assert(
      fc.property(
        remaining.chain((times) =>
          fc.tuple(fc.constant(times), fc.shuffledSubarray(times, { minLength: times.length })),
        ),
        ([times, shuffled]) => {
          expect(freeOnQuorumMs(times.length, shuffled)).toBe(freeOnQuorumMs(times.length, times));
        },
      ),
    );
  });
});

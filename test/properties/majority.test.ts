import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  freeOnQuorumMs,
  type GrantVerdict,
  judgeGrants,
  majorityOf,
} from "../../packages/core/src/quorum/majority.js";

const nodes = fc.integer({ min: 1, max: 9 });
const answers = nodes.chain((n) =>
  fc.array(fc.constantFrom("granted", "held", "unknown"), { minLength: n, maxLength: n }),
);

function verdictOf(all: readonly string[], heard: number): GrantVerdict | undefined {
  const known = all.slice(0, heard);
  const count = (answer: string) => known.filter((other) => other === answer).length;
  return judgeGrants(all.length, {
    granted: count("granted"),
    held: count("held"),
    pending: all.length - heard,
  });
}

/** The verdict over complete answers, by its definition. */
function complete(all: readonly string[]): GrantVerdict {
  const share = (...wanted: string[]) =>
    all.filter((answer) => wanted.includes(answer)).length > all.length / 2;
  if (share("granted")) return "won";
  if (share("held")) return "held";
  return share("granted", "held") ? "split" : "unavailable";
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
        const pending = all.length - heard;
        const possible = new Set<GrantVerdict>();
        for (let granted = 0; granted <= pending; granted++) {
          for (let held = 0; held <= pending - granted; held++) {
            const rest = [
              ...Array(granted).fill("granted"),
              ...Array(held).fill("held"),
              ...Array(pending - granted - held).fill("unknown"),
            ];
            possible.add(complete([...all.slice(0, heard), ...rest]));
          }
        }
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
          const granted = owners.filter((owner) => owner === me).length;
          return judgeGrants(owners.length, { granted, held: owners.length - granted, pending: 0 }) === "won";
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

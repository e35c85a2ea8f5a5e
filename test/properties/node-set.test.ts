import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { majorityOf } from "../../packages/core/src/quorum/majority.js";
import {
  decodeNodeSet,
  encodeNodeSet,
  type NodeSetRecord,
  nodeSetConflict,
} from "../../packages/core/src/quorum/node-set.js";

const nodeSet = fc.subarray(["a", "b", "c", "d", "e", "f", "g"], { minLength: 1, maxLength: 5 });

/** All sets of `size` of the nodes. */
function choices(nodes: readonly string[], size: number): string[][] {
  if (size === 0) return [[]];
  return nodes.flatMap((node, i) => choices(nodes.slice(i + 1), size - 1).map((rest) => [node, ...rest]));
}

/** Whether some quorum of one set shares no node with some quorum of the other. */
function canMiss(one: readonly string[], other: readonly string[]): boolean {
  const quorums = (nodes: readonly string[]) => choices(nodes, majorityOf(nodes.length));
  return quorums(one).some((mine) =>
    quorums(other).some((theirs) => !mine.some((node) => theirs.includes(node))),
  );
}

describe("two sets of nodes", () => {
  test("are in conflict if and only if two of their quorums can miss each other", () => {
    fc.assert(
      fc.property(nodeSet, nodeSet, (mine, theirs) => {
        const started = new Map(mine.map((node) => [node, { startedAt: 0, identifiedAt: 2_000 }]));
        const conflict = nodeSetConflict(started, { nodes: theirs, at: 1_000 });
        expect(conflict !== undefined).toBe(canMiss(mine, theirs));
      }),
      { numRuns: 1_000 },
    );
  });

  test("are in no conflict where everything that differs has started after the record was written", () => {
    fc.assert(
      fc.property(nodeSet, nodeSet, (mine, theirs) => {
        fc.pre(mine.some((node) => !theirs.includes(node)));
        const started = new Map(
          mine.map((node) => [node, { startedAt: theirs.includes(node) ? 0 : 2_000, identifiedAt: 3_000 }]),
        );
        expect(nodeSetConflict(started, { nodes: theirs, at: 1_000 })).toBeUndefined();
      }),
    );
  });
});

test("what is known of our nodes from before the other record is no conflict: they may have restarted since", () => {
  const known = { startedAt: 0, identifiedAt: 500 };
  const ours = new Map(["a", "b", "c"].map((node) => [node, known]));
  expect(nodeSetConflict(ours, { nodes: ["x", "y", "c"], at: 1_000 })).toBeUndefined();
});

describe("the record of a set", () => {
  const record = fc.record({ nodes: fc.array(fc.string({ unit: "binary" })), at: fc.integer() });

  test("is read as it was written, but for the order of its nodes", () => {
    fc.assert(
      fc.property(record, ({ nodes, at }) => {
        const read = decodeNodeSet(encodeNodeSet({ nodes, at }));
        expect(read).toEqual({ nodes: [...nodes].sort(), at });
      }),
    );
  });

  test("is the same text for the same nodes in any order", () => {
    fc.assert(
      fc.property(record, ({ nodes, at }: NodeSetRecord) => {
        expect(encodeNodeSet({ nodes: [...nodes].reverse(), at })).toBe(encodeNodeSet({ nodes, at }));
      }),
    );
  });

  test("that somebody else wrote there is none", () => {
    const other = fc.oneof(fc.string(), fc.json(), fc.constant(null));
    fc.assert(
      fc.property(other, (text) => {
        const read = decodeNodeSet(text);
        if (read !== null) expect([Array.isArray(read.nodes), typeof read.at]).toEqual([true, "number"]);
      }),
    );
  });
});

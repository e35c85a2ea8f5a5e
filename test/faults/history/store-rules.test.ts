import { describe, expect, test } from "vitest";
import { history, lease, worker } from "./handmade.js";
import { storeAsTold, storeInOrder } from "./store-rules.js";

describe("the store", () => {
  test("may accept the same token again, and larger ones", () => {
    const accepted = [1, 1, 3, 7].map((fencingToken) => ({ key: "k", fencingToken, id: "w #1" }));
    expect(storeInOrder(accepted)).toEqual([]);
  });

  test("must not accept a late write once a successor has written", () => {
    const accepted = [
      { key: "k", fencingToken: 1, id: "w #1" },
      { key: "k", fencingToken: 3, id: "w #2" },
      { key: "other", fencingToken: 2, id: "w #3" },
      { key: "k", fencingToken: 1, id: "w #1" },
    ];
    expect(storeInOrder(accepted)).toEqual([
      "the store accepted a write of w #1 (1) to k after one of w #2 (3)",
    ]);
  });
});

describe("what writers were told", () => {
  const writes = [
    { key: "k", sentAt: 12, accepted: true },
    { key: "k", sentAt: 22, accepted: false },
  ];
  const one = lease(10, 20, 1, { writes });
  const kept = { key: "k", fencingToken: 1, id: one.id };

  test("is what the store did", () => {
    expect(storeAsTold(history({ acquisitions: [one], accepted: [kept] }))).toEqual([]);
  });

  test("is wrong when an accepted write is not there, or a refused one is", () => {
    expect(storeAsTold(history({ acquisitions: [one] }))).toHaveLength(1);
    expect(storeAsTold(history({ acquisitions: [one], accepted: [kept, kept] }))).toHaveLength(1);
  });

  test("may lack the last write of one who was killed, and no more", () => {
    const told = (accepted: (typeof kept)[]) =>
      storeAsTold(history({ acquisitions: [one], accepted, workers: [worker({ killed: true })] }));
    expect(told([kept, kept])).toEqual([]);
    expect(told([kept, kept, kept])).toHaveLength(1);
  });

  test("is wrong when a write has another's token, or nobody has asked for its lease", () => {
    const foreign = { ...kept, fencingToken: 2 };
    expect(storeAsTold(history({ acquisitions: [one], accepted: [foreign] }))).toHaveLength(1);
    expect(
      storeAsTold(history({ acquisitions: [one], accepted: [kept, { ...kept, id: "nobody" }] })),
    ).toHaveLength(1);
  });
});

import { describe, expect, test } from "vitest";
import { history, lease } from "./handmade.js";
import { keysExpire, locksAreGone } from "./leftover-rules.js";

const companions = [
  "{lock:k}:fence",
  "{lock:k}:queue",
  "lock:redlock-kit:nodes",
  "lock:redlock-kit:longest-ttl",
].map((key) => ({ node: "node 1", key, ttlMs: 1_000, value: null }));
const lock = { node: "node 1", key: "lock:k", ttlMs: 300, value: "token 1" };

test("no key may be without a TTL", () => {
  expect(keysExpire(history({ leftAtOnce: companions }))).toEqual([]);
  expect(keysExpire(history({ leftInTheEnd: [{ ...lock, ttlMs: -1 }] }))).toEqual([
    "lock:k has no TTL on node 1",
  ]);
});

describe("when every manager is closed", () => {
  test("counters, queues and the nodes' records may be left", () => {
    expect(locksAreGone(history({ leftAtOnce: companions, leftInTheEnd: companions }))).toEqual([]);
  });

  test("no lock may be left that was released", () => {
    const acquisitions = [lease(10, 20, 1)];
    expect(locksAreGone(history({ acquisitions, leftAtOnce: [lock] }))).toHaveLength(1);
  });

  test("but a node whose clock was set back may keep it until it expires there", () => {
    const acquisitions = [lease(10, 20, 1)];
    expect(locksAreGone(history({ acquisitions, leftAtOnce: [lock] }), 5_000)).toEqual([]);
    expect(locksAreGone(history({ acquisitions, leftInTheEnd: [lock] }), 5_000)).toHaveLength(1);
  });

  test("a lock that was lost may be left until its ttl is over, and no longer", () => {
    const acquisitions = [lease(10, 20, 1, { release: { at: 21, released: false } })];
    expect(locksAreGone(history({ acquisitions, leftAtOnce: [lock] }))).toEqual([]);
    expect(locksAreGone(history({ acquisitions, leftAtOnce: [lock], leftInTheEnd: [lock] }))).toHaveLength(1);
  });

  test("nothing else may be left", () => {
    expect(locksAreGone(history({ leftInTheEnd: [{ ...lock, key: "something" }] }))).toHaveLength(1);
  });
});

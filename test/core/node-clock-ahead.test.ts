import { type Clock, memoryNode } from "@redlock-kit/core";
import { faultyNode, manualClock } from "@redlock-kit/core/testing";
import { expect, test } from "vitest";
import { manager } from "./cluster.js";

const AN_HOUR_MS = 3_600_000;

/** The clock of a node, which tells another time than the client's. */
function ahead(clock: Clock, byMs: () => number): Clock {
  return {
    monotonic: () => clock.monotonic(),
    wall: () => clock.wall() + byMs(),
    random: () => clock.random(),
    setTimer: (run, afterMs) => clock.setTimer(run, afterMs),
  };
}

test("fencing tokens grow though one node's clock was a day ahead when it took part, and is put right", async () => {
  const clock = manualClock();
  let aheadMs = 24 * AN_HOUR_MS;
  const away = faultyNode(memoryNode({ clock }), clock);
  const wrong = faultyNode(memoryNode({ clock: ahead(clock, () => aheadMs) }), clock);
  const locks = manager({ nodes: [away, memoryNode({ clock }), wrong], clock, autoExtend: false }, clock);
  away.faults.disconnect();
  const first = await locks.acquire("seat");
  await first.release();
  away.faults.reconnect();
  wrong.faults.disconnect();
  aheadMs = 0;
  await clock.advance(12 * AN_HOUR_MS);
  expect((await locks.acquire("seat")).fencingToken).toBeGreaterThan(first.fencingToken);
});

test("a counter that is not used is remembered until its node's clock has caught up with it", async () => {
  const clock = manualClock();
  let aheadMs = 24 * AN_HOUR_MS;
  const node = memoryNode({ clock: ahead(clock, () => aheadMs) });
  const locks = manager({ nodes: [node], clock, autoExtend: false }, clock);
  const first = await locks.acquire("seat");
  await first.release();
  aheadMs = 0;
  await clock.advance(12 * AN_HOUR_MS);
  expect((await locks.acquire("seat")).fencingToken).toBeGreaterThan(first.fencingToken);
});

import type { Lease, LockManager } from "@redlock-kit/core";
import { expect, test } from "vitest";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";
import { countIn, countOf, Witness } from "./witness.js";

/** A witness, how often it has counted "k", and managers whose locks don't exclude each other. */
async function scene() {
  const server = await redisServer();
  const client = redisClient(server);
  const manager = (keyPrefix: string): LockManager => lockManager({ nodes: [server.url], keyPrefix });
  const kept = async (): Promise<number> => countIn(await client.get(countOf("k")));
  return { witness: new Witness(client), manager, kept };
}

const nothing = async (): Promise<void> => {};

test("holders that come one after the other are counted, and nothing is said", async () => {
  const { witness, manager, kept } = await scene();
  const locks = manager("lock:");
  for (let turn = 0; turn < 5; turn++)
    await locks.withLock("k", (lease) => witness.count(lease, "k", nothing));
  expect([await kept(), witness.counts.k, witness.violations]).toEqual([5, 5, []]);
});

test("a second holder during the work of the first is a violation", async () => {
  const { witness, manager, kept } = await scene();
  const [one, other] = [manager("one:"), manager("other:")];
  const first = await one.acquire("k");
  const second = await other.acquire("k");
  await witness.count(first, "k", () => witness.count(second, "k", nothing));
  expect(witness.violations).toEqual([`k: a newer holder came while lease ${first.fencingToken} was valid`]);
  expect([await kept(), witness.counts.k]).toEqual([1, 1]);
});

test("a second holder is none when the lease of the first is over", async () => {
  const { witness, manager, kept } = await scene();
  const locks = manager("lock:");
  const first = await locks.acquire("k");
  await witness.count(first, "k", async () => {
    await locks.forceRelease("k");
    await first.extend().catch(nothing);
    const second = await locks.acquire("k");
    await witness.count(second, "k", nothing);
  });
  expect([await kept(), witness.counts.k, witness.violations]).toEqual([1, 1, []]);
});

test("a fencing token that two leases have is a violation", async () => {
  const { witness, manager } = await scene();
  const locks = manager("lock:");
  const first = await locks.acquire("k");
  await witness.count(first, "k", nothing);
  const twin = { ...first, valid: true, fencingToken: first.fencingToken } as Lease;
  await witness.count(twin, "k", nothing);
  expect(witness.violations).toEqual([`k: two leases have the fencing token ${first.fencingToken}`]);
});

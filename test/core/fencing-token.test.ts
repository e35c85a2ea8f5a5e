import { manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { FENCE_EPOCH_MS, FENCE_STEP } from "../../packages/core/src/quorum/fencing.js";
import { type Cluster, cluster, manager, namesOf } from "./cluster.js";

const HOUR = 3_600_000;

/** Lets the counter of `key` differ from node to node: somebody else has locked it on each of them alone. */
async function scatter({ connect, another, clock }: Cluster, key: string): Promise<void> {
  for (const [i, node] of connect().entries()) {
    const alone = another({}, [node]);
    for (let times = 0; times <= i; times++) await (await alone.acquire(key)).release();
  }
  await clock.advance(0);
}

function requests({ nodes }: Cluster, request: string): number[] {
  return nodes.map(({ faults }) => faults.carriedOut.filter((name) => name === request).length);
}

async function counters({ servers }: Cluster, key: string): Promise<number[]> {
  return Promise.all(servers.map(async (server) => (await server.inspect(namesOf(key))).fence));
}

describe("the fencing token", () => {
  test("costs no second round where the nodes agree", async () => {
    const c = await cluster(5);
    const lease = await c.locks.acquire("k");
    expect(requests(c, "confirm")).toEqual([0, 0, 0, 0, 0]);
    expect(await counters(c, "k")).toEqual(Array(5).fill(lease.fencingToken));
  });

  test("tells the time at which it was proposed, in milliseconds since 2020", async () => {
    const c = await cluster(3);
    const { fencingToken } = await c.locks.acquire("k");
    expect(Math.floor(fencingToken / FENCE_STEP) + FENCE_EPOCH_MS).toBe(c.clock.wall());
    expect(Number.isSafeInteger(fencingToken)).toBe(true);
  });

  test.each([2, 3, 4, 5])(
    "is the largest that was granted by %d nodes that disagree, and confirmed",
    async (n) => {
      const c = await cluster(n);
      await scatter(c, "k");
      const lease = await c.locks.acquire("k");
      await c.clock.advance(0);
      expect(Math.max(...requests(c, "confirm"))).toBe(1);
      const confirmed = (await counters(c, "k")).filter((counter) => counter >= lease.fencingToken);
      expect(confirmed.length).toBeGreaterThan(n / 2);
      const next = await lease.release().then(() => c.another().acquire("k"));
      expect(next.fencingToken).toBeGreaterThan(lease.fencingToken);
    },
  );

  test("is not told when a node has lost the lease between the rounds; another vote is taken", async () => {
    const c = await cluster(3, { restartQuarantineMs: 0 });
    await scatter(c, "k");
    for (const node of c.nodes) node.faults.delay("requests", 100, "confirm");
    const acquiring = c.locks.acquire("k");
    await c.clock.advance(50);
    const first = await Promise.all(c.servers.map((server) => server.inspect(namesOf("k"))));
    for (const server of c.servers.slice(0, 2)) {
      await server.release({ keys: [namesOf("k")], token: null, keepMs: 0, lockDelayMs: 0 });
    }
    await c.clock.advance(1_000);
    const lease = await acquiring;
    expect(requests(c, "grant")[0]).toBeGreaterThan(1);
    expect(lease.token).not.toBe(first[2]?.token);
    expect(lease.fencingToken).toBeGreaterThan(Math.max(...first.map(({ fence }) => fence)));
  });

  test("is one for several keys, and larger than each of them had", async () => {
    const c = await cluster(3);
    const singles = [];
    for (const key of ["a", "b", "a"]) {
      const lease = await c.locks.acquire(key);
      singles.push(lease.fencingToken);
      await lease.release();
    }
    const lease = await c.another().acquire(["a", "b"]);
    expect(lease.fencingToken).toBeGreaterThan(Math.max(...singles));
    await lease.release();
    const [a, b] = [await c.locks.acquire("a"), await c.another().acquire("b")];
    expect(Math.min(a.fencingToken, b.fencingToken)).toBeGreaterThan(lease.fencingToken);
  });

  test("of a key says nothing about other keys, but grows for each", async () => {
    const c = await cluster(3);
    const tokens: Record<string, number> = {};
    for (const key of ["a", "b", "a", "c", "b", "a"]) {
      const lease = await c.locks.acquire(key);
      expect(lease.fencingToken).toBeGreaterThan(tokens[key] ?? 0);
      tokens[key] = lease.fencingToken;
      await lease.release();
    }
  });
});

describe("the next holder's fencing token is larger", () => {
  test("when its clock is an hour behind", async () => {
    const c = await cluster(3);
    const lease = await c.locks.acquire("k");
    await lease.release();
    const behind = manualClock(c.clock.wall() - HOUR);
    const next = await manager({ nodes: c.connect(), clock: behind }, behind).acquire("k");
    expect(next.fencingToken).toBeGreaterThan(lease.fencingToken);
  });

  test("after a lease that expired while its holder was frozen", async () => {
    const c = await cluster(3);
    const lease = await c.locks.acquire("k");
    c.clock.freeze(20_000);
    const next = await c.another().acquire("k");
    expect(lease.valid).toBe(false);
    expect(next.fencingToken).toBeGreaterThan(lease.fencingToken);
  });

  test("whichever quorums granted the two", async () => {
    const c = await cluster(5);
    let last = 0;
    for (const absent of [
      [0, 1],
      [3, 4],
      [1, 2],
      [0, 4],
      [2, 3],
      [1, 3],
    ]) {
      const connections = c.connect();
      for (const i of absent) connections[i]?.faults.disconnect();
      const lease = await c.another({}, connections).acquire("k");
      expect(lease.fencingToken).toBeGreaterThan(last);
      last = lease.fencingToken;
      await lease.release();
    }
  });

  test("after the counters have expired", async () => {
    const c = await cluster(3);
    const lease = await c.locks.acquire("k");
    await lease.release();
    await c.clock.advance(2 * HOUR);
    expect(await counters(c, "k")).toEqual([0, 0, 0]);
    expect((await c.another().acquire("k")).fencingToken).toBeGreaterThan(lease.fencingToken);
  });

  test("after every node has forgotten everything", async () => {
    const c = await cluster(3);
    const lease = await c.locks.acquire("k", { ttlMs: 1_000 });
    for (const server of c.servers) server.restart();
    await c.clock.advance(2_000);
    expect((await c.another().acquire("k")).fencingToken).toBeGreaterThan(lease.fencingToken);
  });
});

describe("the counters on the nodes", () => {
  test("are remembered for an hour after the last lease, and then gone", async () => {
    const c = await cluster(1);
    await (await c.locks.acquire("k")).release();
    await c.clock.advance(HOUR - 1_000);
    expect((await counters(c, "k"))[0]).toBeGreaterThan(0);
    await c.clock.advance(2_000);
    expect(await counters(c, "k")).toEqual([0]);
  });

  test("outlive leases that are longer than an hour", async () => {
    const c = await cluster(1, { autoExtend: false });
    await c.locks.acquire("k", { ttlMs: 5 * HOUR });
    await c.clock.advance(9 * HOUR);
    expect((await counters(c, "k"))[0]).toBeGreaterThan(0);
  });

  test("outlive a lease that is extended for hours", async () => {
    const c = await cluster(1);
    const lease = await c.locks.acquire("k", { ttlMs: 600_000 });
    await c.clock.advance(5 * HOUR);
    expect(await counters(c, "k")).toEqual([lease.fencingToken]);
  });

  test("and the locks leave nothing behind", async () => {
    const c = await cluster(1);
    for (let i = 0; i < 50; i++) await (await c.locks.acquire(`key-${i}`)).release();
    await c.clock.advance(2 * HOUR);
    for (let i = 0; i < 50; i++) await (await c.locks.acquire("k")).release();
    expect(c.servers[0]?.size.locks).toBeLessThanOrEqual(1);
    expect(c.servers[0]?.size.fences).toBeLessThanOrEqual(3);
  });
});

describe("the second round", () => {
  test("that fails is followed by another vote, whose proposal is above every counter", async () => {
    const c = await cluster(3);
    await scatter(c, "k");
    for (const node of c.nodes) node.faults.fail(new Error("READONLY"), "confirm");
    const acquiring = c.locks.acquire("k", { waitMs: 0 });
    await c.clock.advance(100);
    const { fencingToken } = await acquiring;
    expect(requests(c, "grant")).toEqual([2, 2, 2]);
    expect(await counters(c, "k")).toEqual([fencingToken, fencingToken, fencingToken]);
  });

  test("does no harm when it is repeated", async () => {
    const c = await cluster(3);
    await scatter(c, "k");
    for (const node of c.nodes) node.faults.duplicate("confirm");
    const lease = await c.locks.acquire("k");
    expect(requests(c, "confirm").reduce((sum, count) => sum + count)).toBeGreaterThan(2);
    await lease.release();
    expect((await c.another().acquire("k")).fencingToken).toBeGreaterThan(lease.fencingToken);
  });
});

describe("a lock that is acquired by the token that holds it", () => {
  test("gets a fencing token where another library took it without one", async () => {
    const c = await cluster(3);
    for (const server of c.servers) {
      const keys = [{ ...namesOf("k"), fence: "elsewhere" }];
      const times = { ttlMs: 10_000, lockDelayMs: 0, fenceTtlMs: 1_000, maxSkewMs: 60_000 };
      await server.grant({ keys, token: "t", proposal: 1, ...times });
    }
    const lease = await c.locks.acquire("k", { token: "t" });
    expect(lease.fencingToken).toBeGreaterThan(0);
    expect(await counters(c, "k")).toEqual(Array(3).fill(lease.fencingToken));
  });

  test("keeps its fencing token, for however long it is kept alive that way", async () => {
    const c = await cluster(3);
    const again = () => c.locks.acquire("k", { token: "t", ttlMs: 60_000, autoExtend: false });
    const lease = await again();
    for (let past = 0; past < 3 * HOUR; past += 40_000) {
      await c.clock.advance(40_000);
      expect(await again()).toBe(lease);
    }
    expect([lease.valid, await counters(c, "k")]).toEqual([true, Array(3).fill(lease.fencingToken)]);
  });

  test("keeps its fencing token although it was taken over for a shorter time", async () => {
    const c = await cluster(3, { autoExtend: false });
    const lease = await c.locks.acquire("k", { ttlMs: 24 * HOUR });
    for (let times = 0; times < 3; times++) {
      const taken = await c.another().extend("k", lease.token, 10_000);
      expect(taken.fencingToken).toBe(lease.fencingToken);
      await c.clock.advance(2 * HOUR);
    }
    expect(lease.valid).toBe(true);
  });
});

import { expect, test } from "vitest";
import { lockManager, redisServers, tcpProxy, urlsOf } from "../support/this-test.js";
import { blackhole } from "../support/tcp-proxy.js";

test.each([1, 3])(
  "a holder cut off from all nodes is told before another can get the lock, on %i nodes",
  async (count) => {
    const servers = await redisServers(count);
    const proxies = await Promise.all(servers.map(tcpProxy));
    const cutOff = lockManager({ nodes: urlsOf(proxies), ttlMs: 1_000 });
    const other = lockManager({ nodes: urlsOf(servers) });
    const lease = await cutOff.acquire("seat");
    await expect.poll(() => cutOff.stats().extended, { timeout: 10_000 }).toBeGreaterThan(0);

    const happened: string[] = [];
    lease.signal.addEventListener("abort", () => happened.push("the holder was told"), { once: true });
    for (const proxy of proxies) proxy.apply(blackhole);
    await other.acquire("seat", { waitMs: 15_000 });
    happened.push("another has the lock");

    expect(happened).toEqual(["the holder was told", "another has the lock"]);
    expect(lease.valid).toBe(false);
    expect(lease.signal.reason).toMatchObject({ code: "ERR_LOCK_LOST", votes: { length: count } });
  },
);

test("a holder cut off from one of three nodes keeps its lock", async () => {
  const servers = await redisServers(3);
  const proxies = await Promise.all(servers.map(tcpProxy));
  const locks = lockManager({ nodes: urlsOf(proxies), ttlMs: 1_500 });
  await (await locks.acquire("warm up")).release();
  const voting = () => locks.stats().nodes.map((node) => node.voting);
  await expect.poll(voting, { timeout: 10_000 }).toEqual([true, true, true]);
  const lease = await locks.acquire("seat");
  proxies[0]?.apply(blackhole);
  // Each makes up for a third of the ttl, so this is longer than it would have lasted.
  await expect.poll(() => locks.stats().extended, { timeout: 15_000 }).toBeGreaterThan(3);
  expect(lease.valid).toBe(true);
  expect(await lockManager({ nodes: urlsOf(servers) }).tryAcquire("seat")).toBeNull();
});

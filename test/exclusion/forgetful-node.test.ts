import { expect, test } from "vitest";
import { lockManager, redisServers, tcpProxy, urlsOf } from "../support/this-test.js";
import { blackhole } from "../support/tcp-proxy.js";

test("a node that has forgotten a lease in a restart helps nobody to a second one", async () => {
  const servers = await redisServers(3);
  const proxies = await Promise.all(servers.map(tcpProxy));
  const holder = lockManager({ nodes: urlsOf(proxies), nodeTimeoutMs: 200 });
  const other = lockManager({ nodes: urlsOf(servers) });
  for (const locks of [holder, other]) await (await locks.acquire("warm up")).release();
  const voting = () => other.stats().nodes.map((node) => node.voting);
  await expect.poll(voting, { timeout: 10_000 }).toEqual([true, true, true]);
  // The lease stands on two nodes, since the third is out of the holder's reach; one of the two forgets it.
  proxies[2]?.apply(blackhole);
  const lease = await holder.acquire("seat", { autoExtend: false });
  await servers[1]?.kill();
  await servers[1]?.restart();

  // The one node that still knows of the lease is no majority against the two that do not.
  const states = () => other.stats().nodes.map(({ state }) => state);
  await expect.poll(states, { timeout: 10_000 }).toEqual(["ready", "ready", "ready"]);
  await expect(other.acquire("seat", { waitMs: 300 })).rejects.toMatchObject({ name: "LockError" });
  expect(lease.valid).toBe(true);
});

import { expect, test } from "vitest";
import { lockManager, redisClient, redisServers } from "../support/this-test.js";
import { everyNodeVotes } from "./every-node-votes.js";

test("a lease that was taken over and released at once is left on no node", async () => {
  const clients = (await redisServers(3)).map(redisClient);
  const [ours, theirs] = [lockManager({ nodes: clients }), lockManager({ nodes: clients })];
  await Promise.all([everyNodeVotes(ours), everyNodeVotes(theirs)]);
  for (let round = 0; round < 5; round++) {
    const key = `seat:${round}`;
    const { token } = await theirs.acquire(key, { autoExtend: false });
    for (const client of clients) await expect.poll(() => client.exists(`lock:${key}`)).toBe(1);
    const lease = await ours.extend(key, token, 20_000);
    expect(await lease.release()).toBe(true);
    for (const client of clients) await expect.poll(() => client.exists(`lock:${key}`)).toBe(0);
  }
});

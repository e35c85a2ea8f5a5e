import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { redisClient, redisServer } from "../support/this-test.js";
import { active, client5, client6, eventually, hear, listenersOf, noise } from "./hearing.js";

/** How often a server has refused a channel. */
async function refusals(operator: ReturnType<typeof redisClient>): Promise<number> {
  const log = (await operator.call("acl", "log")) as (string | number)[][];
  const counts = log
    .map((entry) => Object.fromEntries(entry.map((value, i) => [value, entry[i + 1]])))
    .filter((entry) => entry.reason === "channel")
    .map((entry) => Number(entry.count));
  return counts.reduce((sum, count) => sum + count, 0);
}

describe.each([
  ["ioredis 6", client6],
  ["ioredis 5", client5],
])("a client of %s whose user may use no channels", (_, client) => {
  const user = { username: "clerk", password: "secret", reconnectOnError: () => 2 };
  const rights = ["setuser", "clerk", "on", ">secret", "~*", "+@all", "resetchannels"];

  test("hears nothing, is told once by the server, and nobody else is told", async () => {
    const words = noise();
    const server = await redisServer();
    const operator = redisClient(server);
    await operator.call("acl", ...rights);
    const { client: own, port } = client(server, user);
    await port.ready();
    const hearing = hear(port, "a");
    await eventually(async () => expect(await refusals(operator)).toBe(1));
    await eventually(async () =>
      expect(String(await operator.client("LIST"))).not.toContain("cmd=subscribe"),
    );
    await sleep(300); // in which it could ask again
    expect(await refusals(operator)).toBe(1);
    expect(hearing.subscription.active).toBe(false);
    expect(own.status).toBe("ready");
    hearing.subscription.stop();
    expect(words).toEqual([]);
  });

  test("hears what it may when it may, once the client has connected again", async () => {
    const server = await redisServer();
    const operator = redisClient(server);
    await operator.call("acl", ...rights, "&allowed");
    const { client: own, port } = client(server, user);
    const refused = hear(port, "a");
    const allowed = hear(port, "allowed");
    await active(allowed);
    expect(refused.subscription.active).toBe(false);
    await operator.call("acl", "setuser", "clerk", "allchannels");
    own.disconnect(true);
    await active(refused, allowed);
    expect(await listenersOf(operator)).toBe(1);
  });

  test("does not warn again that its user may not ask for INFO either", async () => {
    const words = noise();
    const server = await redisServer();
    const operator = redisClient(server);
    await operator.call("acl", ...rights, "allchannels", "-info");
    const { port } = client(server, { ...user, reconnectOnError: null });
    await port.ready();
    const warnings = words.length;
    expect(warnings).toBeGreaterThan(0);
    await active(hear(port, "a"));
    expect(words).toHaveLength(warnings);
  });

  test("who loses the right to them later is not heard of either", async () => {
    const words = noise();
    const server = await redisServer();
    const operator = redisClient(server);
    await operator.call("acl", "setuser", "clerk", "on", ">secret", "~*", "+@all", "allchannels");
    const { port } = client(server, user);
    const hearing = hear(port, "a");
    await active(hearing);
    await operator.call("acl", ...rights); // ends the connections that listen
    await eventually(async () => expect(await refusals(operator)).toBe(1));
    expect(hearing.subscription.active).toBe(false);
    expect(words).toEqual([]);
  });
});

test("a server that takes no more connections is asked until it does", async () => {
  const words = noise();
  const server = await redisServer();
  const operator = redisClient(server);
  const { port } = client6(server);
  await port.ready();
  await operator.config("SET", "maxclients", "2");
  const hearing = hear(port, "a");
  await sleep(300); // in which it is refused some times
  expect(hearing.subscription.active).toBe(false);
  await operator.config("SET", "maxclients", "100");
  await active(hearing);
  expect(words).toEqual([]);
});

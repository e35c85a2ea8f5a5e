import { createLockManager } from "@redlock-kit/core";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { ioredisClient } from "../../packages/core/src/redis/clients/ioredis.js";

const [scenario = "", version = "", url = ""] = process.argv.slice(2);

async function listening() {
  const client = version === "5" ? new Redis5(url) : new Redis(url);
  client.on("error", () => {}); // of a server that is away
  const subscription = ioredisClient(client).subscribe("a", console.log);
  while (!subscription.active) await new Promise((resolve) => setTimeout(resolve, 5));
  return client;
}

/** Each is a whole program, which must end by itself after its last line, without ever stopping to listen. */
const programs: Record<string, () => Promise<void>> = {
  async quits() {
    const client = await listening();
    await client.quit();
  },

  async disconnects() {
    const client = await listening();
    client.disconnect();
  },

  async "has a connection that does not hold it"() {
    const client = await listening();
    (client as Redis).stream.unref();
    for (const holder of process.getActiveResourcesInfo())
      if (/Timeout|TCP/.test(holder)) console.log(holder);
  },

  async "quits while notices are not to be had"() {
    const client = await listening();
    await client.call("config", "set", "maxclients", "1");
    await client.call("client", "kill", "type", "pubsub");
    await new Promise((resolve) => setTimeout(resolve, 200)); // in which it tries
    await client.quit();
  },

  async "has waited for a lock and quits, but closes no manager,"() {
    const client = version === "5" ? new Redis5(url) : new Redis(url);
    const [holder, waiter] = [createLockManager({ nodes: [client] }), createLockManager({ nodes: [client] })];
    const held = await holder.acquire("seat");
    const waiting = waiter.acquire("seat", { waitMs: Infinity });
    while ((await client.pubsub("CHANNELS")).length === 0);
    await held.release();
    await (await waiting).release();
    await client.quit();
  },

  async "quits while it begins to listen"() {
    const client = version === "5" ? new Redis5(url) : new Redis(url);
    await client.ping();
    ioredisClient(client).subscribe("a", console.log);
    await client.quit();
  },
};

await programs[scenario]?.();
console.log("done");

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createLockManager } from "@redlock-kit/core";
import { Redis } from "ioredis";
import type { Contest } from "./contest.js";

const { nodes, witness, contenders, turns, ttlMs, waitMs } = JSON.parse(process.argv[2] ?? "") as Contest;
const locks = createLockManager({ nodes, ttlMs, waitMs });
const client = new Redis(witness);

/** Loses an update, or leaves its fencing token in the wrong place, unless it is alone. */
async function increment(fencingToken: number) {
  const read = Number(await client.get("counter"));
  await sleep(1);
  await client.set("counter", read + 1);
  await client.rpush("fencing tokens", fencingToken);
}

async function contend() {
  for (let turn = 0; turn < turns; turn++) {
    await locks.withLock("counter", (lease) => increment(lease.fencingToken));
  }
}

process.send?.("ready");
await once(process, "message");
await Promise.all(Array.from({ length: contenders }, contend));
process.send?.("done");
await locks.close();
client.disconnect();
process.disconnect();

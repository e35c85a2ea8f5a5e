import { once } from "node:events";
import { createLockManager } from "@redlock-kit/core";
import type { Account, Contest } from "./contest.js";

const { urls, contenders } = JSON.parse(process.argv[2] ?? "") as Contest;
const locks = createLockManager({ nodes: urls, ttlMs: 5_000, nodeTimeoutMs: 200, waitMs: 20_000 });
const leases: [string, string][] = [];
const errors: string[] = [];
let stopped = false;

async function contend(): Promise<number> {
  let turns = 0;
  while (!stopped) {
    try {
      const lease = await locks.acquire("k");
      const since = process.hrtime.bigint();
      // In which somebody else could come in.
      await new Promise((resolve) => setImmediate(resolve));
      if (lease.valid) leases.push([String(since), String(process.hrtime.bigint())]);
      else errors.push("lost");
      await lease.release();
      turns++;
    } catch (error) {
      errors.push(String(error));
    }
  }
  return turns;
}

process.once("message", () => {
  process.once("message", () => (stopped = true));
});
await (await locks.acquire("warm up", { waitMs: 20_000 })).release();
process.send?.("ready");
await once(process, "message");
const turns = await Promise.all(Array.from({ length: contenders }, contend));
const account: Account = { leases, turns, errors };
process.send?.(account);
await locks.close();
process.disconnect?.();

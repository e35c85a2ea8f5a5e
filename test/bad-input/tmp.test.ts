import { test } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { createLockManager } from "@redlock-kit/core";
import { redisClient, redisServers } from "../support/this-test.js";
test("x", async () => {
  const [server, other] = await redisServers(2);
  let bad = 0;
  for (let i = 0; i < 200; i++) {
    const nodes = [redisClient(other!), redisClient(server!), redisClient(server!)];
    const log: string[] = [];
    const t0 = performance.now();
    for (const [j, c] of nodes.entries()) {
      const call = c.call.bind(c) as (...a: unknown[]) => Promise<unknown>;
      (c as any).call = (...a: unknown[]) => { log.push(`${(performance.now()-t0).toFixed(1)} ${j} ${a[0]} ${String(a[1]).slice(0,8)} ${a.slice(3,5)}`); const p = call(...a); p.then((r) => log.push(`${(performance.now()-t0).toFixed(1)} ${j} -> ${String(r).slice(0,30)}`), (e) => log.push(`${j} !! ${e.message.slice(0,30)}`)); return p; };
    }
    const locks = createLockManager({ nodes, waitMs: 0 });
    const said = await locks.acquire("seat").then(() => "granted", (e) => e.message.slice(0, 40));
    log.push(said);
    await locks.close();
    log.push("closed");
    await sleep(30);
    const left = [await nodes[0]!.exists("lock:seat"), await nodes[1]!.exists("lock:seat")];
    if (left[0] || left[1]) { bad++; if (bad < 3) console.log(left, log.join("\n")); for (const n of nodes) await n.del("lock:seat"); }
    for (const n of nodes) n.disconnect();
  }
  console.log("bad", bad);
}, 60_000);

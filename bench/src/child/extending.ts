import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { createLockManager, type Lease } from "@redlock-kit/core";
import { CommandCounter } from "./command-counter.js";
import { connect } from "./connect.js";

export interface ExtendingSetting {
  readonly ports: readonly number[];
  readonly ttlMs: number;
  readonly leases: number;
}

const AT_ONCE = 250;
/** How often the event loop is looked at; every sample takes so long at the least. */
const RESOLUTION_MS = 1;

/** Many locks, kept alive by automatic extension. */
export async function extending({ ports, ttlMs, leases }: ExtendingSetting) {
  const counter = new CommandCounter();
  const locks = createLockManager({ nodes: await connect(ports), ttlMs, restartQuarantineMs: 0 });
  const kept: Lease[] = [];
  return {
    async acquire(): Promise<void> {
      while (kept.length < leases) {
        const from = kept.length;
        const some = Array.from({ length: Math.min(AT_ONCE, leases - from) }, (_, i) => `kept:${from + i}`);
        kept.push(...(await Promise.all(some.map((key) => locks.acquire(key)))));
      }
    },
    async watch(
      ms: number,
    ): Promise<{ commands: number; ms: number; lost: number; delayP99Ms: number; cpuShare: number }> {
      const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      const before = counter.total;
      const cpu = process.cpuUsage();
      const start = performance.now();
      delay.enable();
      await sleep(ms);
      delay.disable();
      const took = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      return {
        commands: counter.total - before,
        ms: took,
        lost: Math.max(locks.stats().lost, kept.filter((lease) => !lease.valid).length),
        delayP99Ms: delay.percentile(99) / 1e6 - RESOLUTION_MS,
        cpuShare: (user + system) / 1_000 / took,
      };
    },
  };
}

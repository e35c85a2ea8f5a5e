import { setTimeout as sleep } from "node:timers/promises";
import type { Case, Figures, Job } from "../case.js";
import { type Child, startChild } from "../children.js";
import type { ContestantId } from "../contestants/all.js";
import type { Fault } from "../contend.js";
import { startServers } from "../servers.js";
import { percentile } from "../statistics/numbers.js";

const NODES = 3;
const PAIRS = 100;
const IN_FLIGHT = 64;

export const minority: Case = {
  name: "minority",
  title: "A node of three fails",
  method:
    "Acquire and release of free locks, one after the other, over three nodes of which one was killed (SIGKILL) or hung " +
    "(SIGSTOP), in turns with the same over three others that are well, in one process. It begins three seconds after the " +
    `failure and ${PAIRS} pairs later. Then ${IN_FLIGHT} are in flight over the struck nodes for some seconds: what they add to the heap ` +
    "(after full collections) and to the resident memory. The other libraries get clients that " +
    "fail fast (no offline queue, no retries), without which several of them never return. Those that got no answer within " +
    "6 s have no figures.",
  columns: [
    { figure: "p50Ratio", title: "p50 / p50 when well", digits: 2 },
    { figure: "p50Us", title: "p50, µs", digits: 0 },
    { figure: "p99Us", title: "p99, µs", digits: 0 },
    { figure: "wellP99Us", title: "p99 when well, µs", digits: 0 },
    { figure: "worstMs", title: "slowest, ms", digits: 1 },
    { figure: "heapMb", title: "heap grew by, MB", digits: 2 },
    { figure: "rssMb", title: "resident memory by, MB", digits: 1 },
    { figure: "floodPerSecond", title: "pairs a second, 64 in flight", digits: 0 },
    { figure: "failures", title: "failures", digits: 0 },
  ],
  jobs(quick) {
    const faults = ["killed", "hung"] as const;
    const kit = faults.map((fault) => job("kit", fault, quick));
    if (quick) return kit;
    const peers = ["redlock5", "redlock4", "sesame", "semaphore", "universal"] as const;
    return [...kit, ...faults.flatMap((fault) => peers.map((id) => job(id, fault, quick)))];
  },
};

function job(contestant: ContestantId, fault: Exclude<Fault, "none">, quick: boolean): Job {
  const isKit = contestant === "kit";
  return {
    contestant,
    scenario: { nodes: NODES, "a node is": fault },
    async run() {
      await using servers = await startServers(2 * NODES);
      const ports = servers.list.map(({ port }) => port);
      const setting = {
        contestant,
        failFast: !isKit,
        wellPorts: ports.slice(0, NODES),
        struckPorts: ports.slice(NODES),
      };
      await using child = await startChild("minority", setting);
      for (let i = 0; i < (quick ? 5 : 20); i++) {
        await child.call("latencies", "well", PAIRS);
        await child.call("latencies", "struck", PAIRS);
      }
      const node = servers.list.at(-1);
      if (fault === "hung") node?.hang();
      else await node?.kill();
      // In use, since a failure that nobody meets is not noticed.
      const noticed = await child.call("latencies", "struck", 1);
      if (noticed === undefined) return { figures: {}, remark: "no answer" };
      await sleep(quick ? 1_000 : 3_000);
      return await measure(child, isKit && !quick ? 60 : 10, isKit ? (quick ? 1_000 : 5_000) : 0);
    },
  };
}

async function measure(
  child: Child<"minority">,
  rounds: number,
  floodMs: number,
): Promise<{ figures: Figures; remark?: string }> {
  if ((await child.call("latencies", "struck", PAIRS)) === undefined)
    return { figures: {}, remark: "no answer" };
  const well: number[] = [];
  const struck: number[] = [];
  for (let i = 0; i < rounds; i++) {
    well.push(...((await child.call("latencies", "well", PAIRS)) ?? []));
    const latencies = await child.call("latencies", "struck", PAIRS);
    if (latencies === undefined) return { figures: {}, remark: "no answer" };
    struck.push(...latencies);
    if (latencies.length < PAIRS) break;
  }
  const p50Us = percentile(struck, 0.5);
  const wellP50Us = percentile(well, 0.5);
  const latency = {
    p50Ratio: p50Us === undefined || wellP50Us === undefined ? undefined : p50Us / wellP50Us,
    p50Us,
    p99Us: percentile(struck, 0.99),
    wellP99Us: percentile(well, 0.99),
    worstMs: Math.max(...struck) / 1_000,
  };
  if (floodMs === 0) return { figures: latency };
  const { pairs, failures, heapBytes, rssBytes } = await child.call("growth", IN_FLIGHT, floodMs);
  return {
    figures: {
      ...latency,
      heapMb: heapBytes / 1e6,
      rssMb: rssBytes / 1e6,
      floodPerSecond: (pairs * 1_000) / floodMs,
      failures,
    },
  };
}

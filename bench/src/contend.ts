import type { Figures } from "./case.js";
import type { Pings, Round } from "./child/contention.js";
import { now } from "./child/now.js";
import { startTeam } from "./children.js";
import type { ContestantId } from "./contestants/all.js";
import { type Server, startServers } from "./servers.js";
import { jain, median, percentile, total } from "./statistics/numbers.js";
import { handovers } from "./statistics/turns.js";

export interface Contention {
  readonly contestant: ContestantId;
  readonly nodes: number;
  readonly processes: number;
  /** In each process. */
  readonly waiters: number;
  readonly holdMs: number;
  /** Whether who has released stands back until somebody else holds the lock. */
  readonly relay: boolean;
  readonly ttlMs: number;
  /** Befalls the last node right before the first acquire. */
  readonly fault: Fault;
  readonly rounds: number;
  readonly roundMs: number;
  /** Whether a server of its own watches the holders, which costs every holder two round trips. */
  readonly witnessed: boolean;
}

export type Fault = "none" | "killed" | "hung";

const PINGS = 300;
const SLOW_PINGS = 40;
const WARM_UP_PAIRS = 200;
/** So that every process has heard of a round before it begins. */
const HEAD_START_NS = 50e6;

/** Processes full of waiters who loop on one key, in rounds; before and after each the round trip of PING is taken. */
export async function contend(plan: Contention): Promise<{ figures: Figures; remark?: string }> {
  const { contestant, nodes, processes, waiters, holdMs, relay, ttlMs, fault, witnessed } = plan;
  await using servers = await startServers(nodes);
  await using witness = await startServers(witnessed ? 1 : 0);
  const setting = {
    contestant,
    ports: servers.list.map(({ port }) => port),
    failFast: fault !== "none" && contestant !== "kit",
    ttlMs,
    waiters,
    holdMs,
    relay,
    witnessPort: witness.list[0]?.port,
  };
  await using children = await startTeam(processes, "contention", setting);
  const team = children.list;
  for (const child of team) await child.call("warmUp", WARM_UP_PAIRS);
  const healthy = fault === "none" ? servers.list : servers.list.slice(0, -1);
  const struck = servers.list.at(-1);
  if (fault === "hung") struck?.hang();
  if (fault === "killed") await struck?.kill();

  const pings: Pings = { one: [], all: [] };
  const ping = async (): Promise<void> => {
    const trips = await team[0]?.call("pings", holdMs === 0 ? PINGS : SLOW_PINGS, healthy.length);
    pings.one.push(...(trips?.one ?? []));
    pings.all.push(...(trips?.all ?? []));
  };
  await ping();
  const scriptsBefore = await scriptCalls(healthy);
  const rounds: { start: number; end: number; logs: Round[] }[] = [];
  for (let i = 0; i < plan.rounds; i++) {
    const start = now() + HEAD_START_NS;
    const end = start + plan.roundMs * 1e6;
    const logs = await Promise.all(team.map((child) => child.call("round", start, end)));
    rounds.push({ start, end, logs });
    // Waiters who are still at it would be in the way of a second round, and of the pings.
    if (!logs.every(({ drained }) => drained)) break;
    await ping();
  }
  const scriptsSeen = (await scriptCalls(healthy)) - scriptsBefore;
  return summary(plan, rounds, pings, scriptsSeen);
}

function summary(
  plan: Contention,
  rounds: readonly { start: number; end: number; logs: Round[] }[],
  pings: Pings,
  scriptsSeen: number,
): { figures: Figures; remark?: string } {
  const all = rounds.flatMap(({ logs }) => logs);
  const told = rounds.map(({ logs, start, end }) => handovers(logs, start, end));
  const gapsUs = told.flatMap((round) => round.gapsUs);
  const pingUs = median(pings.one) ?? Number.NaN;
  const pingAllUs = median(pings.all) ?? Number.NaN;
  const acquisitions = total(all.map(({ enters }) => enters.length));
  const commands = total(all.map((round) => round.commands));
  const inTime = told.map(({ shares }) => total(shares));
  const first = told[0]?.shares ?? [];
  const shares = first.map((_, waiter) => total(told.map((round) => round.shares[waiter] ?? 0)));
  const p50 = percentile(gapsUs, 0.5);
  const p99 = percentile(gapsUs, 0.99);
  const scripts = total(all.map((round) => round.scripts));
  const figures: Figures = {
    perSecond: total(inTime) / ((rounds.length * plan.roundMs) / 1_000),
    pingUs,
    pingAllUs,
    gapP50Us: p50,
    gapP99Us: p99,
    gapP50Pings: p50 === undefined ? undefined : p50 / pingUs,
    gapP50PingsOfAll: p50 === undefined ? undefined : p50 / pingAllUs,
    gapP99Pings: p99 === undefined ? undefined : p99 / pingUs,
    retaken: total(told.map(({ retaken }) => retaken)) / Math.max(1, total(inTime)),
    longestGapMs: Math.max(...told.map(({ longestGapMs }) => longestGapMs)),
    commands: acquisitions === 0 ? undefined : commands / acquisitions,
    commandsPerNode: acquisitions === 0 ? undefined : commands / acquisitions / plan.nodes,
    jain: jain(shares),
    failures: total(all.map(({ failures }) => failures)),
    overlaps: total(told.map(({ overlaps }) => overlaps)),
    intrusions: plan.witnessed ? total(all.map(({ intrusions }) => intrusions)) : undefined,
    acquisitions,
    // Two counts that must agree, where no node was struck: what clients sent and what servers got.
    scriptsSent: scripts,
    scriptsSeen,
  };
  const failure = all.find(({ firstFailure }) => firstFailure !== undefined)?.firstFailure;
  const miscounted = plan.fault === "none" && Math.abs(scripts - scriptsSeen) > 0.01 * scriptsSeen;
  const remarks = [
    ...(miscounted ? [`the clients sent ${scripts} script calls, the servers saw ${scriptsSeen}`] : []),
    ...(failure === undefined ? [] : [failure]),
    ...(all.every(({ drained }) => drained) ? [] : ["waiters were still waiting when the time was up"]),
  ];
  return remarks.length === 0 ? { figures } : { figures, remark: remarks.join("; ") };
}

async function scriptCalls(servers: readonly Server[]): Promise<number> {
  return total(await Promise.all(servers.map((server) => server.scriptCalls())));
}

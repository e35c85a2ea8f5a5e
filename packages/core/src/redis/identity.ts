import type { NodeIdentity } from "../node/lock-node.js";
import type { RedisClient } from "./redis-client.js";

/** Who a server is and whether it is fit to vote, from its INFO. `minReplicas`: how many replicas it must have for that. */
export async function identify(client: RedisClient, minReplicas: number): Promise<NodeIdentity> {
  // A Cluster fails over by promoting replicas by itself; no INFO of one of its nodes speaks for it.
  if (client.clustered) return { runId: null, uptimeMs: Infinity, unfit: null, warnings: [] };
  let info: ReadonlyMap<string, string>;
  try {
    info = parseInfo(String(await client.send("info", [])));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!/^(NOPERM|ERR unknown command)/.test(reason)) throw error;
    const warning = `INFO is refused (${reason}), so a restart, a replica or a server given twice can't be noticed`;
    return { runId: null, uptimeMs: Infinity, unfit: null, warnings: [warning] };
  }
  return {
    runId: info.get("run_id") ?? null,
    uptimeMs: leastUptimeMs(info),
    durable: await keepsEverything(client, info),
    unfit: unfitness(info, minReplicas),
    warnings: hazards(info),
  };
}

/** The lines `name:value` of an INFO reply. */
function parseInfo(text: string): ReadonlyMap<string, string> {
  const info = new Map<string, string>();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) info.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return info;
}

/** Why a server must not vote, or `null`. */
function unfitness(info: ReadonlyMap<string, string>, minReplicas: number): string | null {
  if (info.get("role") === "slave") return "it is a replica; give the primary";
  if (info.get("loading") === "1") return "it is loading its data";
  const replicas = Number(info.get("connected_slaves") ?? 0);
  if (replicas < minReplicas)
    return `it has ${replicas} of the ${minReplicas} replicas that minReplicas demands`;
  const policy = info.get("maxmemory_policy") ?? "noeviction";
  if (policy.startsWith("allkeys-") && hasMemoryLimit(info)) {
    return `maxmemory-policy ${policy} lets it drop locks that are held; set noeviction, or use a server of its own for locks`;
  }
  return null;
}

/** What an operator should know of a server that votes all the same. */
function hazards(info: ReadonlyMap<string, string>): string[] {
  const policy = info.get("maxmemory_policy") ?? "noeviction";
  if (policy === "noeviction" || (policy.startsWith("allkeys-") && hasMemoryLimit(info))) return [];
  const when = hasMemoryLimit(info) ? "when its memory is full" : "once it is given a memory limit";
  return [`maxmemory-policy ${policy} lets it drop locks that are held ${when}; set noeviction`];
}

/** A server counts whole seconds of its clock, so it may say 1 when it has just started. */
function leastUptimeMs(info: ReadonlyMap<string, string>): number {
  return Math.max(0, Number(info.get("uptime_in_seconds") ?? Infinity) - 1) * 1_000;
}

function hasMemoryLimit(info: ReadonlyMap<string, string>): boolean {
  return (info.get("maxmemory") ?? "0") !== "0";
}

/** Whether every write is on disk before it is answered, so that a restart forgets nothing. */
async function keepsEverything(client: RedisClient, info: ReadonlyMap<string, string>): Promise<boolean> {
  if (info.get("aof_enabled") !== "1") return false;
  try {
    const reply = await client.send("config", ["get", "appendfsync"]);
    return JSON.stringify(reply).includes('"always"');
  } catch {
    return false;
  }
}

import type { Redis } from "ioredis";
import type { LeftKeys, ServerSample } from "./run-record.js";

/** What managers tell each other by the nodes. A new one is to be looked at before it is let in here. */
const RECORDS = ["lock:redlock-kit:nodes", "lock:redlock-kit:longest-ttl"];

/** A server as it stands. */
export async function serverSample(control: Redis): Promise<ServerSample> {
  const info = await control.info();
  const [, keys = 0, expires = 0] = /^db0:keys=(\d+),expires=(\d+)/m.exec(info)?.map(Number) ?? [];
  return {
    keys,
    withoutTtl: keys - expires,
    usedMemory: numberIn(info, "used_memory"),
    connections: numberIn(info, "connected_clients"),
  };
}

/** All keys of a node, by what they are for. */
export async function leftKeys(control: Redis): Promise<LeftKeys> {
  const [locks, others]: [string[], string[]] = [[], []];
  let [cursor, queues, counters] = ["", 0, 0];
  while (cursor !== "0") {
    const [next, keys] = await control.scan(cursor || "0", "COUNT", 1_000);
    cursor = next;
    for (const key of keys) {
      if (key.endsWith(":fence")) counters++;
      else if (key.endsWith(":queue")) queues++;
      else if (!key.startsWith("lock:")) others.push(key);
      else if (!RECORDS.includes(key)) locks.push(key);
    }
  }
  const { withoutTtl } = await serverSample(control);
  return { locks, queues, counters, others, withoutTtl };
}

function numberIn(info: string, field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1]);
}

import type { LockPage } from "../node/lock-node.js";
import type { RedisClient } from "./redis-client.js";

/** A server looks at so many of its keys in one step, and does nothing else meanwhile: some 0.1 ms. */
const STEP = 500;

/**
 * A page of the names that begin with `prefix` and go on like `pattern`.
 * Source: SCAN, whose guarantee it has: whatever is there all the time is found.
 *
 * @param from which server, and where its next step begins, as `1 17`
 */
export async function scan(
  client: RedisClient,
  prefix: string,
  pattern: string,
  from: string | null,
): Promise<LockPage> {
  const servers = client.servers();
  const [index = 0, cursor = "0"] = from === null ? [] : from.split(" ");
  const server = servers[Number(index)];
  if (server === undefined) throw new Error("disconnected");
  // In a pattern of Redis more stands for something else than in one of ours.
  const like =
    (server.keyPrefix + prefix).replace(/[[\]\\*?]/g, "\\$&") + pattern.replace(/[[\]\\]/g, "\\$&");
  // Whatever else has such a name is no lock, and can't be read as one.
  const step = ["MATCH", like, "COUNT", STEP, "TYPE", "string"];
  const [next, names] = (await server.send("scan", [cursor, ...step])) as [string, string[]];
  return {
    names: names.map((name) => name.slice(server.keyPrefix.length)),
    next: following(Number(index), next, servers.length),
  };
}

function following(server: number, cursor: string, servers: number): string | null {
  if (cursor !== "0") return `${server} ${cursor}`;
  return server + 1 < servers ? `${server + 1} 0` : null;
}

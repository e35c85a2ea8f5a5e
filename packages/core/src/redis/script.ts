import { createHash } from "node:crypto";
import type { LockKey } from "../node/lock-node.js";
import type { RedisClient } from "./redis-client.js";

/** A Lua script that Redis keeps in its cache. */
export class Script {
  readonly sha: string;

  constructor(readonly source: string) {
    this.sha = createHash("sha1").update(source).digest("hex");
  }

  /**
   * Runs the script, by its digest if the server knows it. A server forgets its scripts in a restart, and every
   * master of a Cluster has its own; told by the message, since the error's class depends on the client.
   */
  run(client: RedisClient, keys: readonly LockKey[], args: readonly (string | number)[]): Promise<unknown> {
    const tail: (string | number)[] = [keys.length * 2];
    for (const { lock, fence } of keys) tail.push(lock, fence);
    for (const arg of args) tail.push(arg);
    return client.send("evalsha", [this.sha, ...tail]).catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith("NOSCRIPT")) return client.send("eval", [this.source, ...tail]);
      throw error;
    });
  }
}

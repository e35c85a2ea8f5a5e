import { createHash } from "node:crypto";
import type { RedisClient } from "./redis-client.js";

/** A Lua script that Redis keeps in its cache. */
export class Script {
  readonly sha: string;

  constructor(readonly source: string) {
    this.sha = createHash("sha1").update(source).digest("hex");
  }

  /**
   * Has the server know the script before it is run. Otherwise its first run would go to the server twice, and what is
   * asked next could overtake a release. A server that does not let us learns the script by {@link run}.
   */
  async load(client: RedisClient): Promise<void> {
    await client.send("script", ["load", this.source]).catch(() => {});
  }

  /**
   * Runs the script, by its digest if the server knows it, and reads its reply. A server forgets its scripts in a
   * restart, and every master of a Cluster has its own; told by the message, since the error's class depends on
   * the client.
   */
  run<T>(
    client: RedisClient,
    keys: readonly string[],
    args: readonly (string | number)[],
    read: (reply: unknown) => T,
  ): Promise<T> {
    return client.send("evalsha", [this.sha, keys.length, ...keys, ...args]).then(read, (error: unknown) => {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return client.send("eval", [this.source, keys.length, ...keys, ...args]).then(read);
    });
  }
}

import type { ContestantKind } from "./contestant.js";

const DELETE_IF_OURS = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`;

/** What can't be done with less by hand. It knows neither waiting nor votes, so it is no lock, only a measure. */
export const floor: ContestantKind = {
  name: "floor",
  settings: "`SET key token NX PX ttl`, then compare-and-delete by a script, waiting for every node",
  async open(clients, ttlMs) {
    const shas = await Promise.all(clients.map((client) => client.script("LOAD", DELETE_IF_OURS)));
    const sha = String(shas[0]);
    let count = 0;
    return {
      async acquire(key) {
        const token = `0123456789abcdef01234567${count++}`;
        await Promise.all(clients.map((client) => client.set(key, token, "PX", ttlMs, "NX")));
        return async () => {
          await Promise.all(clients.map((client) => client.evalsha(sha, 1, key, token)));
        };
      },
      close: async () => {},
    };
  },
};

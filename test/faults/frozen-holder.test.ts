import { expect, onTestFinished, test } from "vitest";
import { forkWorker } from "../support/fork-worker.js";
import { nextMessage } from "../support/next-message.js";
import { lockManager, redisClient, redisServer, redisServers, urlsOf } from "../support/this-test.js";
import { read, writeFenced } from "./fenced-store.js";
import type { Awakening } from "./frozen.worker.js";

test.each([1, 3])(
  "a process frozen beyond its lease knows it at its first look, on %i nodes",
  async (count) => {
    const servers = await redisServers(count);
    const witness = await redisServer();
    const worker = forkWorker(new URL("./frozen.worker.ts", import.meta.url), [
      witness.url,
      ...urlsOf(servers),
    ]);
    onTestFinished(() => void worker.kill("SIGKILL"));
    const itsToken = await nextMessage<number>(worker);
    worker.kill("SIGSTOP");

    // Everybody else goes on without it.
    const lease = await lockManager({ nodes: urlsOf(servers) }).acquire("seat", { waitMs: 15_000 });
    expect(lease.fencingToken).toBeGreaterThan(itsToken);
    const store = redisClient(witness);
    expect(await writeFenced(store, "the next holder's", lease.fencingToken)).toBe(true);

    worker.kill("SIGCONT");
    expect(await nextMessage<Awakening>(worker)).toEqual({
      valid: false,
      remainingMs: 0,
      aborted: true,
      written: false,
      released: false,
    });
    expect(await read(store)).toBe("the next holder's");
    expect(lease.valid).toBe(true);
    expect(await lease.release()).toBe(true);
  },
);

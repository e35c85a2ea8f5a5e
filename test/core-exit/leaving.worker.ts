import { createLockManager, isLockError, type LockErrorCode, memoryNode } from "@redlock-kit/core";
import { Redis } from "ioredis";

const [scenario = "", urls = "", pid = ""] = process.argv.slice(2);
const nodes = urls.split(",");

/** Each is a whole program, which must end by itself after its last line. */
const programs: Record<string, () => Promise<void>> = {
  async "locks, releases and closes"() {
    const locks = createLockManager({ nodes });
    const lease = await locks.acquire("seat");
    console.log(await lease.release());
    await locks.close();
  },

  async "closes while it holds a lock"() {
    const locks = createLockManager({ nodes });
    const lease = await locks.acquire("seat");
    await locks.close();
    console.log(lease.valid);
  },

  async "locks through clients of its own, closes and quits them"() {
    const clients = nodes.map((url) => new Redis(url));
    const locks = createLockManager({ nodes: clients });
    console.log(await locks.withLock("seat", () => "done"));
    await locks.close();
    console.log(clients.map(({ status }) => status).join());
    await Promise.all(clients.map((client) => client.quit()));
  },

  async "closes what it never used"() {
    await createLockManager({ nodes }).close();
    console.log("closed");
  },

  async "closes while it waits"() {
    const [holder, locks] = [createLockManager({ nodes }), createLockManager({ nodes })];
    await holder.acquire("seat");
    const waiting = refusal("ERR_LOCK_CLOSED", locks.acquire("seat", { waitMs: Infinity }));
    while (locks.stats().waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    await locks.close();
    console.log(await waiting);
    await holder.close();
  },

  async "closes while work is running"() {
    const locks = createLockManager({ nodes });
    const work = locks.withLock("seat", async () => {
      closing = locks.close();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return "the work has ended";
    });
    let closing: Promise<void> | undefined;
    console.log(await work);
    await closing;
    console.log("closed");
  },

  async "closes while work goes on for ever"() {
    const locks = createLockManager({ nodes });
    await new Promise<void>((running) => {
      void locks.withLock("seat", () => {
        running();
        return new Promise(() => {});
      });
    });
    await locks.close({ graceMs: 50 });
    console.log("closed");
  },

  async "closes while a node hangs"() {
    const locks = createLockManager({ nodes, ttlMs: 2_000 });
    await locks.acquire("seat");
    process.kill(Number(pid), "SIGSTOP");
    const late = locks.acquire("another").then(
      () => "granted",
      (error: unknown) => (isLockError(error) ? error.code : String(error)),
    );
    await locks.close();
    console.log(/^(granted|ERR_LOCK_CLOSED|ERR_LOCK_UNAVAILABLE)$/.test(await late));
  },

  async "can't reach anything, and closes"() {
    const locks = createLockManager({ nodes });
    console.log(await refusal("ERR_LOCK_UNAVAILABLE", locks.acquire("seat", { waitMs: 0 })));
    await locks.close();
  },

  async "leaves a lease in memory behind"() {
    const locks = createLockManager({ nodes: [memoryNode()] });
    await locks.acquire("seat");
    console.log("held");
  },
};

/** The code, if it is that. */
async function refusal(code: LockErrorCode, work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  return isLockError(error, code) ? code : `not ${code} but ${String(error)}`;
}

await programs[scenario]?.();

import { createLockManager, type LockManager, memoryNode } from "@redlock-kit/core";
import { type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { expect, onTestFinished, test } from "vitest";
import { publish, type Save } from "./examples/holder.js";

/** A store of documents, as docs/fencing.md builds it. */
export interface DocumentStore {
  readonly save: Save;
  readonly read: (id: string) => Promise<string | undefined>;
}

/** A store that can also read, modify and write. */
export interface AppendingStore extends DocumentStore {
  /** Tells in its own way that the fencing token is stale. */
  readonly append: Save;
}

const TTL_MS = 10_000;

/** A process of its own: while its clock stands still, it is frozen. */
function manager(node: ReturnType<typeof memoryNode>, clock: ManualClock): LockManager {
  const locks = createLockManager({ nodes: [node], clock, ttlMs: TTL_MS, waitMs: 0 });
  onTestFinished(async () => {
    const closed = locks.close({ graceMs: 0 });
    await clock.advance(TTL_MS);
    await closed;
  });
  return locks;
}

/** Two processes over one node, the second of which has the node's time. */
function twoProcesses() {
  const clock = manualClock();
  const node = memoryNode({ clock });
  return { frozen: manager(node, manualClock()), awake: manager(node, clock), clock };
}

/** What is demanded of every store. */
export function holdsOffFrozenHolders(store: () => DocumentStore): void {
  test("refuses the write of a holder that was frozen beyond its lease and does not know it", async () => {
    const { save, read } = store();
    const { frozen, awake, clock } = twoProcesses();
    const writeForLong = async () => {
      await clock.advance(TTL_MS + 1);
      expect(await publish(awake, "late", async () => "the next holder's", save)).toBe(true);
      expect(frozen.currentLease()?.valid).toBe(true);
      return "the frozen one's";
    };
    // Not written, and withLock has found out at the release that the lease was over.
    await expect(publish(frozen, "late", writeForLong, save)).rejects.toMatchObject({
      code: "ERR_LOCK_LOST",
      result: false,
    });
    expect(await read("late")).toBe("the next holder's");
  });

  test("takes any number of writes of one lease, and then those of the next", async () => {
    const { save, read } = store();
    const { awake } = twoProcesses();
    for (const holder of ["first", "second"]) {
      await awake.withLock("document:twice", async ({ fencingToken }) => {
        for (const draft of ["draft", "fair copy"]) {
          expect(await save("twice", `${holder} ${draft}`, fencingToken)).toBe(true);
        }
      });
      expect(await read("twice")).toBe(`${holder} fair copy`);
    }
  });
}

/** What is demanded of stores that read, modify and write. */
export function advancesBeforeItReads(store: () => AppendingStore): void {
  test("lets no older holder write between a newer one's read and its write", async () => {
    const { append, save, read } = store();
    expect(await save("append", "a", 33)).toBe(true);
    const stale: unknown[] = [];
    // The older holder writes whenever the newer one's append comes to a stop.
    const appending = append("append", "b", 34);
    const racing = (async () => {
      for (let i = 0; i < 20; i++) stale.push(await save("append", "lost?", 33));
    })();
    expect(await appending).toBe(true);
    await racing;
    expect(stale.at(-1)).toBe(false);
    // What the older one wrote before the fence was advanced was read, and is kept.
    expect(await read("append")).toBe(stale.includes(true) ? "lost?b" : "ab");
  });

  test("does not even read for a stale holder", async () => {
    const { append, save, read } = store();
    expect(await save("stale", "a", 34)).toBe(true);
    await append("stale", "b", 33).then(
      (written) => expect(written).toBe(false),
      (error: unknown) => expect(error).toMatchObject({ code: "ERR_LOCK_LOST" }),
    );
    expect(await read("stale")).toBe("a");
  });
}

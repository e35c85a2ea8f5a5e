import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { createLockManager, type Lease, type LockManager } from "@redlock-kit/core";
import { redisFence, type RedisFenceGuard } from "@redlock-kit/core/fencing";
import { Redis } from "ioredis";
import { obey } from "../../support/orders.js";
import { Journal, now } from "../history/journal.js";
import type { ContenderOrders, Engagement } from "./contender.js";
import { type Habit, habit } from "./habit.js";
import { writtenBy } from "./written-by.js";

/** How often a holder looks whether its lease is valid. */
const LOOK_MS = 4;
/** Near its end it looks all the time. */
const END_MS = 12;
/** A pause of the process that is worth noting. */
const STALL_MS = 60;
const NODES_PATIENCE_MS = 15_000;
const WRITTEN_MS = 3_600_000;

class Contest {
  readonly #engagement: Engagement;
  readonly #locks: LockManager;
  readonly #client: Redis;
  readonly #fence: RedisFenceGuard;
  readonly #journal: Journal;
  readonly #contenders: Promise<void>[];
  readonly #watch: NodeJS.Timeout;
  #asked = 0;
  #over = false;
  #isCalm = false;
  /** Whoever waits for the next grant, or for the next that is kept for long. */
  #onGrant: ((at: number) => void) | undefined;
  #onHold: (() => void) | undefined;

  constructor(engagement: Engagement) {
    const { nodes, store, ttlMs, journal, contenders } = engagement;
    this.#engagement = engagement;
    this.#locks = createLockManager({ nodes, ttlMs });
    this.#client = new Redis(store);
    this.#fence = redisFence({ client: this.#client });
    this.#journal = new Journal(journal);
    this.#watch = this.#noteStalls();
    this.#contenders = Array.from({ length: contenders }, () => this.#contend());
  }

  /** Waits until every node votes; those that don't in the end, and why. */
  async notVoting(): Promise<string[]> {
    const end = now() + NODES_PATIENCE_MS;
    for (;;) {
      const others = this.#locks.stats().nodes.filter(({ voting }) => !voting);
      if (others.length === 0 || now() > end) return others.map(({ node, reason }) => `${node}: ${reason}`);
      // A node that was silent is noticed to answer when it is asked.
      await this.#locks.inspect(this.#engagement.keys[0] ?? "").catch(() => {});
      await sleep(10);
    }
  }

  holdOne(): Promise<void> {
    return new Promise((resolve) => {
      this.#onHold = resolve;
    });
  }

  calm(): Promise<number> {
    this.#isCalm = true;
    return new Promise((resolve) => {
      this.#onGrant = resolve;
    });
  }

  async end(): Promise<string[]> {
    this.#over = true;
    await Promise.all(this.#contenders);
    const notVoting = await this.notVoting();
    await this.#locks.close();
    this.#client.disconnect();
    clearInterval(this.#watch);
    this.#journal.close();
    return notVoting;
  }

  async #contend(): Promise<void> {
    while (!this.#over) {
      const { keys, ttlMs } = this.#engagement;
      const onHold = this.#onHold;
      this.#onHold = undefined;
      const chosen = habit(keys, ttlMs, this.#isCalm, onHold !== undefined);
      const id = `${this.#engagement.name} #${++this.#asked}`;
      const lease = await this.#acquire(id, chosen);
      if (lease === undefined) {
        this.#onHold ??= onHold;
        await sleep(5 + Math.random() * 20);
        continue;
      }
      onHold?.();
      await this.#hold(id, lease, chosen);
    }
  }

  async #acquire(id: string, { keys, waitMs, autoExtend }: Habit): Promise<Lease | undefined> {
    this.#journal.note({ is: "asked", at: now(), id, worker: this.#engagement.name, keys, waitMs });
    let lease: Lease | null;
    try {
      lease =
        waitMs === 0
          ? await this.#locks.tryAcquire(keys, { autoExtend })
          : await this.#locks.acquire(keys, { autoExtend, waitMs });
    } catch (error) {
      const { name, message, code } = error as { name: string; message: string; code?: string };
      this.#journal.note({
        is: "refused",
        at: now(),
        id,
        refusal: { name, message, code: code ?? "no code" },
      });
      return undefined;
    }
    const at = now();
    if (lease === null) {
      this.#journal.note({ is: "refused", at, id, refusal: { name: "null", message: "", code: null } });
      return undefined;
    }
    const { token, fencingToken } = lease;
    this.#journal.note({ is: "granted", at, id, token, fencingToken });
    this.#onGrant?.(at);
    return lease;
  }

  /** Works under a lease, and looks at it all the time, until it is released or over. */
  async #hold(id: string, lease: Lease, { holdMs, writeEveryMs, lateMs }: Habit): Promise<void> {
    const until = now() + holdMs;
    let writeAt = 0;
    let notedAt = 0;
    for (;;) {
      const at = now();
      // The time is read first: if the process is held up behind it, what is noted is still true.
      if (!lease.valid) return this.#outlive(id, lease, lateMs);
      const isDone = at >= until || this.#isCalm || this.#over;
      if (isDone || at - notedAt >= LOOK_MS || lease.remainingMs() < END_MS) {
        this.#journal.note({ is: "valid", at, id });
        notedAt = at;
      }
      if (isDone) return this.#release(id, lease);
      if (at >= writeAt) {
        writeAt = at + writeEveryMs;
        await this.#write(id, lease);
      } else if (lease.remainingMs() < END_MS) await turn();
      else await sleep(LOOK_MS);
    }
  }

  /** A holder that comes late: it writes once more, and releases what it does not have any more. */
  async #outlive(id: string, lease: Lease, lateMs: number): Promise<void> {
    this.#journal.note({ is: "over", at: now(), id, aborted: lease.signal.aborted });
    await sleep(lateMs);
    await this.#write(id, lease);
    await this.#release(id, lease);
  }

  async #release(id: string, lease: Lease): Promise<void> {
    this.#journal.note({ is: "releasing", at: now(), id });
    try {
      const released = await lease.release();
      this.#journal.note({ is: "released", at: now(), id, released });
    } catch (error) {
      this.#journal.note({ is: "release failed", at: now(), id, error: String(error) });
    }
  }

  async #write(id: string, { keys, fencingToken }: Lease): Promise<void> {
    for (const key of keys) {
      const at = now();
      const accepted = await this.#fence.set(key, writtenBy(id, fencingToken), fencingToken, WRITTEN_MS);
      this.#journal.note({ is: "written", at, id, key, accepted });
    }
  }

  #noteStalls(): NodeJS.Timeout {
    let last = now();
    return setInterval(() => {
      const at = now();
      if (at - last > STALL_MS) this.#journal.note({ is: "stalled", from: last, at });
      last = at;
    }, 10);
  }
}

let contest: Contest | undefined;

function current(): Contest {
  if (contest === undefined) throw new Error("No scene has begun");
  return contest;
}

const machineTime = Date.now.bind(Date);

obey<ContenderOrders>({
  async begin(engagement) {
    contest = new Contest(engagement);
    const notVoting = await contest.notVoting();
    if (notVoting.length > 0)
      throw new Error(`Not every node votes at the beginning: ${notVoting.join(", ")}`);
  },
  holdOne: () => current().holdOne(),
  calm: () => current().calm(),
  setWallClock(aheadMs) {
    Date.now = () => machineTime() + aheadMs;
  },
  end: () => current().end(),
  leave: () => process.disconnect(),
});

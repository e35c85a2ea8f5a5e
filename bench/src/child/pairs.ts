import { type ContestantId, contestants } from "../contestants/all.js";
import type { Contestant } from "../contestants/contestant.js";
import { connect } from "./connect.js";

export interface PairsSetting {
  readonly contestant: ContestantId;
  readonly ports: readonly number[];
  readonly inFlight: number;
  readonly keys: number;
}

/** What some pairs of acquire and release took. */
export interface Spent {
  readonly wallMs: number;
  /** Of the whole process, in which nothing runs but clients. */
  readonly cpuMs: number;
}

/** A library and the floor over the same clients, taking turns, so that whatever else the machine does falls on both. */
export async function pairs({ contestant, ports, inFlight, keys }: PairsSetting) {
  const clients = await connect(ports);
  const ttlMs = 10_000;
  const kinds = { own: contestants[contestant], floor: contestants.floor };
  const own = await kinds.own.open(clients, ttlMs);
  const floor = await kinds.floor.open(clients, ttlMs);
  const ownKeys = Array.from({ length: keys }, (_, i) => `own:${i}`);
  const floorKeys = Array.from({ length: keys }, (_, i) => `floor:${i}`);
  const spend = {
    own: (count: number) => measured(() => work(own, ownKeys, inFlight, count)),
    floor: (count: number) => measured(() => work(floor, floorKeys, inFlight, count)),
  };
  return {
    async warmUp(count: number): Promise<void> {
      await spend.floor(count);
      await spend.own(count);
    },
    /** Who goes first changes from round to round. */
    async round(number: number, count: number): Promise<{ own: Spent; floor: Spent }> {
      if (number % 2 === 0) {
        const first = await spend.floor(count);
        return { floor: first, own: await spend.own(count) };
      }
      const first = await spend.own(count);
      return { own: first, floor: await spend.floor(count) };
    },
  };
}

/** `count` pairs, `inFlight` at a time; one at a time goes round over the keys, many have a key each. */
async function work(
  contestant: Contestant,
  keys: readonly string[],
  inFlight: number,
  count: number,
): Promise<void> {
  const worker = async (number: number): Promise<void> => {
    const each = Math.floor(count / inFlight);
    for (let i = 0; i < each; i++) {
      const release = await contestant.acquire(keys[(inFlight === 1 ? i : number) % keys.length] ?? "");
      await release();
    }
  };
  if (inFlight === 1) return worker(0);
  await Promise.all(Array.from({ length: inFlight }, (_, number) => worker(number)));
}

async function measured(action: () => Promise<void>): Promise<Spent> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await action();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000 };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Lease, LockErrorCode, LockManager } from "@redlock-kit/core";
import type { Redis } from "ioredis";
import type { Dice } from "../simulation/dice.js";
import type { Newcomer } from "./newcomer.js";
import type { Witness } from "./witness.js";

/** What those who make the load have in their hands. */
export interface Scene {
  readonly locks: LockManager;
  readonly witness: Witness;
  /** Where tokens lie that one worker leaves to another. */
  readonly mailbox: Redis;
  readonly dice: Dice;
  /** Holds or pauses for so long, or until the load is to end. */
  readonly stay: (ms: number) => Promise<void>;
  /** A name that no lock ever had. */
  readonly freshName: () => string;
  readonly newcomer: () => Newcomer;
}

/** Something that users of locks do, over and over. */
export interface Act {
  /** How many do it in each worker, and for how long they pause on average. */
  readonly actors: number;
  readonly pauseMs: number;
  readonly play: (scene: Scene) => Promise<unknown>;
  /** Errors that it may get beside those of locks that are held, lost, or on nodes out of reach. */
  readonly expects?: readonly LockErrorCode[];
}

const SEATS = 2_000;
const DOORS = 3;
const ROOMS = 9;
const PARCELS = 50;
const TURNSTILES = 5;

/** How many names of locks the acts share; all others are fresh ones. */
export const SHARED_NAMES = SEATS + DOORS + ROOMS + PARCELS + TURNSTILES;

const seat = (dice: Dice): string => `seat:${dice.below(SEATS)}`;
const door = (dice: Dice): string => `door:${dice.below(DOORS)}`;

export const acts: Readonly<Record<string, Act>> = {
  "a short lock on one of many keys": {
    actors: 5,
    pauseMs: 60,
    async play({ locks, witness, dice, stay }) {
      const key = seat(dice);
      const work = (lease: Lease) => witness.count(lease, key, () => stay(dice.around(2)));
      await locks.withLock(key, work, { ttlMs: 2_000, waitMs: 200 });
    },
  },

  "a short lock on a key that was never used before": {
    actors: 2,
    pauseMs: 90,
    async play({ locks, freshName }) {
      const lease = await locks.acquire(freshName(), { ttlMs: 1_000 });
      await lease.release();
    },
  },

  "a lock that many wait for": {
    actors: 10,
    pauseMs: 250,
    async play({ locks, witness, dice, stay }) {
      const key = door(dice);
      const lease = await locks.acquire(key, { ttlMs: 2_000, waitMs: 3_000 });
      try {
        await witness.count(lease, key, () => stay(dice.around(2)));
      } finally {
        await lease.release();
      }
    },
  },

  "a lock that is held for several of its ttls": {
    actors: 2,
    pauseMs: 1_000,
    async play({ locks, witness, dice, stay }) {
      const key = `room:${dice.below(ROOMS)}`;
      const lease = await locks.acquire(key, { ttlMs: 1_500 });
      try {
        await witness.count(lease, key, () => stay(dice.between(1_000, 8_000)));
        if (lease.valid) await witness.stillFirst(lease, key);
      } finally {
        await lease.release();
      }
    },
  },

  "several locks at once": {
    actors: 2,
    pauseMs: 250,
    async play({ locks, witness, dice, stay }) {
      const keys = new Set([seat(dice), seat(dice), dice.chance(0.3) ? door(dice) : seat(dice)]);
      const work = async (lease: Lease): Promise<void> => {
        for (const key of lease.keys) await witness.count(lease, key, () => stay(dice.around(1)));
      };
      await locks.withLock([...keys], work, { ttlMs: 2_000, waitMs: 2_000 });
    },
  },

  "one attempt": {
    actors: 2,
    pauseMs: 120,
    async play({ locks, witness, dice, stay }) {
      const key = dice.chance(0.5) ? door(dice) : seat(dice);
      await using lease = await locks.tryAcquire(key, { ttlMs: 1_000 });
      if (lease !== null) await witness.count(lease, key, () => stay(1));
    },
  },

  "a wait that is broken off": {
    actors: 3,
    pauseMs: 150,
    expects: ["ERR_LOCK_ABORTED"],
    async play({ locks, dice }) {
      const waitMs = dice.chance(0.5) ? dice.below(50) : Infinity;
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), dice.around(60));
      try {
        const lease = await locks.acquire(door(dice), { waitMs, signal: patience.signal });
        await lease.release();
      } finally {
        clearTimeout(timer);
      }
    },
  },

  "a lock within a lock": {
    actors: 1,
    pauseMs: 300,
    async play({ locks, witness, dice }) {
      const [key, inner] = [seat(dice), door(dice)];
      await locks.withLock(key, async () => {
        await locks.withLock(key, async (lease) => witness.count(lease, key, async () => {}), {
          nested: "reenter",
        });
        await locks.withLock(inner, async (lease) => witness.count(lease, inner, async () => {}));
      });
    },
  },

  "a lock that is kept for a while after its release": {
    actors: 1,
    pauseMs: 300,
    async play({ locks, witness, dice }) {
      const key = `turnstile:${dice.below(TURNSTILES)}`;
      const work = (lease: Lease) => witness.count(lease, key, async () => {});
      await locks.withLock(key, work, { minHoldMs: 300, waitMs: 500 });
    },
  },

  "work that goes on when its lease is over": {
    actors: 1,
    pauseMs: 300,
    async play({ locks, witness, dice, stay }) {
      const key = seat(dice);
      const lease = await locks.acquire(key, { ttlMs: 500, autoExtend: false, waitMs: 200 });
      const { signal } = lease;
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      await witness.count(lease, key, () => stay(dice.around(200)));
      if (lease.valid || (await lease.release())) throw new Error(`a lost lease of ${key} came back`);
    },
  },

  "a token that is left to another worker": {
    actors: 1,
    pauseMs: 300,
    async play({ locks, mailbox, dice }) {
      const key = `parcel:${dice.below(PARCELS)}`;
      const lease = await locks.acquire(key, { ttlMs: 3_000, autoExtend: false, waitMs: 0 });
      await mailbox.lpush("parcels", JSON.stringify([key, lease.token]));
    },
  },

  "a lock whose token another worker left": {
    actors: 1,
    pauseMs: 150,
    expects: ["ERR_LOCK_NOT_HOLDER"],
    async play({ locks, witness, mailbox, dice, stay }) {
      const parcel = await mailbox.rpop("parcels");
      if (parcel === null) return;
      const [key, token] = JSON.parse(parcel) as [string, string];
      if (dice.chance(0.5)) {
        const lease = await locks.extend(key, token, 2_000);
        await witness.count(lease, key, () => stay(dice.around(5)));
      }
      await locks.release(key, token);
    },
  },

  "a manager that is closed in the midst of it": {
    actors: 1,
    pauseMs: 500,
    expects: ["ERR_LOCK_CLOSED"],
    async play({ newcomer, witness, dice, stay, freshName }) {
      const { locks, leave } = newcomer();
      // One that it waits for, as may be, and one that it holds when it is closed.
      const wanted = door(dice);
      const waiting = locks
        .acquire(wanted, { waitMs: Infinity })
        .then((lease) => witness.count(lease, wanted, () => stay(dice.around(2))));
      const left = Promise.allSettled([waiting]);
      try {
        const key = seat(dice);
        await locks.withLock(key, (lease) => witness.count(lease, key, () => stay(1)));
        await locks.acquire(freshName());
      } finally {
        await leave();
        await left;
      }
      await waiting;
    },
  },

  "a look at a lock": {
    actors: 1,
    pauseMs: 400,
    async play({ locks, dice }) {
      await locks.inspect(door(dice));
      locks.stats();
      await sleep(1);
    },
  },
};

import { setTimeout as sleep } from "node:timers/promises";
import { type ContestantId, contestants } from "../contestants/all.js";
import type { Release } from "../contestants/contestant.js";
import type { Turns } from "../statistics/turns.js";
import { CommandCounter } from "./command-counter.js";
import { connect } from "./connect.js";
import { now } from "./now.js";
import { strayErrors } from "./stray-errors.js";
import { Witness } from "./witness.js";

export interface ContentionSetting {
  readonly contestant: ContestantId;
  readonly ports: readonly number[];
  /** Whether clients give up at once on a server that is away, in place of keeping commands for it. */
  readonly failFast: boolean;
  readonly ttlMs: number;
  readonly waiters: number;
  /** 0: release at once. In a relay from half to one and a half of it, so that no polling keeps step. */
  readonly holdMs: number;
  /** Whether who has released stands back until somebody else holds the lock; otherwise it asks again at once. */
  readonly relay: boolean;
  /** A server that is no node, which sees every holder come and go; undefined: nobody looks. */
  readonly witnessPort: number | undefined;
}

/** One process's part of a round. */
export interface Round extends Turns {
  readonly failures: number;
  /** Why the first failure failed. */
  readonly firstFailure: string | undefined;
  /** What this process's clients sent, from the first acquire to the last release. */
  readonly commands: number;
  readonly scripts: number;
  /** Whether everybody came through; who did not is still waiting. */
  readonly drained: boolean;
  /** Holders who were not alone, as the witness saw it. */
  readonly intrusions: number;
}

export interface Pings {
  readonly one: number[];
  readonly all: number[];
}

const KEY = "contended";
const DRAIN_MS = 2_000;

/** Waiters who loop on one key, in one process. */
export async function contention(setting: ContentionSetting) {
  const { ports, ttlMs, waiters, holdMs, relay, witnessPort } = setting;
  const counter = new CommandCounter();
  const clients = await connect(ports, setting.failFast);
  const contestant = await contestants[setting.contestant].open(clients, ttlMs);
  const witness = witnessPort === undefined ? undefined : await Witness.open(witnessPort);

  /** All processes begin and end at the same moments. */
  async function round(start: number, end: number): Promise<Round> {
    const ms = (end - start) / 1e6;
    const enters: number[] = [];
    const leaves: number[] = [];
    const who: number[] = [];
    let failures = -strayErrors();
    let firstFailure: string | undefined;
    const commandsBefore = counter.total;
    const scriptsBefore = counter.scripts;
    const intrusionsBefore = witness?.intrusions ?? 0;

    const failed = async (error: unknown): Promise<void> => {
      failures++;
      firstFailure ??= String(error);
      await sleep(1);
    };
    while (now() < start) await sleep(1);
    const over = sleep(ms);
    let onEnter = (): void => {};
    const loop = async (waiter: number): Promise<void> => {
      let othersTurn: Promise<void> | undefined;
      while (now() < end) {
        if (othersTurn !== undefined) await Promise.race([othersTurn, over]);
        if (now() >= end) return;
        let release: Release;
        try {
          release = await contestant.acquire(KEY);
        } catch (error) {
          await failed(error);
          continue;
        }
        const entered = now();
        onEnter();
        if (relay) othersTurn = new Promise((resolve) => (onEnter = resolve));
        if (witness) await witness.enter();
        if (holdMs > 0) await sleep(relay ? holdMs * (0.5 + Math.random()) : holdMs);
        if (witness) await witness.leave();
        enters.push(entered);
        leaves.push(now());
        who.push(waiter);
        try {
          await release();
        } catch (error) {
          await failed(error);
        }
      }
    };
    const loops = Promise.all(Array.from({ length: waiters }, (_, waiter) => loop(waiter)));
    const limit = new AbortController();
    const drained = await Promise.race([
      loops.then(() => true),
      sleep(ms + DRAIN_MS, false, { signal: limit.signal }).catch(() => false),
    ]);
    limit.abort();
    failures += strayErrors();
    return {
      enters: Float64Array.from(enters),
      leaves: Float64Array.from(leaves),
      who: Uint32Array.from(who),
      waiters,
      failures,
      firstFailure,
      commands: counter.total - commandsBefore,
      scripts: counter.scripts - scriptsBefore,
      drained,
      intrusions: (witness?.intrusions ?? 0) - intrusionsBefore,
    };
  }

  return {
    /** On a key of its own, so that connections, scripts and the compiler are warm. */
    async warmUp(pairs: number): Promise<void> {
      for (let i = 0; i < pairs; i++) await (await contestant.acquire(`warm-up:${process.pid}`))();
    },
    /** Round trips of PING to the first of the nodes, and to so many of them at once; in microseconds. */
    async pings(count: number, nodes: number): Promise<Pings> {
      const pings: Pings = { one: [], all: [] };
      for (let i = 0; i < count; i++) {
        for (const trip of ["one", "all"] as const) {
          // A processor that slept for as long as a lock is held answers as late as it does then.
          if (holdMs > 0) await sleep(holdMs);
          const start = now();
          if (trip === "one") await clients[0]?.ping();
          else await Promise.all(clients.slice(0, nodes).map((client) => client.ping()));
          pings[trip].push((now() - start) / 1_000);
        }
      }
      return pings;
    },
    round,
  };
}

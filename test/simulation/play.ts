import { createHash } from "node:crypto";
import { createLockManager, type LockKey } from "@redlock-kit/core";
import { Actor } from "./actor.js";
import { Dice } from "./dice.js";
import { Ending } from "./ending.js";
import { Faults } from "./faults.js";
import { type Counts, Judge } from "./judge.js";
import { Path } from "./path.js";
import { Process } from "./process.js";
import { MOST_DRIFT, type Scene, sceneOf } from "./scene.js";
import { Server, type Wrap } from "./server.js";
import { Timepiece } from "./timepiece.js";
import { ALL_KEYS } from "./wish.js";
import { World } from "./world.js";

/** What is played with in place of the real thing, to see it fail. */
export interface Variant {
  readonly createLockManager?: typeof createLockManager;
  /** Puts something in front of each server's node. */
  readonly wrap?: Wrap;
}

/** How a play went. */
export interface Outcome {
  readonly scene: Scene;
  /** What must not have been. */
  readonly broken: string | undefined;
  readonly counts: Counts;
  /** What happened, line by line, if it was to be told. */
  readonly notes: readonly string[];
}

const LOCK_KEYS: readonly LockKey[] = ALL_KEYS.map((key) => ({
  key,
  lock: `lock:${key}`,
  fence: `{lock:${key}}:fence`,
  queue: `{lock:${key}}:queue`,
}));
const MIDNIGHT_MS = Date.UTC(2026, 0, 1);
/** How often servers are searched for what should not be on them. */
const SEARCH_EVERY_MS = 25;

/** Plays what the seed says, from the first request to the last timer. The same seed is the same play. */
export async function play(seed: number, tells = false, variant: Variant = {}): Promise<Outcome> {
  const scene = sceneOf(seed);
  const world = new World(tells);
  world.note(() => JSON.stringify(scene));
  const dice = new Dice(`play ${seed}`);
  const judge = new Judge(world, scene);
  const wrap: Wrap = variant.wrap ?? ((node) => node);
  const servers = Array.from({ length: scene.nodes }, (_, i) => {
    const name = `n${i + 1}`;
    return new Server(world, name, timepieceOf(world, dice.fork(name), scene.serverSkewMs), scene, wrap);
  });
  const around = {
    world,
    scene,
    judge,
    servers,
    createLockManager: variant.createLockManager ?? createLockManager,
  };
  const processes: Process[] = [];
  const people = (process: Process): void => {
    const { name } = process.machine;
    for (let i = 1; i <= scene.actors; i++) {
      const parts = {
        world,
        scene,
        judge,
        dice: dice.fork(`${name} a${i}`),
        name: `a${i}`,
        others: processes,
      };
      process.actors++;
      void new Actor(process, parts).run().then(
        () => process.actors--,
        (error: unknown) => judge.failed(error),
      );
    }
  };
  for (let i = 1; i <= scene.processes; i++) {
    const name = `p${i}`;
    const paths = servers.map((server) => new Path(scene.network, dice.fork(`${name} to ${server.name}`)));
    const timepiece = timepieceOf(world, dice.fork(name), scene.processSkewMs);
    processes.push(new Process(name, around, timepiece, paths, dice.fork(name), people));
  }
  const faults = new Faults({ world, scene, servers, processes }, dice.fork("faults"));
  if (judge.isQuiet) searchForStrays(world, judge, servers, scene);
  await world.run(scene.workMs, judge.look);
  if (!judge.isWild && judge.broken === undefined)
    await new Ending({ world, scene, judge, servers, processes, faults, keys: LOCK_KEYS }).play();
  world.note(() => (judge.broken === undefined ? "All is well." : "That is the end."));
  return { scene, broken: judge.broken, counts: judge.counts, notes: world.notes };
}

/** Two plays are the same if these are. */
export function digestOf({ notes }: Outcome): string {
  return createHash("sha256").update(notes.join("\n")).digest("hex");
}

function timepieceOf(world: World, dice: Dice, skewMs: number): Timepiece {
  const rate = dice.between(1 - MOST_DRIFT, 1 + MOST_DRIFT);
  const wall = MIDNIGHT_MS + dice.between(-skewMs, skewMs);
  return new Timepiece(world, rate, dice.between(0, 1e6), wall);
}

function searchForStrays(world: World, judge: Judge, servers: readonly Server[], scene: Scene): void {
  world.after(SEARCH_EVERY_MS, () => {
    if (world.now > scene.workMs) return;
    void judge.strays.violation(servers, LOCK_KEYS, scene.network.ordered).then((found) => judge.tell(found));
    searchForStrays(world, judge, servers, scene);
  });
}

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { libfaketime } from "../../support/fake-clock.js";
import { chance } from "../../waiting/chance.js";
import { type Outcome, outcomeOf } from "./outcome.js";
import type { Plan } from "./plan.js";
import { settings } from "./run-settings.js";
import { Scene, type Timing } from "./scene.js";
import { Stages } from "./stages.js";

declare module "vitest" {
  interface TaskMeta {
    outcome?: Outcome;
  }
}

/** A fault is in force for longer than a ttl, so that leases end in it. */
const TIMING: Timing = settings.all
  ? { ttlMs: 1_000, contenders: 3, beforeMs: 300, duringMs: 2_500 }
  : { ttlMs: 600, contenders: 3, beforeMs: 100, duringMs: 800 };

/** No scene takes so long. */
const LONGEST_MS = 60_000;

/** Rejects when a scene should have come to its end. */
async function stuck(scene: Scene): Promise<never> {
  await sleep(LONGEST_MS, undefined, { ref: false });
  const why = [
    `The scene came to no end; it was ${scene.step} (seed ${settings.seed})`,
    ...scene.unsettled(),
  ];
  throw new Error(why.join("\n"));
}

/** A test for each plan. The plans that need the same stage should stand together. */
export function play(plans: readonly Plan[]): void {
  const stages = new Stages();
  afterAll(async () => expect(await stages.close()).toEqual([]), 30_000);

  test.for(plans.map((plan) => [plan.title, plan] as const))(
    "%s",
    { timeout: 2 * LONGEST_MS },
    async ([, { faults, expected, nodes, seed, title }], { task, skip }) => {
      const needs = faults.map(([fault]) => fault.needs);
      if (needs.includes("nodes' clocks") && libfaketime() === undefined)
        skip("libfaketime is not installed, which sets the clock of a redis-server");
      const stage = {
        durable: needs.includes("durable nodes"),
        // A short run sets the clocks of processes by hand, so that it needs no stage of its own for them.
        ownClock: needs.includes("nodes' clocks") || (settings.all && needs.includes("workers' clocks")),
      };
      const history = await stages.on(nodes, stage, (on) => {
        const scene = new Scene(on, TIMING, chance(seed));
        return Promise.race([scene.play(faults, expected.lingersMs), stuck(scene)]);
      });
      const about = {
        faults: faults.map(([fault]) => fault.name),
        aim: faults[0]?.[1] ?? "a quorum",
        nodes,
        expected,
      };
      const outcome = outcomeOf(history, about);
      task.meta.outcome = outcome;
      if (outcome.violations.length > 0) {
        const kept = join(mkdtempSync(join(tmpdir(), "redlock-kit-history-")), "history.json");
        writeFileSync(kept, JSON.stringify({ title, seed: settings.seed, ...outcome, history }, null, 1));
        throw new Error(
          [...outcome.violations, `(seed ${settings.seed}; the history is in ${kept})`].join("\n"),
        );
      }
    },
  );
}

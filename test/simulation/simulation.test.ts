import { describe, expect, onTestFinished, test } from "vitest";
import { forkWorker } from "../support/fork-worker.js";
import { nextMessage } from "../support/next-message.js";
import type { Counts } from "./judge.js";
import { digestOf, play } from "./play.js";
import type { Order, Report } from "./play.worker.js";
import type { Flavour } from "./scene.js";
import { SEEDS } from "./seeds.js";

describe("managers over simulated nodes, networks and clocks", () => {
  test(`keep what they promise with each of ${SEEDS} seeds`, { timeout: 600_000 }, async () => {
    const sums = new Map<Flavour, Counts>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { scene, broken, counts } = await play(seed);
      expect(broken, `seed ${seed}: npm run simulate -- --seed ${seed} tells how it came to`).toBeUndefined();
      sums.set(scene.flavour, sumOf(sums.get(scene.flavour), counts));
    }
    // The plays are about something.
    for (const flavour of ["quiet", "sound", "wild"] as const) {
      const { acquired, refused, written, turnedAway, handedOver, lost } = sums.get(flavour) as Counts;
      expect(Math.min(acquired, refused, written), flavour).toBeGreaterThan(SEEDS);
      expect(Math.min(turnedAway, handedOver, lost), flavour).toBeGreaterThan(SEEDS / 100);
    }
  });

  test("do the same with the same seed, and something else with another", async () => {
    const digests = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const digest = digestOf(await play(seed, true));
      expect(digestOf(await play(seed, true)), `seed ${seed}`).toBe(digest);
      digests.add(digest);
    }
    expect(digests.size).toBe(20);
  });

  test("do the same in another process", async () => {
    const worker = forkWorker(new URL("play.worker.ts", import.meta.url));
    onTestFinished(() => void worker.kill("SIGKILL"));
    for (const seed of [1, 2, 3, 4, 5]) {
      worker.send({ from: seed, count: 1, tells: true } satisfies Order);
      const { digest, failed } = await nextMessage<Report>(worker);
      expect(failed).toBeUndefined();
      expect(digest, `seed ${seed}`).toBe(digestOf(await play(seed, true)));
    }
  });
});

function sumOf(a: Counts | undefined, b: Counts): Counts {
  if (a === undefined) return { ...b };
  const names = Object.keys(b) as (keyof Counts)[];
  for (const name of names) a[name] += b[name];
  return a;
}

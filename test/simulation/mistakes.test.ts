import { afterEach, describe, expect, test, vi } from "vitest";
import { MISTAKES, type Mistake } from "./mistakes.js";
import { play, type Variant } from "./play.js";
import { sceneOf } from "./scene.js";
import { SEEDS } from "./seeds.js";

afterEach(() => vi.resetModules());

/** With the real thing, nothing is wrong in any of these plays: simulation.test.ts. */
describe("the simulation sees it when", () => {
  test.each(MISTAKES)("$name", { timeout: 120_000 }, async (mistake) => {
    const { says, where = () => true } = mistake;
    const variant = await variantOf(mistake);
    for (let seed = 1; seed <= SEEDS; seed++) {
      if (!where(sceneOf(seed))) continue;
      const { broken } = await play(seed, false, variant);
      if (broken === undefined) continue;
      expect(broken, `seed ${seed}`).toMatch(says);
      return;
    }
    expect.fail(`None of ${SEEDS} seeds shows it`);
  });
});

async function variantOf({ path, change, wrap }: Mistake): Promise<Variant> {
  if (wrap !== undefined) return { wrap };
  if (path === undefined || change === undefined) throw new Error("A mistake must be somewhere");
  const module = `../../packages/core/src/${path}`;
  vi.resetModules();
  vi.doMock(module, async (importReal) => change(await importReal()));
  try {
    const { createLockManager } = await import("@redlock-kit/core");
    return { createLockManager };
  } finally {
    vi.doUnmock(module);
  }
}

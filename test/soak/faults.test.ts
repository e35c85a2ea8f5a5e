import { expect, test } from "vitest";
import { Dice } from "../simulation/dice.js";
import { Storms } from "./faults.js";
import type { Stage } from "./stage.js";

/** A stage of which nothing can be seen but how many take part. */
function emptyStage(nodes: number, workers: number): Stage {
  const control = new Proxy({}, { get: () => async () => {} });
  const server = control;
  const links = Array.from({ length: nodes }, () => control);
  const of = { control, server, process: control, links };
  const all = (count: number) => Array.from({ length: count }, () => of);
  return { nodes: all(nodes), workers: all(workers), witness: control } as unknown as Stage;
}

/** The next storms; all is mended before the next one. */
async function names(storms: Storms, count: number): Promise<string[]> {
  const drawn: string[] = [];
  for (let i = 0; i < count; i++) {
    for (const { name, strike, mend } of storms.next()) {
      drawn.push(name);
      await strike();
      await mend();
    }
  }
  return drawn;
}

const CRASH = /^node (\d) crashed/;

test("the same seed draws the same faults", async () => {
  const [one, again, other] = ["a", "a", "b"].map((seed) => new Storms(emptyStage(3, 3), new Dice(seed)));
  const drawn = await names(one as Storms, 50);
  expect(await names(again as Storms, 50)).toEqual(drawn);
  expect(await names(other as Storms, 50)).not.toEqual(drawn);
});

test.each([
  [1, 0],
  [2, 0],
  [3, 1],
  [4, 1],
  [5, 2],
])("of %d nodes no more than %d lose their memory within one ttl", async (nodes, most) => {
  const drawn = await names(new Storms(emptyStage(nodes, 2), new Dice("x")), 500);
  const crashed = new Set(drawn.flatMap((name) => CRASH.exec(name)?.[1] ?? []));
  expect(crashed.size).toBe(most);
});

test("every kind of fault comes, on every node and every worker", async () => {
  const drawn = new Set(await names(new Storms(emptyStage(3, 3), new Dice("y")), 2_000));
  const kinds = [
    "hung",
    "out of memory",
    "pausing its clients",
    "dropping its clients",
    "forgetting its scripts",
  ];
  for (const no of [1, 2, 3]) {
    for (const kind of kinds) expect(drawn).toContain(`node ${no} ${kind}`);
    expect(drawn).toContain(`worker ${no} frozen`);
    for (const kind of ["slow", "stalled", "requests lost", "replies lost", "black hole", "cut", "refused"])
      expect(drawn).toContain(`${kind} to node ${no}`);
  }
});

import { describe, expect, test } from "vitest";
import { faults } from "./all-faults.js";
import type { Fault } from "./fault.js";
import { pairs, plansFor } from "./plan.js";

const groups = Object.keys(faults) as (keyof typeof faults)[];
const every: readonly Fault[] = Object.values(faults).flat();
const seeds = Array.from({ length: 200 }, (_, seed) => seed);

test("a short run plays every fault on three nodes", () => {
  const plans = groups.flatMap((group) => plansFor(group, { all: false, rounds: 1, seed: 1 }));
  const played = plans
    .filter(({ nodes }) => nodes === 3)
    .flatMap((plan) => plan.faults.map(([fault]) => fault));
  expect(new Set(played)).toEqual(new Set(every));
});

test("a whole run plays every fault with every aim, on every number of nodes on which it has one, in every round", () => {
  const plans = groups.flatMap((group) => plansFor(group, { all: true, rounds: 2, seed: 1 }));
  for (const fault of every) {
    for (const aim of Object.keys(fault.aims)) {
      const played = plans.filter((plan) => plan.faults[0]?.[0] === fault && plan.faults[0]?.[1] === aim);
      const counts = [...new Set(played.map(({ nodes }) => nodes))];
      expect(counts).toEqual(expect.arrayContaining(aim === "a minority" ? [3, 5] : [1, 3, 5]));
      expect(played).toHaveLength(2 * counts.length);
    }
  }
});

describe("pairs", () => {
  const all = seeds.flatMap((seed) => pairs({ all: true, rounds: 1, seed }));

  test("are the same from the same seed", () => {
    const titles = (seed: number) => pairs({ all: true, rounds: 1, seed }).map(({ title }) => title);
    expect(titles(7)).toEqual(titles(7));
    expect(titles(7)).not.toEqual(titles(8));
  });

  test("promise exclusion, so none of the two may break it alone, nor both together", () => {
    expect(all.filter(({ expected }) => !expected.exclusion)).toEqual([]);
    const bothForget = all.filter((plan) => plan.faults.every(([fault]) => fault.forgets));
    expect(bothForget).toEqual([]);
  });

  test("are one thing beside another, never two of the same kind on the same servers", () => {
    const kindOf = (fault: Fault | undefined) =>
      groups.find((group) => faults[group].some((one) => one === fault));
    const alike = all.filter(({ faults: [first, second] }) => kindOf(first?.[0]) === kindOf(second?.[0]));
    expect(alike).toEqual([]);
  });

  test("in the course of time are nearly all faults", () => {
    const played = new Set(all.flatMap((plan) => plan.faults.map(([fault]) => fault.name)));
    const possible = every.filter(
      ({ name, aims }) => name !== "is well" && Object.values(aims).some((aim) => aim.exclusion),
    );
    expect(possible.filter(({ name }) => !played.has(name)).map(({ name }) => name)).toEqual([]);
  });
});

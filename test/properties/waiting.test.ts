import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KEYS, LONGEST_DELAY_MS, LONGEST_TTL_MS, type Play, type Step, TROUBLES } from "../waiting/script.js";
import { play } from "../waiting/simulation.js";

const passMs = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 120 }));
const process = fc.nat({ max: 2 });

const rarely = fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.constant(true));

const acquire: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("acquire" as const),
  process,
  keys: fc.oneof({ weight: 3, arbitrary: fc.constant(["a"]) }, fc.subarray(KEYS, { minLength: 1 })),
  waitMs: fc.oneof({ weight: 2, arbitrary: fc.constant(Infinity) }, fc.integer({ min: 1, max: 1_500 })),
  abortMs: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, fc.integer({ min: 0, max: 300 })),
  holdMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })),
  ttlMs: fc.constantFrom(300, LONGEST_TTL_MS),
  crashes: rarely,
  adopts: rarely,
  minHoldMs: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat({ max: LONGEST_DELAY_MS })),
  passMs,
});

const trouble: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...TROUBLES, "mend" as const, "reconnect" as const),
  process,
  node: fc.nat({ max: 4 }),
  passMs,
});

const barge: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("try" as const),
  process,
  keys: fc.subarray(KEYS, { minLength: 1 }),
  passMs,
});

const time: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("freeze" as const, "jump" as const),
  ms: fc.nat({ max: 200 }),
  passMs,
});

const close: fc.Arbitrary<Step> = fc.record({ kind: fc.constant("close" as const), process, passMs });

/** Everything that processes do with locks, with or without trouble on the way. */
function plays(troubled: boolean): fc.Arbitrary<Play> {
  const steps: fc.WeightedArbitrary<Step>[] = [
    { weight: 20, arbitrary: acquire },
    { weight: troubled ? 8 : 0, arbitrary: trouble },
    { weight: troubled ? 1 : 0, arbitrary: time },
    { weight: 2, arbitrary: barge },
    { weight: 1, arbitrary: close },
  ];
  return fc.record({
    nodes: fc.constantFrom(1, 2, 3, 3, 5),
    processes: fc.constantFrom(1, 2, 3, 3),
    lockDelayMs: fc.constantFrom(0, 0, LONGEST_DELAY_MS),
    steps: fc.array(fc.oneof(...steps), { minLength: 5, maxLength: 40, size: "max" }),
    seed: fc.nat(),
  });
}

test.each([
  ["quiet", false],
  ["troubled", true],
])(
  "in %s times nobody who waits is forgotten or passed over, nobody shares a lock, and nothing is left in the end",
  async (_, troubled) => {
    let granted = 0;
    let left = 0;
    await fc.assert(
      fc.asyncProperty(plays(troubled), async (script) => {
        const result = await play(script);
        granted += result.granted;
        left += result.left;
        expect(result.broken).toEqual([]);
      }),
      { numRuns: 40 },
    );
    // The plays are about something.
    expect(granted).toBeGreaterThan(40);
    expect(left).toBeGreaterThan(40);
  },
  60_000,
);

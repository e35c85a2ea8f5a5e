import { describe, expect, test } from "vitest";
import { type Bar, BARS, judge } from "../../bench/src/bars.js";
import type { Figures, Measurement, Scenario } from "../../bench/src/case.js";
import { cases } from "../../bench/src/cases/all.js";

function measured(
  figures: Figures,
  scenario: Scenario = { nodes: 1 },
  contestant: Measurement["contestant"] = "kit",
): Measurement {
  return { case: "some", contestant, scenario, figures };
}

function bar(limit: Bar["limit"], where?: Scenario): Bar {
  return { case: "some", figure: "speed", what: "speed", limit, ...(where && { where }) };
}

describe("a bar", () => {
  test.each([
    { limit: { atLeast: 2 }, speed: 2, met: true },
    { limit: { atLeast: 2 }, speed: 1.98, met: false },
    { limit: { atMost: 2 }, speed: 2, met: true },
    { limit: { atMost: 2 }, speed: 2.02, met: false },
    { limit: { atMost: 0 }, speed: 1, met: false },
    { limit: { atMost: 0 }, speed: 0, met: true },
  ])("of $limit judges $speed", ({ limit, speed, met }) => {
    const [verdict] = judge([bar(limit)], [measured({ speed })]);
    expect(verdict?.met === verdict?.measured).toBe(met);
  });

  test("is missed where nothing could be measured", () => {
    for (const speed of [undefined, Number.NaN]) {
      const [verdict] = judge([bar({ atMost: 2 })], [measured({ speed })]);
      expect(verdict).toMatchObject({ measured: 1, met: 0 });
    }
  });

  test("that nobody measured has no verdict", () => {
    expect(judge([bar({ atMost: 2 }, { nodes: 3 })], [measured({ speed: 1 })])).toEqual([]);
  });

  test("is for the kit, not for others", () => {
    expect(judge([bar({ atMost: 2 })], [measured({ speed: 1 }, { nodes: 1 }, "redlock5")])).toEqual([]);
  });

  test("shows the scenario that comes off worst", () => {
    const measurements = [1, 3, 5].map((nodes) => measured({ speed: nodes === 3 ? 9 : 1 }, { nodes }));
    const [verdict] = judge([bar({ atMost: 2 })], measurements);
    expect(verdict).toMatchObject({ measured: 3, met: 2, worst: { value: 9, scenario: { nodes: 3 } } });
  });
});

describe('"ahead of all"', () => {
  const others = [
    measured({ speed: 1.5 }, { nodes: 1 }, "redlock5"),
    measured({ speed: 9 }, { nodes: 3 }, "redlock4"),
  ];

  test("is held against the best of the others in the same scenario", () => {
    const [verdict] = judge([bar("ahead of all")], [measured({ speed: 2 }), ...others]);
    expect(verdict).toMatchObject({ met: 1, worst: { limit: 1.5 } });
  });

  test("is missed behind one of them", () => {
    const [verdict] = judge([bar("ahead of all")], [measured({ speed: 1.4 }), ...others]);
    expect(verdict).toMatchObject({ met: 0 });
  });
});

describe("the bars of the benchmark", () => {
  test("are each for a figure that its case shows", () => {
    const shown = new Set(
      cases.flatMap(({ name, columns }) => columns.map(({ figure }) => `${name} ${figure}`)),
    );
    expect(BARS.filter((one) => !shown.has(`${one.case} ${one.figure}`))).toEqual([]);
  });

  test("are each for scenarios that the kit is measured in", () => {
    const kit = cases.flatMap((of) =>
      of
        .jobs(false)
        .map(({ contestant, scenario }) => ({ case: of.name, figures: {}, contestant, scenario })),
    );
    expect(judge(BARS, kit)).toHaveLength(BARS.length);
  });
});
